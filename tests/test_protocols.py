"""The whole service with centres that speak no OpenID, over real sockets: in, a list, and out from their side."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx2
import pytest
from quart import Quart

from demo.cas import CasServer
from demo.oauth2 import OAuth2Server
from demo.people import SHEN
from demo.places import listening, port
from demo.serving import Servers
from demo.world import World
from widgets.app import build
from widgets.settings import load

pytestmark = pytest.mark.asyncio(loop_scope="session")
HTML = {"Accept": "text/html"}
CAS = """
[identity]
protocol = "cas3"
issuer = "{centre}/cas"
account_claim = "employeeNumber"

[identity.cas]
names = {{ name = "displayName", roles = "role" }}
"""
LOOSE = """
[identity]
protocol = "oauth2"
issuer = "{centre}"
client_id = "portal-widgets"
client_secret = {{ file = "loose-secret" }}
auth = "client_secret_post"
account_claim = "employee_no"

[identity.oauth2]
authorize = "/oauth/authorize"
token = "/oauth/token"
token_method = "GET"
userinfo = "/oauth/user"
userinfo_token = "parameter"
token_parameter = "accessToken"
access_token = "data.accessToken"
success = {{ at = "code", values = ["100"] }}
claims = {{ sub = "data.user.0.id", employee_no = "data.user.0.empNo", name = "data.user.0.realName" }}
extra = {{ ak = "hospital" }}
logout_from = ["127.0.0.1/32"]
entry = "/widgets/todos"
"""


@asynccontextmanager
async def service(hospital: World, centre: Quart, identity: str) -> AsyncIterator[str]:
    """The hospital's service with another identity centre; its address."""
    servers, there, here = Servers(), listening(0), listening(0)
    address = f"http://127.0.0.1:{port(here)}"
    text = hospital.config.read_text("utf-8")
    text = re.sub(r'base_url = "[^"]*"', f'base_url = "{address}"', text, count=1)
    ours = identity.format(centre=f"http://127.0.0.1:{port(there)}")
    text = re.sub(r"\n\[identity\]\n.*?\n(?=\[)", ours + "\n", text, flags=re.DOTALL)
    secret = hospital.folder / "loose-secret"
    secret.touch(0o600)
    secret.write_text("s3cret-of-the-service")
    path = hospital.folder / f"protocol-{secrets.token_hex(4)}.toml"
    path.write_text(text, "utf-8")
    await servers.add(centre, there)
    await servers.add(build(load(path, {}), lambda: datetime.now(UTC)), here)
    try:
        yield address
    finally:
        await servers.close()


def browser() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(trust_env=False, follow_redirects=True, headers=HTML, timeout=10)


async def state(http: httpx2.AsyncClient, address: str) -> str:
    return (await http.get(f"{address}/widgets/todos?silent=0")).headers["Widget-State"]


async def test_a_cas_centre_signs_people_in_and_out(hospital: World) -> None:
    """The list is there after picking a person at the centre, and gone when the centre says so."""
    cas = CasServer()
    async with service(hospital, cas.app(), CAS) as address, browser() as http:
        page = await http.get(f"{address}/auth/login?return=/widgets/todos")
        card = await http.post(str(page.url), data={"person": SHEN.subject})
        assert card.headers["Widget-State"] in ("ok", "partial", "starting")
        (entered,) = cas.entered.values()
        assert await cas.tell(entered) == [200]
        assert await state(http, address) == "signed-out"


async def test_a_frame_asks_a_cas_centre_silently(hospital: World) -> None:
    """Nobody is there: the card. Somebody is: the list, without a page."""
    cas = CasServer()
    async with service(hospital, cas.app(), CAS) as address, browser() as http:
        frame = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
        first = await http.get(f"{address}/widgets/todos", headers=frame)
        assert first.headers["Widget-State"] == "signed-out"
        page = await http.get(f"{address}/auth/login?return=/auth/done")
        await http.post(str(page.url), data={"person": SHEN.subject})
        http.cookies.delete("pw-session")
        again = await http.get(f"{address}/widgets/todos", headers=frame)
        assert again.headers["Widget-State"] in ("ok", "partial", "starting")


async def test_a_loose_oauth2_centre_signs_people_in_and_out(hospital: World) -> None:
    """Entered by the callback as portals do, left by the portal's call."""
    server = OAuth2Server()
    async with service(hospital, server.app(), LOOSE) as address, browser() as http:
        card = await http.get(f"{address}/auth/callback")
        assert card.headers["Widget-State"] in ("ok", "partial", "starting")
        assert await server.tell(f"{address}/auth/token-logout") == [200]
        assert await state(http, address) == "signed-out"


async def test_a_centre_without_silent_answers_is_never_asked_silently(hospital: World) -> None:
    """OAuth 2.0 knows no `prompt=none`: the frame gets its card at once."""
    server = OAuth2Server()
    async with service(hospital, server.app(), LOOSE) as address, browser() as http:
        frame = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
        first = await http.get(f"{address}/widgets/todos", headers=frame)
        assert first.headers["Widget-State"] == "signed-out"
        assert server.asked == [("GET", "/healthz")]
