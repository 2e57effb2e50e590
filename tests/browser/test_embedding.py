"""The cards on the portal's pages, embedded each way: silent sign-in, the button, height, and no script at all."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from demo.people import HAN, ZHOU
from demo.ways import WAYS
from demo.world import World
from tests.browser.annex import Annex
from tests.browser.visitor import (
    Clock,
    Visitor,
    card,
    glance,
    look_away,
    look_back,
    readable,
    row,
    shoot,
    shown,
    titles,
    waiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
every_way = pytest.mark.parametrize("way", [way.path for way in WAYS])
ELEMENT = """<script src="{widgets}/embed.js" defer></script>
<div id="slot-todos"><portal-widget name="todos" mode="fragment">打开待办</portal-widget></div>"""


@every_way
async def test_whoever_the_centre_knows_sees_both_lists_without_a_click(visitor: Visitor, way: str) -> None:
    """Signed in at the portal, both cards sign in silently and show this person's lists, with a quiet console."""
    page = await visitor.sign_in(ZHOU, way)
    todos, notices = await shown(card(page)), await shown(card(page, "notices"))
    assert waiting(visitor.world, ZHOU) == await titles(todos)
    assert readable(visitor.world, ZHOU) == await titles(notices)
    await shoot(page, f"portal{way.replace('/', '-')}")


@every_way
async def test_the_button_signs_in_in_a_new_tab_and_both_cards_follow(visitor: Visitor, way: str) -> None:
    """Nobody is signed in: one press, one choice, and no page is loaded again."""
    page = await visitor.open(way)
    await page.evaluate("window.here = true")
    button = (await shown(card(page), "signed-out")).locator("[data-pw-sign-in]")
    async with visitor.context.expect_page() as opened:
        await button.click()
    tab = await opened.value
    await tab.locator(f"button[value='{HAN.subject}']").click()
    todos, notices = await shown(card(page)), await shown(card(page, "notices"))
    assert waiting(visitor.world, HAN) == await titles(todos)
    assert readable(visitor.world, HAN) == await titles(notices)
    assert await page.evaluate("window.here")


async def test_the_element_can_hold_the_card_itself(visitor: Visitor, annex: Annex) -> None:
    """`<portal-widget mode="fragment">` draws the list into its own shadow root."""
    page = await visitor.come_in(ZHOU, annex.write("own", ELEMENT.format(widgets=visitor.world.at.widgets)))
    assert waiting(visitor.world, ZHOU) == await titles(await shown(card(page)))
    assert "ok" == await page.locator("portal-widget").get_attribute("state")


async def heights(page: Page) -> tuple[float, float]:
    """Of the frame on the page, and of the card in it."""
    frame = await page.locator("#slot-todos iframe").bounding_box()
    inside = await card(page).bounding_box()
    assert frame and inside
    return frame["height"], inside["height"]


async def test_the_frame_is_as_high_as_its_card(visitor: Visitor, clock: Clock) -> None:
    """embed.js sizes the frame at first, and again when rows go."""
    page = await visitor.come_in(ZHOU)
    todos = await shown(card(page))
    frame, inside = await heights(page)
    assert inside == pytest.approx(frame, abs=1)
    del visitor.world.oa.waiting(ZHOU)[2:]
    clock.minute()
    await glance(page)
    await expect(todos.locator(".pw-item")).to_have_count(2)
    await expect(page.locator("#slot-todos iframe")).not_to_have_css("height", f"{frame:g}px")
    lower, inside = await heights(page)
    assert inside == pytest.approx(lower, abs=1)
    assert lower < frame


async def test_a_frame_needs_no_script_at_all(hospital: World, clock: Clock, chromium: Browser) -> None:
    """With JavaScript off the list is there, links open, refresh works, and no dead button is offered."""
    async with Visitor.at(hospital, chromium, java_script_enabled=False) as visitor:
        page = await visitor.sign_in(ZHOU, "/iframe-plain")
        todos = await shown(card(page))
        assert waiting(hospital, ZHOU) == await titles(todos)
        await expect(todos.get_by_role("button")).to_have_count(0)
        async with visitor.context.expect_page() as opened:
            await row(todos, waiting(hospital, ZHOU)[0]).get_by_role("link").click()
        tab = await opened.value
        await tab.wait_for_url(f"{hospital.at.oa}/spa/workflow/**")
        arrived = await hospital.oa.add_urgent(ZHOU)
        clock.minute()
        await todos.locator("[data-pw-refresh]").click()
        await expect(row(todos, arrived.title)).to_be_visible()


@pytest.mark.parametrize("way", ["/", "/htmx2", "/htmx4"])
async def test_what_was_done_in_the_oa_leaves_the_card(visitor: Visitor, clock: Clock, way: str) -> None:
    """Open an item in a new tab, approve it there, come back: the row is gone, on the same page."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    first, *rest = waiting(visitor.world, HAN)
    async with visitor.context.expect_page() as opened:
        await row(todos, first).get_by_role("link").click()
    await page.mouse.move(0, 0)
    await look_away(page)
    tab = await opened.value
    await tab.get_by_role("button", name="批准").click()
    await tab.get_by_role("status").wait_for()
    clock.forward(4)
    await look_back(page)
    await expect(row(todos, first)).to_have_count(0)
    assert rest == await titles(todos)
