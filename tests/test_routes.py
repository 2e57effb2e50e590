"""Every route there is: who may ask, and what every answer carries, refusals and errors included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from quart import Quart

from auth.guard import MayAsk
from demo.world import World
from widgets.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN = {
    "/widgets/<any(todos,notices):name>": MayAsk.ANYONE,
    "/widgets/<any(todos,notices):name>/count": MayAsk.ANYONE,
    "/widgets/<any(todos,notices):name>/fragment": MayAsk.ANYONE,
    "/widgets/<any(todos,notices):name>/manifest.json": MayAsk.ANYONE,
    "/widgets/<any(todos,notices):name>/fallback": MayAsk.ANYONE,
    "/widgets.json": MayAsk.ANYONE,
    "/studio": MayAsk.ANYONE,  # the demo lets anyone in; elsewhere the role is asked for
    "/studio/<theme>/<any(todos,notices):widget>/<state>": MayAsk.ANYONE,
    "/studio/frame/<theme>/<any(todos,notices):widget>/<state>": MayAsk.ANYONE,
    "/studio/page/<theme>/<any(todos,notices):widget>/<state>": MayAsk.ANYONE,
    "/studio/<theme>/tokens": MayAsk.ANYONE,
    "/studio/<theme>/check": MayAsk.ANYONE,
    "/studio/changes": MayAsk.ANYONE,
    "/studio/sample": MayAsk.ANYONE,
    "/studio/embed": MayAsk.ANYONE,
    "/studio/doctor": MayAsk.ANYONE,  # fetches pages of configured portals alone
    "/studio/static/<path:path>": MayAsk.ANYONE,
    "/open/<reference>": MayAsk.SIGNED_IN,
    "/embed.js": MayAsk.ANYONE,
    "/static/<path:path>": MayAsk.ANYONE,
    "/auth/login": MayAsk.AS_PROTOCOL,
    "/auth/callback": MayAsk.AS_PROTOCOL,
    "/auth/callback/<state>": MayAsk.AS_PROTOCOL,
    "/auth/token-logout": MayAsk.AS_PROTOCOL,
    "/auth/jwks.json": MayAsk.ANYONE,
    "/auth/done": MayAsk.ANYONE,
    "/auth/check": MayAsk.ANYONE,  # tells a browser what it sent itself, and nothing of ours
    "/auth/check.js": MayAsk.ANYONE,
    "/auth/popup": MayAsk.AS_PROTOCOL,
    "/auth/redeem": MayAsk.AS_PROTOCOL,
    "/auth/initiate": MayAsk.AS_PROTOCOL,
    "/auth/logout": None,  # told apart by method below
    "/auth/backchannel-logout": MayAsk.AS_PROTOCOL,
    "/auth/frontchannel-logout": MayAsk.AS_PROTOCOL,
    "/oa/<source>/ticket": MayAsk.AS_PROTOCOL,
    "/oa/<source>/token": MayAsk.AS_PROTOCOL,
    "/healthz": MayAsk.OPERATIONS,
    "/readyz": MayAsk.OPERATIONS,
    "/metrics": MayAsk.OPERATIONS,
    "/widgets/events": MayAsk.SIGNED_IN,
    "/push/<source>": MayAsk.AS_PROTOCOL,
}
ADDRESSES = (
    "/widgets/todos",
    "/widgets/notices",
    "/widgets/todos/count",
    "/widgets/notices/count",
    "/widgets.json",
    "/widgets/todos/fragment",
    "/widgets/todos/manifest.json",
    "/widgets/todos/fallback",
    "/open/nonsense",
    "/embed.js",
    "/static/nothing.css",
    "/auth/login",
    "/auth/callback",
    "/auth/callback/nonsense",
    "/auth/token-logout",
    "/auth/jwks.json",
    "/auth/done",
    "/auth/check",
    "/auth/check.js",
    "/auth/popup",
    "/auth/redeem",
    "/auth/initiate",
    "/auth/logout",
    "/auth/backchannel-logout",
    "/auth/frontchannel-logout",
    "/oa/main-oa/ticket",
    "/oa/main-oa/token",
    "/healthz",
    "/readyz",
    "/metrics",
    "/widgets/events",
    "/push/main-oa",
    "/no-such-place",
    "/widgets/%ff",
    "/widgets/todos/x.css",
)


def views(app: Quart) -> Iterator[tuple[str, str, object]]:
    for rule in app.url_map.iter_rules():
        yield rule.rule, rule.endpoint, getattr(app.view_functions[rule.endpoint], "may_ask", None)


@pytest.fixture
def app(hospital: World) -> Quart:
    return create_app(Path(hospital.config))


async def test_every_route_declares_who_may_ask(app: Quart) -> None:
    """A view without a declaration does not exist."""
    assert [] == [rule for rule, _, who in views(app) if not isinstance(who, MayAsk)]


async def test_the_routes_are_the_ones_that_we_know(app: Quart) -> None:
    """A new address has to be written down here, together with who may ask."""
    found = {rule: who for rule, _, who in views(app)}
    assert set(OPEN) == set(found)
    assert {r: w for r, w in OPEN.items() if w} == {r: found[r] for r, w in OPEN.items() if w}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_answer_names_the_portals_that_may_frame_it(
    http: httpx2.AsyncClient, hospital: World, address: str
) -> None:
    """frame-ancestors holds our own origin and the configured portals, and nobody else, on errors too."""
    policy = (await http.get(address)).headers["Content-Security-Policy"]
    ancestors = next(part for part in policy.split("; ") if part.startswith("frame-ancestors"))
    assert f"frame-ancestors 'self' {hospital.at.portal}" == ancestors


async def test_the_centres_sign_out_frame_may_be_framed_by_the_centre_alone(
    http: httpx2.AsyncClient, hospital: World
) -> None:
    """Its answer has a policy of its own, and only one (Front-Channel Logout 1.0 §2)."""
    asked = {"iss": hospital.at.identity, "sid": "nobody's"}
    answer = await http.get("/auth/frontchannel-logout", params=asked)
    policy = f"default-src 'none'; frame-ancestors {hospital.at.identity}"
    assert (200, [policy]) == (answer.status_code, answer.headers.get_list("Content-Security-Policy"))
    assert "nosniff" == answer.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_configured_portal_may_read_every_answer(
    http: httpx2.AsyncClient, hospital: World, address: str
) -> None:
    """CORS with credentials answers that exact origin, on errors too."""
    answer = await http.get(address, headers={"Origin": hospital.at.portal})
    assert hospital.at.portal == answer.headers["Access-Control-Allow-Origin"]
    assert "true" == answer.headers["Access-Control-Allow-Credentials"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "{portal}.evil.example", "{portal}0", "https{portal}"]
)
async def test_nobody_else_may_read_any_answer(
    http: httpx2.AsyncClient, hospital: World, address: str, origin: str
) -> None:
    """An origin that only looks like the portal's gets no CORS header, and every answer varies by origin."""
    answer = await http.get(address, headers={"Origin": origin.replace("{portal}", hospital.at.portal)})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_answer_is_a_fault_or_kept_by_a_cache(http: httpx2.AsyncClient, address: str) -> None:
    """No 5xx; only scripts and hashed assets may be kept; nothing is sniffed; no server name."""
    answer = await http.get(address)
    assert answer.status_code < 500
    kept = answer.headers["Cache-Control"]
    assert "no-store" in kept or address == "/embed.js"
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert "Server" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
async def test_a_widget_takes_no_other_method(http: httpx2.AsyncClient, method: str) -> None:
    """Widgets are idempotent GETs."""
    assert 405 == (await http.request(method, "/widgets/todos")).status_code


