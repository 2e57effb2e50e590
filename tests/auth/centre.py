"""A small honest OpenID provider, with a switch for each lie it may tell."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import KeySet
from quart import Quart, Response, request

from auth.sealing import to_text
from tests.auth.tokens import CLIENT, ISSUER, RSA, claims, signed

SECRET = "s3cret-of-the-service"


@dataclass
class Centre:
    """One identity centre. `who` is signed in at it; None: nobody is."""

    now: Callable[[], datetime]
    who: str | None = "10086"
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims of the ID token that are not as they should be."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Members of the metadata that are not as they should be."""
    answer: dict[str, Any] = field(default_factory=dict)
    """Members of the token answer that are not as they should be."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    names_itself: str | None = ISSUER
    error: str | None = None
    down: bool = False
    key: Any = field(default_factory=lambda: RSA)
    published: list[dict[str, Any]] | None = None
    """Its key set, where that holds something else than the key it signs with."""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for, in order."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: bool = False
    """It hands out refresh tokens, each good once."""
    refresh_tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    renewed_lies: dict[str, Any] = field(default_factory=dict)
    """Claims of the ID token of a refresh that are not as they should be."""
    renewed_answer: dict[str, Any] = field(default_factory=dict)
    """Members of a refresh's answer that are not as they should be; `...` leaves one out."""
    token_answer: Callable[[], Response] | None = None
    """What the token endpoint says instead of anything sensible."""
    signed_userinfo: dict[str, Any] | None = None
    """Userinfo is a signed token, with these members added."""
    client_keys: list[dict[str, Any]] = field(default_factory=list)
    """Public keys of the service, where it proves itself by `private_key_jwt`."""
    audiences: list[str] = field(default_factory=list)
    """To whom its assertions were addressed."""
    pushed: dict[str, dict[str, str]] = field(default_factory=dict)
    refuses_pushing: bool = False
    is_strange: bool = False
    """It knows no service of our name any more."""
    before_tokens: Callable[[], Awaitable[None]] | None = None
    """What happens while somebody waits for their tokens; once."""
    hosts: set[str] = field(default_factory=set)

    def app(self) -> Quart:
        app = Quart(__name__)
        app.before_request(self._notice)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", view_func=self._userinfo)
        app.add_url_rule("/par", view_func=self._par, methods=["POST"])
        return app

    async def _notice(self) -> Response | None:
        self.asked.append(request.path)
        self.hosts.add(request.host)
        return Response(status=503) if self.down else None

    async def _discovery(self) -> Response:
        honest = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/end",
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["none", "RS256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _json({**honest, **self.metadata})

    async def _jwks(self) -> Response:
        mine = [self.key.as_dict(private=False)]
        return _json({"keys": mine if self.published is None else self.published})

    async def _authorize(self) -> Response:
        asked = request.args.to_dict()
        if "request_uri" in asked:
            asked = self.pushed.pop(asked["request_uri"])
        answer: dict[str, str] = {"state": asked["state"]}
        if self.names_itself:
            answer["iss"] = self.names_itself
        if self.error or (asked.get("prompt") == "none" and self.who is None):
            answer["error"] = self.error or "login_required"
        else:
            answer["code"] = f"code-{len(self.codes)}"
            self.codes[answer["code"]] = asked
        if asked.get("response_mode") == "form_post":
            fields = "".join(f'<input name="{name}" value="{value}">' for name, value in answer.items())
            return Response(f'<form method="post" action="{asked["redirect_uri"]}">{fields}</form>')
        return Response(status=303, headers={"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"})

    async def _par(self) -> Response:
        form = (await request.form).to_dict()
        if self.refuses_pushing or not self._is_client(form):
            return _json({"error": "invalid_request"}, 400)
        name = f"urn:ietf:params:oauth:request_uri:{len(self.pushed)}"
        self.pushed[name] = form
        return _json({"request_uri": name, "expires_in": 60}, 201)

    async def _token(self) -> Response:
        form = (await request.form).to_dict()
        if self.before_tokens is not None:
            meanwhile, self.before_tokens = self.before_tokens, None
            await meanwhile()
        if self.token_answer is not None:
            return self.token_answer()
        if self.is_strange or not self._is_client(form):
            return _json({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form)
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = to_text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return _json({"error": "invalid_grant"}, 400)
        honest = {"token_type": "bearer", "access_token": "access", **self._refresh_token(asked)}
        return _json({**honest, "id_token": self._id_token(nonce=asked["nonce"]), **self.answer})

    def _is_client(self, form: dict[str, str]) -> bool:
        """By its secret in the header or the form, or by an assertion of a key that we know."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") == f"Basic {basic}":
            return True
        if "client_assertion" in form:
            keys = KeySet.import_key_set({"keys": self.client_keys})
            said = jwt.decode(form["client_assertion"], keys, algorithms=["RS256", "ES256"]).claims
            self.audiences.append(said["aud"])
            return (said["iss"], said["sub"], form["client_id"]) == (CLIENT,) * 3
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)

    def _refresh_token(self, asked: dict[str, str]) -> dict[str, str]:
        if not self.refreshes:
            return {}
        token = f"refresh-{len(self.asked)}"
        self.refresh_tokens[token] = asked
        return {"refresh_token": token}

    def _refreshed(self, form: dict[str, str]) -> Response:
        asked = self.refresh_tokens.pop(form["refresh_token"], None)
        if asked is None or self.who is None:
            return _json({"error": "invalid_grant"}, 400)
        honest = {"token_type": "Bearer", "access_token": "access", **self._refresh_token(asked)}
        honest["id_token"] = self._id_token(**self.renewed_lies)
        answer = {**honest, **self.renewed_answer}
        return _json({name: value for name, value in answer.items() if value is not ...})

    async def _userinfo(self) -> Response:
        if request.headers.get("Authorization") != "Bearer access":
            return Response(status=401)
        told = {"sub": f"u-{self.who}", "roles": ["auditor"], **self.userinfo}
        if self.signed_userinfo is None:
            return _json(told)
        text = json.dumps({**told, **self.signed_userinfo}).encode()
        token = signed({"alg": "RS256", "kid": self.key.kid}, text, "RS256", self.key)
        return Response(token, content_type="application/jwt")

    def _id_token(self, **more: Any) -> str:
        at = int(self.now().timestamp())
        honest = {
            "iat": at,
            "exp": at + 300,
            "nonce": ...,
            "sub": f"u-{self.who}",
            "employee_no": self.who,
        }
        body = claims(**{**honest, **more, **self.lies})
        header = {"alg": "RS256", "kid": self.key.kid}
        return signed(header, json.dumps(body).encode(), "RS256", self.key)


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
