"""Portal and service on two sites: the frame's own jar, the window that signs in, and what it hands over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from demo.people import HAN, ZHOU
from demo.places import Places
from demo.ways import WAYS
from demo.world import World
from tests.browser.annex import opened
from tests.browser.far import far_hospital
from tests.browser.visitor import (
    Clock,
    Visitor,
    card,
    forget_lists,
    glance,
    readable,
    row,
    shoot,
    shown,
    titles,
    waiting,
)
from widgets.app import build
from widgets.settings import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
every_way = pytest.mark.parametrize("way", [way.path for way in WAYS])
READY = """async () => {
  while (!(window.portalWidgets || {}).signsIn) await new Promise(go => setTimeout(go, 20));
}"""
FRAMES = """<script src="{widgets}/embed.js" defer></script>
<div id="slot-todos"><iframe src="{widgets}/widgets/todos" width="640" height="480"></iframe></div>
<div id="slot-notices"><iframe src="{widgets}/widgets/notices" width="640" height="480"></iframe></div>"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def far(one_clock: Clock) -> AsyncIterator[World]:
    async with far_hospital(one_clock) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(far: World, one_clock: Clock, chromium: Browser) -> AsyncIterator[Visitor]:
    """A person at a browser, before a portal whose cards come from another site."""
    one_clock.ahead *= 0
    far.switches.reset()
    far.oa.reset()
    forget_lists(far)
    async with Visitor.at(far, chromium) as someone:
        yield someone


async def window_of(visitor: Visitor, page: Page) -> Page:
    """Presses the to-do card's button and gives the window that opens."""
    button = (await shown(card(page), "signed-out")).locator("[data-pw-sign-in]")
    await button.evaluate(READY)
    async with visitor.context.expect_page() as opened_window:
        await button.click()
    return await opened_window.value


async def sign_in_by_window(visitor: Visitor, page: Page) -> None:
    """HAN signs in, and the window closes itself."""
    window = await window_of(visitor, page)
    async with window.expect_event("close"):
        await window.locator(f"button[value='{HAN.subject}']").click()


@every_way
async def test_whoever_the_centre_knows_sees_both_lists_without_a_click(stranger: Visitor, way: str) -> None:
    """The centre is a neighbour of the portal: silent sign-in works in the frame's own jar, each way of embedding."""
    page = await stranger.sign_in(ZHOU, way)
    assert waiting(stranger.world, ZHOU) == await titles(await shown(card(page)))
    assert readable(stranger.world, ZHOU) == await titles(await shown(card(page, "notices")))


@every_way
async def test_a_window_signs_both_cards_in(stranger: Visitor, way: str) -> None:
    """One press, one choice at the centre, the window closes, both cards show the lists, no page is loaded again."""
    page = await stranger.open(way)
    await page.evaluate("window.here = true")
    await sign_in_by_window(stranger, page)
    assert waiting(stranger.world, HAN) == await titles(await shown(card(page)))
    assert readable(stranger.world, HAN) == await titles(await shown(card(page, "notices")))
    assert await page.evaluate("window.here")


@every_way
async def test_the_session_lives_in_the_portals_own_jar(stranger: Visitor, way: str) -> None:
    """One partitioned cookie of that portal's site, Secure and HttpOnly; nothing else of ours stays."""
    page = await stranger.open(way)
    await sign_in_by_window(stranger, page)
    await shown(card(page))
    host = urlsplit(stranger.world.at.widgets).hostname
    ours = [each for each in await stranger.context.cookies() if each["domain"] == host]
    kept = {each["name"]: each for each in ours if "login" not in each["name"]}
    assert ["__Host-pw-frame"] == list(kept)
    jar = kept["__Host-pw-frame"]
    assert ("http://hospital.localhost", True, True) == (jar["partitionKey"], jar["secure"], jar["httpOnly"])


