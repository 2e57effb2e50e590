"""One computer, many people, and a centre that never says that somebody left."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from demo.people import HAN, ZHOU
from tests.browser.door import Door
from tests.browser.test_safety import told
from tests.browser.visitor import Clock, Visitor, card, glance, shown, titles, waiting
from tests.staff import push_out

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
A_MINUTE = 61


@pytest.mark.parametrize("way", ["/", "/iframe-plain", "/htmx2", "/htmx4"])
async def test_the_next_persons_page_asks_the_centre_who_is_there(
    visitor: Visitor, door: Door, clock: Clock, way: str
) -> None:
    """The first one left at the portal, and nobody told the service: it sends nothing of theirs to the second."""
    world = visitor.world
    world.switches.silent_logout = True
    page = await visitor.sign_in(ZHOU, way)
    assert waiting(world, ZHOU) == await titles(await shown(card(page)))
    await page.goto(f"{world.at.portal}/sign-out")
    await page.wait_for_url(f"{world.at.portal}/*")
    await page.close()
    clock.forward(A_MINUTE)
    await door.quiet()
    page = await visitor.sign_in(HAN, way)
    assert waiting(world, HAN) == await titles(await shown(card(page)))
    assert ([], True) == (told(door, 0, ZHOU, world), bool(told(door, 0, HAN, world)))


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_a_page_that_nobody_signed_in_at_shows_no_list(
    visitor: Visitor, door: Door, clock: Clock, way: str
) -> None:
    """The centre knows nobody any more, and neither do the cards, though their cookie is good for hours."""
    world = visitor.world
    world.switches.silent_logout = True
    page = await visitor.sign_in(ZHOU, way)
    await shown(card(page))
    await page.goto(f"{world.at.portal}/sign-out")
    await page.wait_for_url(f"{world.at.portal}/*")
    clock.forward(A_MINUTE)
    await door.quiet()
    await page.goto(world.at.portal + way)
    await shown(card(page), "signed-out")
    assert [] == told(door, 0, ZHOU, world)


async def test_a_centre_that_is_down_takes_nobodys_list_away(visitor: Visitor, clock: Clock) -> None:
    """A page that is loaded would ask the centre again; while it is away the list is there as before."""
    world = visitor.world
    page = await visitor.sign_in(ZHOU)
    await shown(card(page))
    clock.forward(3 * A_MINUTE)  # whatever was known of the centre in the tests before is forgotten
    world.switches.down = True
    frames = [frame for frame in page.frames if frame.parent_frame]
    for frame in frames:
        await frame.goto(frame.url.partition("?")[0])
    assert waiting(world, ZHOU) == await titles(await shown(card(page)))
    visitor.troubles.clear()


@pytest.mark.parametrize("way", ["/iframe-plain", "/htmx2"])
async def test_an_open_page_of_somebody_who_signed_in_elsewhere_says_so(visitor: Visitor, way: str) -> None:
    """Nobody may sit at it: it does not sign in again by itself, and the button still works."""
    page = await visitor.sign_in(ZHOU, way)
    await shown(card(page))
    await page.reload()
    await shown(card(page))
    await push_out(visitor.world, ZHOU)
    await glance(page)
    told = await shown(card(page), "signed-out")
    await expect(told.locator("[data-pw-banner]")).to_have_text("账号已在其他地方登录")
    await glance(page)
    await shown(card(page), "signed-out")
    async with page.context.expect_page():
        await told.locator("[data-pw-sign-in]").click()
    assert waiting(visitor.world, ZHOU) == await titles(await shown(card(page)))
