"""The journey with a centre that many hospitals could have: no `prompt=none`, no `sid`, no `iss` in its answers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest
import pytest_asyncio

from demo.installed import Issuer
from demo.places import Places, listening, port
from demo.world import World, service_client
from tests.providers.lemonldap import USER, Place, lemonldap
from tests.staff import Staff
from widgets.app import build
from widgets.settings import load

pytestmark = [pytest.mark.providers, pytest.mark.asyncio(loop_scope="session")]
FRAME = {"Accept": "text/html", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
CARD = {"HX-Request": "true"}


@asynccontextmanager
async def hospital(folder: Path, environ: dict[str, str], below: str = "") -> AsyncIterator[World]:
    """One whose centre is LemonLDAP::NG; `environ` says how its service speaks to it, and where `below` it."""
    with listening(0) as found:
        centre = Place(port(found))
    issuer = Issuer(centre.public + below, centre.local + below)
    with Places.take(None) as places:
        async with (
            lemonldap(folder, centre, service_client(places.public())),
            World.start(places=places, issuer=issuer, service=False) as world,
        ):
            await world.servers.add(build(load(world.config, environ)), places.widgets)
            yield world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def openid(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """It is spoken to by OpenID Connect."""
    async with hospital(tmp_path_factory.mktemp("openid"), {}) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """It is spoken to by CAS."""
    environ = {"PORTAL_WIDGETS__IDENTITY__PROTOCOL": "cas3"}
    async with hospital(tmp_path_factory.mktemp("cas"), environ, below="cas") as world:
        yield world


async def sign_in(staff: Staff) -> httpx2.Response:
    """From the card's button through the portal's own form, as far as the page after signing in."""
    page = await staff.get("/auth/login")
    form = next(one for one in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL) if "password" in one)
    hidden = [tag for tag in re.findall(r"<input\b[^>]*>", form) if 'type="hidden"' in tag]
    fields = {named(tag, "name"): named(tag, "value") for tag in hidden} | {"user": USER, "password": USER}
    return await staff.client.post(urljoin(str(page.url), named(form, "action")), data=fields)


def named(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


async def test_the_journey_by_openid_connect(openid: World) -> None:
    """Signed in at the portal's own page, both lists are there; signed out, neither is."""
    await journey(openid)


async def test_the_journey_by_cas(cas: World) -> None:
    """The same with a ticket instead of a code."""
    await journey(cas)


async def journey(world: World) -> None:
    async with Staff.at(world) as staff:
        assert "/auth/done" == (await sign_in(staff)).url.path
        assert {"ok"} == {await state(staff, name) for name in ("todos", "notices")}
        await staff.client.post(f"{world.at.widgets}/auth/logout", headers={"Origin": world.at.widgets})
        assert {"signed-out"} == {await state(staff, name) for name in ("todos", "notices")}


async def test_its_page_is_never_put_into_a_frame(openid: World) -> None:
    """It answers `prompt=none` with its sign-in page, which no frame may show: the card asks instead."""
    async with Staff.at(openid) as staff:
        page = await staff.get("/widgets/todos", headers=FRAME)
        assert ("signed-out", True) == (
            page.headers["Widget-State"],
            str(page.url).startswith(openid.at.widgets),
        )


async def state(staff: Staff, name: str) -> str:
    """What a card says."""
    return str((await staff.get(f"/widgets/{name}", headers=CARD)).headers["Widget-State"])
