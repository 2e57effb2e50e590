"""The portal's own sign-in: the smallest client of the identity centre that is still a correct one."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx2

from demo.grants import Client
from demo.tokens import b64url


class SignInFailed(Exception):
    """No sign-in came out of it; the person simply stays signed out."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back from the centre, and the page they wanted."""

    subject: str
    name: str
    id_token: str
    page: str


@dataclass(slots=True)
class Entrance:
    """Code flow with PKCE; identity is read from userinfo, which comes straight from the centre."""

    issuer: str
    client: Client
    transport: httpx2.AsyncBaseTransport
    pending: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Verifier and wanted page by state."""

    def begin(self, page: str) -> tuple[str, str]:
        """The state to bind to the browser, and the address to send it to."""
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        self.pending[state] = (verifier, page)
        asked = {
            "response_type": "code",
            "client_id": self.client.id,
            "scope": "openid profile",
            "state": state,
        }
        asked |= {"redirect_uri": self.client.redirect_uris[0], "code_challenge_method": "S256"}
        asked |= {"code_challenge": b64url(hashlib.sha256(verifier.encode()).digest())}
        return state, f"{self.issuer}/authorize?{urlencode(asked)}"

    async def finish(self, answer: Mapping[str, str], bound: str) -> Arrival:
        """Trades the code for the person. Raises SignInFailed."""
        state = answer.get("state", "")
        verifier, page = self.pending.pop(state, ("", "/"))
        ours = bool(verifier) and hmac.compare_digest(state.encode(), bound.encode())
        if not ours or answer.get("iss") != self.issuer or "code" not in answer:
            raise SignInFailed("not the answer to a question of this browser")
        try:
            tokens, claims = await self._ask(answer["code"], verifier)
            return Arrival(claims["sub"], claims["name"], tokens["id_token"], page)
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            raise SignInFailed("the centre gave no identity") from error

    async def _ask(self, code: str, verifier: str) -> tuple[dict[str, Any], dict[str, Any]]:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        form |= {"redirect_uri": self.client.redirect_uris[0]}
        client = httpx2.AsyncClient(transport=self.transport, timeout=5)
        secret = (self.client.id, self.client.secret)
        tokens = (await client.post(f"{self.issuer}/token", data=form, auth=secret)).raise_for_status().json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        claims = (await client.get(f"{self.issuer}/userinfo", headers=bearer)).raise_for_status().json()
        return tokens, claims

    def farewell(self, id_token: str | None) -> str:
        """The centre's sign-out address, coming back to the portal's front page."""
        hint = {"id_token_hint": id_token} if id_token else {"client_id": self.client.id}
        back = {"post_logout_redirect_uri": self.client.post_logout_redirect_uris[0]}
        return f"{self.issuer}/sign-out?{urlencode({**hint, **back})}"
