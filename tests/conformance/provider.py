"""A programmable OpenID provider: honest but for one fault at a time, and strict with the client.

It notices what it was asked, and complains about what no client may do. Nobody signs in at it: somebody is there.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import httpx2
from quart import Quart, Response, request

from auth.sealing import to_text
from tests.conformance.fault import NONE, Fault, first
from tests.conformance.keyset import Keyset, signed
from tests.conformance.terms import CLIENT, ISSUER, PATH, basic, faults_of, form_post, found, json, metadata

ID_TOKEN_LIFE = 300
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
Messenger = Callable[[dict[str, str]], Awaitable[httpx2.Response]]


@dataclass
class Provider:
    """The provider. `told` delivers a logout token to the client's registered address."""

    now: Callable[[], datetime]
    redirect_uri: str
    farewell_uri: str
    keysets: list[Keyset]
    """The present keys, and those of the next rotations."""
    told: Messenger | None = None
    fault: Fault = NONE
    frames: str = ""
    """The client's front-channel address, if it is to be framed when somebody signs out."""
    declines: str = ""
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    answers: list[httpx2.Response] = field(default_factory=list)
    """What the client said to logout tokens."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: str = ""
    """The one access token that is good."""
    refresh: str = ""
    issued: list[str] = field(default_factory=list)
    sid: str = ""
    since: int = 0
    """When somebody last signed in: `auth_time`, which a refresh does not change (OIDC Core §12.2)."""
    jwks: str = ""
    turn: int = 0

    def begin(self, fault: Fault = NONE) -> None:
        """A new run: everything forgotten, new `sid`, new address of the keys, the first keys."""
        self.fault, self.frames, self.declines, self.turn = fault, "", "", 0
        for kept in (self.asked, self.complaints, self.answers, self.codes, self.issued):
            kept.clear()
        self.access = self.refresh = ""
        self.sid, self.jwks = secrets.token_urlsafe(12), f"jwks-{secrets.token_hex(6)}"

    @property
    def keys(self) -> Keyset:
        return self.keysets[self.turn]

    def rotate(self) -> None:
        """New keys from now on; the old ones leave the key set."""
        self.turn += 1

    def app(self) -> Quart:
        app = Quart(__name__)
        app.before_request(self._notice)
        for path, view in {
            ".well-known/openid-configuration": self._discovery,
            "<keys>": self._jwks,
            "authorize": self._authorize,
            "token": self._token,
            "userinfo": self._userinfo,
            "end-session": self._end_session,
        }.items():
            app.add_url_rule(f"{PATH}/{path}", view_func=view, methods=["GET", "POST"])
        return app

    async def _notice(self) -> None:
        self.asked.append(request.path.removeprefix(f"{PATH}/"))

    async def _discovery(self) -> Response:
        return json(self.fault.metadata(metadata(self.jwks)))

    async def _jwks(self, keys: str) -> Response:
        if keys != self.jwks:
            return Response(status=404)
        only = self.keys.rsa if self.fault.single_key else None
        return json(self.keys.published(only=only))

    async def _authorize(self) -> Response:
        asked = {**request.args.to_dict(), **(await request.form).to_dict()}
        wrong = faults_of(asked, self.redirect_uri)
        self.complaints += wrong
        if wrong:
            return Response(", ".join(wrong), 400)
        answer: dict[str, str] = {"state": asked["state"], "iss": ISSUER}
        if self.declines:
            answer["error"] = self.declines
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = asked
        answer = self.fault.answer(answer)
        if asked.get("response_mode") == "form_post":
            return form_post(self.redirect_uri, answer)
        return found(f"{self.redirect_uri}?{urlencode(answer)}")

    async def _token(self) -> Response:
        form = (await request.form).to_dict()
        if request.headers.get("Authorization") != basic() or "client_secret" in form:
            self.complaints.append("the client did not authenticate by HTTP Basic alone")
            return json({"error": "invalid_client"}, 401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._redeem(form)
            case "refresh_token":
                return self._refresh(form)
        return json({"error": "unsupported_grant_type"}, 400)

    def _redeem(self, form: Mapping[str, str]) -> Response:
        asked = self.codes.pop(first(form, "code"), None)
        challenge = to_text(hashlib.sha256(first(form, "code_verifier").encode()).digest())
        if asked is None or (challenge, self.redirect_uri) != (
            asked["code_challenge"],
            first(form, "redirect_uri"),
        ):
            self.complaints.append("a code that does not belong to its request")
            return json({"error": "invalid_grant"}, 400)
        if self.fault.rotates_before_signing:
            self.rotate()
        self.since = int(self.now().timestamp())
        return self._tokens(self.fault.claims({**self._claims(), "nonce": asked["nonce"]}))

    def _refresh(self, form: Mapping[str, str]) -> Response:
        if not self.refresh or form.get("refresh_token") != self.refresh:
            self.complaints.append("a refresh token that is not the last one")
            return json({"error": "invalid_grant"}, 400)
        self.asked.append("refresh")
        return self._tokens(self.fault.refreshed(self._claims()))

    def _tokens(self, claims: dict[str, Any]) -> Response:
        token = self.fault.sign(self.keys, claims)
        self.issued.append(token)
        self.refresh = secrets.token_urlsafe(24)
        answer = {
            "access_token": self.access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": token,
            "refresh_token": self.refresh,
        }
        return json(self.fault.tokens(answer))

    def _claims(self) -> dict[str, Any]:
        """Of an honest ID token, with the hash of a new access token; personal ones come from userinfo alone."""
        self.access, at = secrets.token_urlsafe(24), int(self.now().timestamp())
        half = hashlib.sha256(self.access.encode()).digest()[:16]
        about = {"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "sid": self.sid, "at_hash": to_text(half)}
        return {**about, "iat": at, "exp": at + ID_TOKEN_LIFE, "auth_time": self.since}

    async def _userinfo(self) -> Response:
        if "access_token" in request.args:
            self.complaints.append("an access token in an address")
        if not self.access or request.headers.get("Authorization") != f"Bearer {self.access}":
            self.complaints.append("userinfo without the access token")
            return Response(status=401)
        said = self.fault.userinfo({"sub": "u-1", "employee_no": "10086", "name": "沈知远"})
        if self.fault.userinfo_signed:
            token = signed("RS256", self.keys.rsa, {**said, "iss": ISSUER, "aud": CLIENT})
            return Response(token, content_type="application/jwt")
        return json(said)

    async def _end_session(self) -> Response:
        asked = {**request.args.to_dict(), **(await request.form).to_dict()}
        if asked.get("id_token_hint") not in self.issued:
            self.complaints.append("id_token_hint is none of ours")
        if asked.get("post_logout_redirect_uri") != self.farewell_uri:
            self.complaints.append("post_logout_redirect_uri is not registered")
        await self.announce()
        back = self.fault.farewell({"state": asked.get("state", "")})
        target = f"{self.farewell_uri}?{urlencode(back)}" if back else self.farewell_uri
        if not self.frames:
            return found(target)
        frame = f"{self.frames}?{urlencode({'iss': ISSUER, 'sid': self.sid})}"
        return Response(f'<iframe src="{escape(frame)}"></iframe><a href="{escape(target)}">on</a>')

    async def announce(self) -> None:
        """Tells the client over the back channel, if it is to be told (Back-Channel Logout §2.5)."""
        if self.told is None:
            return
        token = self.fault.sign_logout(self.keys, self.fault.logout(self._logout_claims()))
        self.answers.append(await self.told({"logout_token": token, "foo": "bar"}))

    def _logout_claims(self) -> dict[str, Any]:
        at = int(self.now().timestamp())
        about = {"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "sid": self.sid, "unknown": "claim"}
        events = {"events": {LOGOUT_EVENT: {}}}
        return {**about, **events, "iat": at, "exp": at + 120, "jti": secrets.token_urlsafe(16)}
