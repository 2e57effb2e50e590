"""The way into an O2OA: a proof of a minute, encrypted with a shared key, buys a person's own token."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7

from widgets.oa import OABadAnswer, OADenied
from widgets.oa.gathering import Row
from widgets.oa.held import Held
from widgets.oa.outbound import Answer, HttpClient, ask
from widgets.oa.reading import fields, own_code, own_words, read_json

LIFE: Final = timedelta(minutes=10)
"""How long a person's token is used before a new one is asked for."""
KEY: Final = 8
"""Bytes of the shared key."""
_SSO: Final = "/x_organization_assemble_authentication/jaxrs/sso"
_HEADERS: Final = {"accept": "application/json", "content-type": "application/json; charset=utf-8"}
_NOBODY: Final = "0"


@dataclass(frozen=True, slots=True)
class Pass:
    """A person's token, and the distinguished name that O2OA has for the person, where it told one."""

    token: str
    name: str | None


class Entrance:
    """Holds the tokens of people for everybody who asks at once."""

    def __init__(
        self, http: HttpClient, base_url: str, client: str, key: str, now: Callable[[], datetime]
    ) -> None:
        """Raises ValueError unless the key has 8 bytes."""
        if len(key.encode()) != KEY:
            raise ValueError("the key of O2OA's single sign-on has 8 characters")
        self._http, self._base, self._client, self._now = http, base_url.rstrip("/"), client, now
        self._key = key.encode()
        self._passes = Held(self._enter, LIFE, now)

    def proof(self, account: str) -> str:
        """Who comes, and when: O2OA takes it for a minute, so the clocks must agree."""
        text = f"{account}#{int(self._now().timestamp() * 1000)}".encode()
        padder = PKCS7(64).padder()
        # O2OA's single sign-on speaks DES in ECB and nothing else. DES is 3DES with one key three times.
        cipher = Cipher(TripleDES(self._key * 3), modes.ECB()).encryptor()  # noqa: S305
        sealed = cipher.update(padder.update(text) + padder.finalize()) + cipher.finalize()
        return base64.urlsafe_b64encode(sealed).decode()

    async def call(
        self, method: str, path: str, account: str, body: Mapping[str, object] | None = None
    ) -> tuple[Row, str | None]:
        """The whole answer to a call in this person's name, and that name. Raises OAError."""
        known = await self._passes.get(account)
        answer = await self._try(method, path, known.token, body)
        if answer.status == 401:
            self._passes.forget(account, known)
            known = await self._passes.get(account)
            answer = await self._try(method, path, known.token, body)
        return _success(answer), known.name

    async def ping(self) -> None:
        """Asks to come in as nobody: being refused is an answer, too. Raises OAError for anything else."""
        try:
            await self._enter(_NOBODY)
        except OADenied:
            return

    async def _try(self, method: str, path: str, token: str, body: Mapping[str, object] | None) -> Answer:
        sent = None if body is None else json.dumps(body).encode()
        headers = {**_HEADERS, "x-token": token}
        return await ask(self._http, method, self._base + path, headers=headers, body=sent)

    async def _enter(self, account: str) -> Pass:
        body = json.dumps({"client": self._client, "token": self.proof(account)}).encode()
        answer = await ask(self._http, "POST", self._base + _SSO, headers=_HEADERS, body=body)
        told = fields(read_json(answer.body)) if answer.status in (200, 500) else {}
        if told.get("type") == "error":
            raise OADenied(f"single sign-on: {own_words(told.get('message'))}")
        data = fields(_success(answer).get("data"))
        token, name = data.get("token"), data.get("distinguishedName")
        if not isinstance(token, str) or not 8 <= len(token) <= 1024 or not _is_plain(token):
            raise OABadAnswer("single sign-on: no token")
        return Pass(token, name if isinstance(name, str) else None)


def _is_plain(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token


def _success(answer: Answer) -> Row:
    told = fields(read_json(answer.accepted()))
    if told.get("type") != "success":
        raise OABadAnswer(f"type {own_code(told.get('type'))}: {own_words(told.get('message'))}")
    return told
