"""A small, honest OpenID provider for the demo hospital, with a switch for each misbehaviour.

Authorization code with PKCE only; the sign-in page lets one pick a person of the cast, without a password.
Here is what systems ask; what people see is in `sign_in`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx2
from quart import Blueprint, Quart, Response, redirect, render_template, request

from demo.centre import Centre, Refusal
from demo.grants import Client
from demo.loopback import Loopback
from demo.people import PEOPLE, Person
from demo.sign_in import FOLDER, Answer, control, here, pages
from demo.switches import Switches
from demo.tokens import Signer

HEADERS = {
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
machine = Blueprint("machine", __name__)


def create_identity(
    people: Sequence[Person] = PEOPLE,
    issuer: str = "http://sso.hospital.localhost:8102",
    clients: Iterable[Client] = (),
    *,
    switches: Switches | None = None,
    signer: Signer | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Quart:
    """The centre as an ASGI app. `transport` carries its back-channel logout calls.

    `switches` and `signer` stay with the caller, who turns faults on and rotates keys through them.
    """
    switches = switches or (signer.switches if signer else Switches())
    known = {each.id: each for each in clients}
    app = Quart("demo.identity", template_folder=str(FOLDER / "pages"), static_folder=str(FOLDER / "static"))
    app.config["CENTRE"] = Centre(people, issuer, known, switches, signer or Signer(switches), now)
    app.config["MESSENGER"] = httpx2.AsyncClient(transport=transport or Loopback(), timeout=2)
    for routes in (machine, pages, control):
        app.register_blueprint(routes)
    app.before_request(absent)
    app.after_request(guarded)
    return app


async def absent() -> Answer | None:
    """The whole centre is away; only its control page stays."""
    stays = request.blueprint == "control" or request.endpoint == "static"
    return None if stays or not here().switches.down else ("统一身份认证中心暂停服务", 503)


async def guarded(response: Response) -> Response:
    """Never framed, never kept."""
    if request.endpoint != "static":
        response.headers.update(HEADERS)
    if here().switches.cuts_windows_off:
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


@machine.before_request
async def late() -> None:
    """The switch `slow`, in seconds."""
    await asyncio.sleep(here().switches.slow)


@machine.get("/.well-known/openid-configuration")
async def discovery() -> Answer:
    """OpenID Connect Discovery §4."""
    centre = here()
    if centre.switches.html_discovery:
        return await render_template("maintenance.html")
    return metadata(centre.issuer, centre.issuer + ("1" if centre.switches.foreign_metadata else "")), 200


@machine.get("/keys")
async def keys() -> Answer:
    """The public keys (RFC 7517 §5)."""
    return here().signer.key_set(), 200


@machine.post("/token")
async def token() -> Answer:
    """Code or refresh token in, tokens out (RFC 6749 §3.2)."""
    centre = here()
    if centre.switches.html_token_answer:
        return await render_template("maintenance.html")
    if centre.switches.token_redirect:
        return redirect("http://169.254.169.254/token", 307)
    form = (await request.form).to_dict()
    try:
        client = centre.client_of(request.headers.get("Authorization"), form)
        return centre.token_answer(centre.exchange(client, form)), 200
    except Refusal as no:
        status = 401 if no.error == "invalid_client" else 400
        return {"error": no.error, "error_description": no.description}, status


@machine.route("/userinfo", methods=["GET", "POST"])
async def userinfo() -> Answer:
    """Who the bearer of an access token is (OpenID Connect Core §5.3)."""
    claims = here().userinfo(request.headers.get("Authorization", ""))
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return (claims, 200) if claims else ({"error": "invalid_token"}, 401, challenge)


def metadata(base: str, issuer: str) -> dict[str, Any]:
    """OpenID Connect Discovery §3."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "jwks_uri": f"{base}/keys",
        "end_session_endpoint": f"{base}/sign-out",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile"],
        "claims_supported": ["sub", "sid", "auth_time", "employee_no", "name", "campuses", "roles"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
