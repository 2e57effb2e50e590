"""axe-core finds nothing in any state: WCAG 2.0 to 2.2, levels A and AA, light and dark, both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Frame, Locator, Page, expect

from demo.people import GU, HAN, WEN, XU, ZHOU, Person
from tests.browser.visitor import Clock, Visitor, card, shoot, shown

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
AXE: Final = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The whole row is a link's ::after, and without this word axe gives every colour beneath it up as unknowable.
RUN: Final = """(root, tags) => axe.run(root, {
  runOnly: {type: 'tag', values: tags},
  checks: {'color-contrast': {options: {ignorePseudo: true}}},
}).then(({violations, incomplete, passes}) => ({
  violations: violations.map(each => [each.id, ...each.nodes.map(node => node.target.join(' ') + node.failureSummary)]),
  unknown: incomplete.map(each => [each.id, ...each.nodes.map(node => node.target.join(' '))]),
  passes: passes.map(each => each.id),
}))"""
STATES: Final[dict[str, tuple[Person, str]]] = {
    "ok": (ZHOU, "todos"),
    "notices": (ZHOU, "notices"),
    "empty": (HAN, "todos"),
    "stale": (ZHOU, "todos"),
    "failed": (WEN, "todos"),
    "forbidden": (XU, "todos"),
    "starting": (GU, "todos"),
    "not-configured": (GU, "todos"),
}


async def assert_accessible(page: Page | Frame, root: Locator | None = None) -> None:
    """Axe finds nothing in a document, or in one element of it, and has judged every colour."""
    await page.evaluate(AXE.read_text())
    element = await (root or page.locator("html")).element_handle()
    found = await page.evaluate(f"([root, tags]) => ({RUN})(root, tags)", [element, TAGS])
    assert [] == found["violations"]
    assert "color-contrast" not in [each[0] for each in found["unknown"]], found["unknown"]
    assert "color-contrast" in found["passes"]


async def card_in(state: str, visitor: Visitor, clock: Clock, query: str) -> Page:
    """A stand-alone card that has come into this state."""
    person, name = STATES[state]
    oa = visitor.world.oa
    if state == "empty":
        oa.waiting(person).clear()
    if state == "starting":
        oa.mode, oa.delay = "slow", 4.5
    campus = "east" if state == "not-configured" else "main"
    page = await visitor.come_in(person, f"{visitor.world.at.widgets}/widgets/{name}?campus={campus}&{query}")
    if state == "stale":
        oa.mode = "down"
        clock.minute()
        await page.reload()
    if state == "failed":
        await expect(card(page)).to_have_attribute("data-state", "failed")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
async def test_a_card_has_no_barrier(visitor: Visitor, clock: Clock, state: str, scheme: str) -> None:
    """Not in this state, in Chinese."""
    page = await card_in(state, visitor, clock, f"scheme={scheme}")
    await shown(card(page), "ok" if state == "notices" else state)
    await assert_accessible(page)
    await shoot(page, f"{state}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_sign_in_card_has_no_barrier(visitor: Visitor, scheme: str) -> None:
    """Nobody is signed in."""
    page = await visitor.open(f"{visitor.world.at.widgets}/widgets/todos?scheme={scheme}")
    await shown(card(page), "signed-out")
    await assert_accessible(page)
    await shoot(page, f"signed-out-{scheme}")


async def test_the_english_card_has_no_barrier(visitor: Visitor, clock: Clock) -> None:
    """The same list under English words: the page says which language it is in."""
    page = await card_in("ok", visitor, clock, "lang=en")
    await shown(card(page))
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await assert_accessible(page)
    await shoot(page, "english-light")


async def test_a_card_in_a_narrow_column_has_no_barrier(visitor: Visitor, clock: Clock) -> None:
    """320 px wide, which is also what 400 % of zoom leaves (WCAG 1.4.10): no barrier, nothing to scroll sideways."""
    page = await card_in("ok", visitor, clock, "")
    await page.set_viewport_size({"width": 320, "height": 800})
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_the_cards_bring_no_barrier_to_the_portal(visitor: Visitor, way: str) -> None:
    """Embedded, both cards pass where they stand, frames and shadow roots included."""
    page = await visitor.come_in(ZHOU, way)
    for name in ("todos", "notices"):
        await shown(card(page, name))
        if way == "/":
            frame = next(each for each in page.frames if f"/widgets/{name}" in each.url)
            await assert_accessible(frame)
        else:
            await assert_accessible(page, page.locator(f"#slot-{name}"))
