"""A small honest OpenID provider, with a switch for each lie it may tell."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

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
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for, in order."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)

    def app(self) -> Quart:
        app = Quart(__name__)
        app.before_request(self._notice)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", view_func=self._userinfo)
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
        return _json({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self) -> Response:
        asked = request.args.to_dict()
        answer: dict[str, str] = {"state": asked["state"]}
        if self.names_itself:
            answer["iss"] = self.names_itself
        if self.error or (asked.get("prompt") == "none" and self.who is None):
            answer["error"] = self.error or "login_required"
        else:
            answer["code"] = f"code-{len(self.codes)}"
            self.codes[answer["code"]] = asked
        return Response(status=303, headers={"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"})

    async def _token(self) -> Response:
        form = await request.form
        asked = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return _json({"error": "invalid_client"}, 401)
        challenge = to_text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return _json({"error": "invalid_grant"}, 400)
        honest = {
            "token_type": "bearer",
            "access_token": "access",
            "id_token": self._id_token(asked["nonce"]),
        }
        return _json({**honest, **self.answer})

    async def _userinfo(self) -> Response:
        if request.headers.get("Authorization") != "Bearer access":
            return Response(status=401)
        return _json({"sub": f"u-{self.who}", "roles": ["auditor"], **self.userinfo})

    def _id_token(self, nonce: str) -> str:
        at = int(self.now().timestamp())
        honest = {
            "iat": at,
            "exp": at + 300,
            "nonce": nonce,
            "sub": f"u-{self.who}",
            "employee_no": self.who,
        }
        body = claims(**{**honest, **self.lies})
        header = {"alg": "RS256", "kid": self.key.kid}
        return signed(header, json.dumps(body).encode(), "RS256", self.key)


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
