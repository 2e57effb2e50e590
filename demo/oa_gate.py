"""Who may come into the demo OA: registered keys, tokens, single-sign-on tokens, browser sessions."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from demo.people import Person

APP_ID: Final = "portal-widgets"
SSO_APP_ID: Final = "portal"
ADMIN: Final = "1"
"""The internal id of the administrator, in whose name people are looked up."""
COOKIE: Final = "ecology_JSessionid"
"""Of its pages; E9's interface sets it too."""
_SSO_LIFE: Final = timedelta(seconds=60)


class Gate:
    """Keys and tokens as E9 handles them: one pair of keys for an application, the latest wins."""

    def __init__(
        self, people: tuple[Person, ...], now: Callable[[], datetime], key: rsa.RSAPrivateKey | None
    ) -> None:
        self._people, self._now = people, now
        self._key = key or rsa.generate_private_key(65537, 2048)
        self._secret: str | None = None
        self._tokens: dict[str, datetime] = {}
        self._bound: dict[str, Person | None] = {}
        self._passes: dict[str, tuple[Person, datetime]] = {}
        self._sessions: dict[str, Person] = {}

    def register(self) -> tuple[str, str]:
        """New keys for the application, as (spk, secret); the ones before are worthless from now on."""
        if self._secret is not None:
            self._key = rsa.generate_private_key(65537, 2048)
        self._secret, self._tokens = secrets.token_hex(16), {}
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(public).decode(), self._secret

    def opened(self, sealed: str) -> str | None:
        """What was sealed with our public key; None when it was not."""
        try:
            return self._key.decrypt(base64.b64decode(sealed), padding.PKCS1v15()).decode()
        except ValueError:
            return None

    def token(self, sealed_secret: str, seconds: int) -> str | None:
        """A token for whoever knows the secret."""
        if self._secret is None or self.opened(sealed_secret) != self._secret:
            return None
        return self.hand_out(seconds)

    def hand_out(self, seconds: int, person: Person | None = None) -> str:
        """A token for whoever was let in; with a person it is bound to that one."""
        token = secrets.token_hex(18)
        self._tokens[token] = self._now() + timedelta(seconds=seconds)
        self._bound[token] = person
        return token

    def bound_to(self, token: str) -> Person | None:
        return self._bound.get(token)

    def knows(self, token: str) -> bool:
        return self._tokens.get(token, self._now()) > self._now()

    def expire(self) -> None:
        """All tokens handed out so far are over."""
        self._tokens.clear()

    def person(self, oa_id: str | None) -> Person | None:
        """The person with this internal id, unless locked."""
        return next((p for p in self._people if p.oa_id and p.oa_id == oa_id and p.oa_enabled), None)

    def named(self, login: str) -> Person | None:
        """The person with this login name or 工号, unless locked."""
        return next(
            (p for p in self._people if login in (p.login, p.account) and p.oa_id and p.oa_enabled), None
        )

    def mint(self, person: Person) -> str:
        """A single-sign-on token: one minute, one use."""
        token = secrets.token_hex(20).upper()
        self._passes[token] = person, self._now() + _SSO_LIFE
        return token

    def redeem(self, token: str) -> Person | None:
        person, until = self._passes.pop(token, (None, self._now()))
        return person if until > self._now() else None

    def sign_in(self, person: Person) -> str:
        """The value of a session cookie."""
        cookie = secrets.token_hex(16)
        self._sessions[cookie] = person
        return cookie

    def signed_in(self, cookie: str | None) -> Person | None:
        return self._sessions.get(cookie or "")
