"""The main job from end to end, with the real npm `oidc-provider` as the identity centre."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from demo.installed import Issuer
from demo.people import ZHOU
from demo.places import Places, listening, port
from demo.world import World, service_client
from tests.browser.visitor import (
    Clock,
    Visitor,
    card,
    look_away,
    look_back,
    readable,
    row,
    shoot,
    shown,
    titles,
    waiting,
)
from tests.op.provider import real_provider
from widgets.app import build
from widgets.settings import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def real_hospital(clock: Clock) -> AsyncIterator[World]:
    """A hospital whose service trusts the real provider, and nobody else."""
    with listening(0) as found:
        number = port(found)
    issuer = Issuer(f"http://sso.hospital.localhost:{number}", f"http://127.0.0.1:{number}")
    with Places.take(None) as places:
        async with (
            real_provider(issuer.public, number, [service_client(places.public())]),
            World.start(places=places, issuer=issuer, service=False) as world,
        ):
            await world.servers.add(build(load(world.config), clock.now), places.widgets)
            yield world


async def test_from_the_portal_to_the_approved_item_and_back(
    real_hospital: World, chromium: Browser, clock: Clock
) -> None:
    """Sign in through the card, see both lists, approve the first to-do in the OA, come back, and it is gone."""
    async with Visitor.at(real_hospital, chromium) as visitor:
        page = await visitor.open("/")
        await page.evaluate("window.here = true")
        todos, notices = card(page), card(page, "notices")
        async with visitor.context.expect_page() as opened:
            await (await shown(todos, "signed-out")).get_by_role("link", name="登录").click()
        centre = await opened.value
        assert centre.url.startswith("http://sso.hospital.localhost")
        async with centre.expect_event("close"):
            await centre.get_by_role("button", name=ZHOU.name).click()

        first, *rest = waiting(real_hospital, ZHOU, limit=7)
        assert [first, *rest[:5]] == await titles(await shown(todos))
        assert readable(real_hospital, ZHOU) == await titles(await shown(notices))
        await shoot(page, "journey")

        async with visitor.context.expect_page() as opened:
            await row(todos, first).get_by_role("link").click()
        await page.mouse.move(0, 0)
        await look_away(page)
        oa = await opened.value
        await expect(oa.get_by_role("heading", name=first)).to_be_visible()
        assert oa.url.startswith(real_hospital.at.oa)
        await oa.get_by_role("button", name="批准").click()
        await expect(oa.get_by_role("status")).to_contain_text("已批准")
        await oa.close()

        clock.forward(4)
        await look_back(page)
        await expect(row(todos, first)).to_have_count(0)
        assert rest == await titles(todos)
        assert await page.evaluate("window.here")


async def test_signing_out_on_the_card_ends_the_visit_at_the_centre(
    real_hospital: World, chromium: Browser
) -> None:
    """The stand-alone card's own button leads through the provider to our last page; nobody is signed in then."""
    async with Visitor.at(real_hospital, chromium) as visitor:
        page = await visitor.sign_in_at_the_service(ZHOU)
        await (await shown(card(page))).get_by_role("button", name="退出登录").click()
        await page.wait_for_url(f"{real_hospital.at.widgets}/auth/logout*")
        await expect(page.get_by_role("heading")).to_have_text("已退出登录")
        await page.goto(f"{real_hospital.at.widgets}/widgets/todos")
        await shown(card(page), "signed-out")
