"""Everything with the keyboard alone, and the focus always to be seen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from demo.people import HAN
from tests.browser.visitor import Visitor, card, row, shown, waiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
STEPS = 80
"""More presses of Tab than any page here needs."""

_HELD = """element => {
  const inside = element.getRootNode().activeElement;
  if (!inside || !element.contains(inside)) return null;
  const ring = getComputedStyle(inside, inside.matches('.pw-link') ? '::after' : null);
  return {id: inside.id || inside.closest('[id]').id, text: inside.innerText,
    ring: [ring.outlineStyle, ring.outlineWidth], colour: ring.outlineColor,
    ground: getComputedStyle(element).backgroundColor};
}"""


async def focus(found: Locator) -> dict[str, Any] | None:
    """What of the card has the focus, and the ring around it."""
    held: dict[str, Any] | None = await found.evaluate(_HELD)
    return held


async def tab_into(page: Page, found: Locator) -> dict[str, Any]:
    """Presses Tab until the card has the focus."""
    for _ in range(STEPS):
        await page.keyboard.press("Tab")
        if held := await focus(found):
            return held
    raise AssertionError("Tab never reaches the card")


async def tab_to(page: Page, found: Locator, wanted: str) -> dict[str, Any]:
    """Presses Tab until that element of the card, by its id or its words, has the focus."""
    for _ in range(STEPS):
        held = await next_stop(page, found)
        if held and wanted in (held["id"], held["text"].strip()):
            return held
    raise AssertionError(f"Tab never reaches {wanted}")


async def walk(page: Page, found: Locator) -> list[dict[str, Any]]:
    """Every stop that Tab makes in the card, in order."""
    stops = [await tab_into(page, found)]
    while held := await next_stop(page, found):
        stops.append(held)
        assert len(stops) < STEPS, "Tab never leaves the card"
    return stops


async def next_stop(page: Page, found: Locator) -> dict[str, Any] | None:
    await page.keyboard.press("Tab")
    return await focus(found)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance, of a computed `rgb(…)`."""
    parts = [int(float(part)) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_sign_in_and_open_an_item_without_a_mouse(visitor: Visitor, way: str) -> None:
    """Tab to the button, Enter, choose, back at the card Tab to the first row, Enter: the item is open."""
    page = await visitor.open(way)
    todos = await shown(card(page), "signed-out")
    button = await tab_to(page, todos, "登录")
    assert ["solid", "2px"] == button["ring"]
    async with visitor.context.expect_page() as opened:
        await page.keyboard.press("Enter")
    tab = await opened.value
    await tab.locator(f"button[value='{HAN.subject}']").focus()
    async with tab.expect_event("close"):
        await tab.keyboard.press("Enter")
    await shown(todos)
    first = await row(todos, waiting(visitor.world, HAN)[0]).get_attribute("id")
    assert first
    await tab_to(page, todos, first)
    async with visitor.context.expect_page() as opened:
        await page.keyboard.press("Enter")
    item = await opened.value
    await expect(item.get_by_role("heading", name=waiting(visitor.world, HAN)[0])).to_be_visible()


@pytest.mark.parametrize("way", ["/", "/htmx2", "alone"])
async def test_tab_goes_from_refresh_over_all_and_the_rows_to_pause(visitor: Visitor, way: str) -> None:
    """In the order in which the card is read, with nothing left out and nothing twice."""
    alone = way == "alone"
    page = await visitor.come_in(HAN, f"{visitor.world.at.widgets}/widgets/todos" if alone else way)
    todos = await shown(card(page))
    rows = await todos.locator(".pw-item").evaluate_all("all => all.map(each => each.id)")
    leave = ["pw-todos-q"] if alone else []
    expected = ["pw-todos-r", "pw-todos-a", *rows, "pw-todos-p", *leave]
    assert expected == [stop["id"] for stop in await walk(page, todos)]


@pytest.mark.parametrize(("way", "scheme"), [("/", "light"), ("/htmx2", "dark")])
async def test_the_focus_is_always_to_be_seen(visitor: Visitor, way: str, scheme: str) -> None:
    """A solid ring of at least 2 px around link and button alike, 3:1 against the card (WCAG 2.2, 2.4.7 and 1.4.11)."""
    page = await visitor.come_in(HAN, f"{way}?scheme={scheme}")
    todos = await shown(card(page))
    for stop in await walk(page, todos):
        assert ["solid", "2px"] == stop["ring"], stop
        assert contrast(stop["colour"], stop["ground"]) >= 3, stop
