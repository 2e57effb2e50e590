"""The page that tests itself inside a portal's frame: what it says where all is well, and what where it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Page, expect

from demo.world import World
from tests.browser.annex import Annex
from tests.browser.far import far_hospital
from tests.browser.visitor import Clock, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
WITHOUT_WINDOWS = "allow-scripts allow-same-origin allow-forms"
INHERITING = f"{WITHOUT_WINDOWS} allow-popups"
ENOUGH = f"{INHERITING} allow-popups-to-escape-sandbox"


def frame(world: World, sandbox: str | None = None) -> str:
    """The page in a frame, with these words in its `sandbox`."""
    words = "" if sandbox is None else f' sandbox="{sandbox}"'
    return f'<iframe src="{world.at.widgets}/auth/check" width="640" height="480"{words}></iframe>'


async def marks(page: Page, *names: str) -> dict[str, str | None]:
    """What the page says about each of these."""
    inside: FrameLocator = page.frame_locator("iframe")
    rows = {name: inside.locator(f"[data-name={name}]") for name in names}
    for row in rows.values():
        await expect(row).to_have_count(1)
    return {name: await row.get_attribute("data-mark") for name, row in rows.items()}


async def press(page: Page) -> None:
    await page.frame_locator("iframe").get_by_role("button").click()


async def test_all_is_well_on_a_portal_of_our_site(visitor: Visitor, annex: Annex) -> None:
    """Cookies are kept, the clock is right, and a window knows who opened it."""
    page = await visitor.open(annex.write("check", frame(visitor.world)))
    names = ("frame", "site", "sandbox", "secure", "cookies", "clock")
    assert dict.fromkeys(names, "ok") == await marks(page, *names)
    await press(page)
    assert {"window": "ok"} == await marks(page, "window")


async def test_a_portal_of_another_site_is_told_apart(far: Visitor) -> None:
    """The partitioned cookie is kept there, and people sign in through a window."""
    page = await far.open()
    await page.evaluate("html => document.body.innerHTML = html", frame(far.world))
    assert {"site": "note", "cookies": "ok"} == await marks(page, "site", "cookies")


@pytest.mark.parametrize(("sandbox", "mark"), [(ENOUGH, "ok"), (WITHOUT_WINDOWS, "WRONG")])
async def test_a_sandbox_without_windows_is_found(
    visitor: Visitor, annex: Annex, sandbox: str, mark: str
) -> None:
    """Chromium also complains on its console; that is how it should be."""
    page = await visitor.open(annex.write("check", frame(visitor.world, sandbox)))
    await marks(page, "cookies")
    await press(page)
    assert {"window": mark} == await marks(page, "window")
    visitor.troubles = [each for each in visitor.troubles if "Blocked opening" not in each]


async def test_a_sandbox_without_our_origin_is_found(visitor: Visitor, annex: Annex) -> None:
    """Nobody can be signed in there."""
    page = await visitor.open(annex.write("check", frame(visitor.world, "allow-scripts")))
    assert {"sandbox": "WRONG", "cookies": "WRONG"} == await marks(page, "sandbox", "cookies")
    visitor.troubles.clear()


async def test_a_clock_that_is_wrong_is_found(visitor: Visitor, annex: Annex, clock: Clock) -> None:
    """The computer's and the service's are two minutes apart."""
    clock.forward(120)
    page = await visitor.open(annex.write("check", frame(visitor.world)))
    assert {"clock": "note"} == await marks(page, "clock")


async def test_it_tells_a_stranger_nothing_of_ours(visitor: Visitor) -> None:
    """No configured name stands in it."""
    page = await visitor.open(f"{visitor.world.at.widgets}/auth/check")
    said = await page.content()
    hidden = (visitor.world.at.portal, visitor.world.at.identity, "hospital-portal")
    assert [] == [name for name in hidden if name in said]


@pytest_asyncio.fixture(loop_scope="session")
async def far(one_clock: Clock, chromium: Browser) -> AsyncIterator[Visitor]:
    """A person before a portal whose cards come from another site."""
    async with far_hospital(one_clock) as world, Visitor.at(world, chromium) as someone:
        yield someone
