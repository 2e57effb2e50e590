"""The other ways to stand to the service: behind the portal's own name, and as a page of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from demo.people import HAN, ZHOU
from demo.ways import WAYS
from demo.world import World
from tests.browser.far import one_name_hospital
from tests.browser.visitor import (
    Clock,
    Visitor,
    card,
    forget_lists,
    glance,
    readable,
    row,
    shown,
    titles,
    waiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
every_way = pytest.mark.parametrize("way", [way.path for way in WAYS])


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def one_name(one_clock: Clock) -> AsyncIterator[World]:
    async with one_name_hospital(one_clock) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session")
async def local(one_name: World, one_clock: Clock, chromium: Browser) -> AsyncIterator[Visitor]:
    """A person before that portal."""
    one_clock.ahead *= 0
    one_name.oa.reset()
    forget_lists(one_name)
    async with Visitor.at(one_name, chromium) as someone:
        yield someone


@every_way
async def test_behind_the_portals_name_nobody_presses_anything(local: Visitor, way: str) -> None:
    """Reverse proxy: silent sign-in and both lists, each way of embedding, with one strict cookie."""
    page = await local.sign_in(ZHOU, way)
    assert waiting(local.world, ZHOU) == await titles(await shown(card(page)))
    assert readable(local.world, ZHOU) == await titles(await shown(card(page, "notices")))
    ours = {each["name"]: each for each in await local.context.cookies() if "pw-session" in each["name"]}
    assert ["pw-session"] == list(ours)
    assert "Lax" == ours["pw-session"]["sameSite"]


@every_way
async def test_behind_the_portals_name_the_button_works(local: Visitor, way: str) -> None:
    """A tab at the centre; when it is done, both cards follow."""
    page = await local.open(way)
    async with local.context.expect_page() as opened:
        await (await shown(card(page), "signed-out")).locator("[data-pw-sign-in]").click()
    await (await opened.value).locator(f"button[value='{HAN.subject}']").click()
    assert waiting(local.world, HAN) == await titles(await shown(card(page)))
    await shown(card(page, "notices"))


async def test_behind_the_portals_name_an_item_opens(local: Visitor) -> None:
    """Its address carries the prefix, too."""
    page = await local.sign_in(HAN)
    title = waiting(local.world, HAN)[0]
    async with local.context.expect_page() as opened:
        await row(await shown(card(page)), title).get_by_role("link").click()
    await expect((await opened.value).get_by_role("heading", name=title)).to_be_visible()


async def test_a_card_that_is_the_whole_page_signs_in_where_it_stands(visitor: Visitor) -> None:
    """Top level: the button leads this tab to the centre and back to the same card, with the strict cookie."""
    page = await visitor.sign_in_at_the_service(ZHOU, "/widgets/todos?size=full")
    await shown(card(page))
    assert "size=full" in urlsplit(page.url).query
    names = [each["name"] for each in await visitor.context.cookies() if "login" not in each["name"]]
    assert "pw-session" in names and "__Host-pw-frame" not in names


async def looked_active(page: Page, visitor: Visitor) -> bool:
    """Whether the cards' next looks say that somebody was there."""
    before = len(visitor.looks())
    await glance(page)
    async with asyncio.timeout(10):
        while len(visitor.looks()) < before + 2:
            await page.wait_for_timeout(20)
    looks = [answer.url for answer in visitor.answers if "as=fragment&v=" in answer.url]
    return any("active=1" in url for url in looks[before:])


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_a_look_says_whether_somebody_was_there(visitor: Visitor, way: str) -> None:
    """Nobody touched anything: no word. A key on the portal's page, or in the card: the next look says so, once."""
    page = await visitor.come_in(ZHOU, way)
    await shown(card(page))
    assert not await looked_active(page, visitor)
    await page.keyboard.press("Shift")
    assert await looked_active(page, visitor)
    assert not await looked_active(page, visitor)
    await card(page).locator(".pw-title").click()
    assert await looked_active(page, visitor)