@pytest.mark.parametrize("way", ["/", "/htmx2", "/htmx4"])
async def test_the_cards_stay_alive(stranger: Visitor, one_clock: Clock, way: str) -> None:
    """They refresh themselves with the jar's cookie, and a new matter appears."""
    page = await stranger.sign_in(HAN, way)
    await shown(card(page))
    one_clock.minute()
    task = await stranger.world.oa.add_urgent(HAN)
    await glance(page)
    await expect(row(card(page), task.title)).to_be_visible()


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_an_item_opens(stranger: Visitor, way: str) -> None:
    """In a tab of its own, where the jar's cookie does not count: over the centre, without a question."""
    page = await stranger.sign_in(HAN, way)
    title = waiting(stranger.world, HAN)[0]
    async with stranger.context.expect_page() as opened_tab:
        await row(await shown(card(page)), title).get_by_role("link").click()
    await expect((await opened_tab.value).get_by_role("heading", name=title)).to_be_visible()


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_a_message_from_anybody_else_does_nothing(stranger: Visitor, way: str) -> None:
    """Another page of the portal, or another window, cannot make a card redeem anything."""
    page = await stranger.open(way)
    await window_of(stranger, page)
    asked: list[str] = []
    stranger.context.on("request", lambda each: asked.append(each.url))
    for frame in page.frames:
        ticket = await frame.evaluate(
            "(document.querySelector('[data-pw-sign-in]') || {search: '?t=x'}).search.slice(3)"
        )
        await page.evaluate(
            """ticket => [window, ...[...document.querySelectorAll('iframe')].map(each => each.contentWindow)]
                 .forEach(each => each.postMessage({pw: 1, type: 'handover', ticket, code: 'x'}, '*'))""",
            ticket,
        )
    await glance(page)
    await shown(card(page), "signed-out")
    assert [] == [url for url in asked if "redeem" in url]


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_a_centre_that_cuts_its_windows_off_is_told_of(stranger: Visitor, way: str) -> None:
    """The window says in a sentence what to do, and doing so helps: the page loaded again shows the list."""
    stranger.world.switches.cuts_windows_off = True
    page = await stranger.open(way)
    window = await window_of(stranger, page)
    await window.locator(f"button[value='{HAN.subject}']").click()
    await expect(window.get_by_role("heading", name="还差一步")).to_be_visible()
    await expect(window.locator("[data-pw-cut]")).to_contain_text("请回到门户刷新页面")
    await shoot(window, f"cut-off{way.replace('/', '-')}")
    await page.reload()
    await shown(card(page))


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_six_digits_go_by_hand_where_the_hospital_wants_them(
    one_clock: Clock, chromium: Browser, way: str
) -> None:
    """The window shows them, the person types them into the card, a wrong one is refused, the right one signs in."""
    one_clock.ahead *= 0
    async with (
        far_hospital(one_clock, confirmation_number="true") as world,
        Visitor.at(world, chromium) as visitor,
    ):
        world.switches.cuts_windows_off = True
        page = await visitor.open(way)
        window = await window_of(visitor, page)
        await window.locator(f"button[value='{HAN.subject}']").click()
        number = await window.locator(".pw-digits").inner_text()
        field = card(page).get_by_label("登录窗口里如果有 6 位数字")
        await field.fill("000000" if number != "000 000" else "000001")
        await field.press("Enter")
        await expect(card(page).get_by_role("alert")).to_contain_text("数字不对")
        visitor.troubles.clear()
        await field.fill(number)
        await card(page).get_by_role("button", name="确定").click()
        assert waiting(world, HAN) == await titles(await shown(card(page)))
        await shown(card(page, "notices"))


async def test_a_portal_far_from_the_centre_signs_in_by_the_window(
    one_clock: Clock, chromium: Browser
) -> None:
    """Portal on a vendor's site, service and centre on the hospital's: nothing is silent, the window works."""
    one_clock.ahead *= 0
    with Places.take(None) as places:
        async with World.start(places=places, service=False) as world:
            annex = await opened(world, "portal.vendor.localhost")
            portals = {"PORTAL_WIDGETS__SERVICE__PORTALS": f'[{{ origin = "{annex.origin}" }}]'}
            await world.servers.add(build(load(world.config, portals), one_clock.now), places.widgets)
            async with Visitor.at(world, chromium) as visitor:
                page = await visitor.open(
                    annex.write("iframe-plain", FRAMES.format(widgets=world.at.widgets))
                )
                await sign_in_by_window(visitor, page)
                assert waiting(world, HAN) == await titles(await shown(card(page)))
                assert readable(world, HAN) == await titles(await shown(card(page, "notices")))