async def test_a_preflight_from_a_portal_is_answered_without_a_session(
    http: httpx2.AsyncClient, hospital: World
) -> None:
    """Preflights carry no cookies (Fetch §4.8); htmx 2 and 4 send these headers."""
    asked = {
        "Origin": hospital.at.portal,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "hx-request,hx-current-url,hx-target",
    }
    answer = await http.request("OPTIONS", "/widgets/todos", headers=asked)
    assert 204 == answer.status_code
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"hx-request", "hx-current-url", "hx-target"} <= set(allowed.split(", "))


async def test_health_is_for_the_operations_network(http: httpx2.AsyncClient) -> None:
    """Loopback is ours; an address behind no trusted proxy cannot claim to be something else."""
    assert 200 == (await http.get("/healthz")).status_code
    assert 200 == (await http.get("/healthz", headers={"X-Forwarded-For": "8.8.8.8"})).status_code


@pytest.mark.parametrize(("peer", "status"), [("::ffff:127.0.0.1", 200), ("::ffff:8.8.8.8", 403)])
async def test_a_socket_for_both_families_changes_nobodys_address(app: Quart, peer: str, status: int) -> None:
    """It tells IPv4 addresses as of IPv6 (RFC 4291 §2.5.5.2): they are neither one machine nor in nobody's network."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, client=(peer, 40000)), base_url="http://x"
    ) as http:
        assert status == (await http.get("/healthz")).status_code


async def test_htmx_may_read_the_headers_that_it_looks_for(http: httpx2.AsyncClient, hospital: World) -> None:
    """htmx 2 asks every answer for these; a hidden one is an error in the portal's console (htmx#1032)."""
    answer = await http.get("/widgets/todos", headers={"Origin": hospital.at.portal, "HX-Request": "true"})
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"HX-Trigger", "HX-Reselect", "HX-Trigger-After-Settle", "Widget-State", "Date"} <= exposed
