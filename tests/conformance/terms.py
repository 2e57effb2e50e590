"""What the provider is called, what it publishes about itself, and what it takes for a sound request."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

import orjson
from quart import Response

PATH = "/test/a/portal-widgets"
ISSUER = f"https://op.conformance.example{PATH}/"
"""With a path and a slash at the end, as the foundation's issuers have."""
CLIENT = "portal-widgets"
SECRET = "a-secret-of-the-conformance-tests"


def metadata(jwks: str) -> dict[str, Any]:
    """OpenID Connect Discovery §3, with `none` first among the algorithms."""
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}authorize",
        "token_endpoint": f"{ISSUER}token",
        "userinfo_endpoint": f"{ISSUER}userinfo",
        "jwks_uri": f"{ISSUER}{jwks}",
        "end_session_endpoint": f"{ISSUER}end-session",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "profile", "offline_access"],
        "id_token_signing_alg_values_supported": ["none", "RS256", "ES256", "ES256K", "EdDSA", "HS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }


def faults_of(asked: Mapping[str, str], redirect_uri: str) -> list[str]:
    """What is wrong with an authorization request (OIDC Core §3.1.2.1, RFC 7636)."""
    wrong = {
        "another client": asked.get("client_id") != CLIENT,
        "a redirect address that is not registered": asked.get("redirect_uri") != redirect_uri,
        "no code flow": asked.get("response_type") != "code",
        "no scope openid": "openid" not in asked.get("scope", "").split(),
        "no PKCE with S256": asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"),
        "no state": not asked.get("state"),
        "no nonce": not asked.get("nonce"),
    }
    return [name for name, is_so in wrong.items() if is_so]


def basic() -> str:
    """How the client authenticates (RFC 6749 §2.3.1)."""
    return "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()


def found(url: str) -> Response:
    return Response(status=303, headers={"Location": url})


def form_post(url: str, answer: Mapping[str, str]) -> Response:
    """OAuth 2.0 Form Post Response Mode §2."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in answer.items()
    )
    return Response(f'<form method="post" action="{escape(url)}">{fields}</form>', content_type="text/html")


def json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, content_type="application/json")
