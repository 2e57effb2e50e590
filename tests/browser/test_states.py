"""Every state of both cards, light and dark, in both languages: no barrier, whatever a person has set up.

Drawn from the samples by the studio's frames, which are the documents of production.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from demo.world import World
from tests.browser.test_accessibility import AXE, RUN, TAGS
from tests.browser.visitor import Visitor, shoot
from widgets.themes.samples import KINDS, STATES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
CARDS: Final = [(name, state) for name in KINDS for state in STATES]
Note = Callable[[str, Any], None]
# WCAG 2.2, 1.4.12: twice the size between paragraphs, 1.5 lines, 0.12 between letters, 0.16 between words.
_SPACED: Final = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`.pw, .pw * { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } .pw p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# A title may be cut after its last line: it stands whole in its link's name. Nothing else may.
_CUT: Final = """() => [...document.querySelectorAll('.pw, .pw *')]
  .filter(each => each.getClientRects().length && !each.closest('.pw-vh, .pw-text, svg'))
  .filter(each => getComputedStyle(each).overflow !== 'visible' && each.scrollHeight > each.clientHeight + 1
    || each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.className + ': ' + each.textContent.trim().slice(0, 30))"""
_SPEAKS: Final = """() => [...document.querySelectorAll('[role=status], [role=alert]:not([hidden]), [aria-live]')]
  .map(each => [each.getAttribute('role'), each.textContent, !!each.closest('.pw-list')])"""


def address(world: World, name: str, state: str, **choices: str) -> str:
    """One state on a page of its own."""
    query = "&".join(f"{key}={value}" for key, value in choices.items())
    return f"{world.at.widgets}/studio/frame/default/{name}/{state}?{query}"


async def barriers(page: Page) -> tuple[list[Any], int]:
    """What axe finds, colours that it could not judge included, and how many rules it passed."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(f"tags => ({RUN})(document, tags)", TAGS)
    unknown = [each for each in found["unknown"] if each[0] == "color-contrast"]
    return [*found["violations"], *unknown], len(found["passes"])


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(visitor: Visitor, scheme: str, lang: str, record_property: Note) -> None:
    """WCAG 2.0 to 2.2, levels A and AA, in all states of both cards; one polite live region, outside the list."""
    page = await visitor.context.new_page()
    rules = 0
    for name, state in CARDS:
        await page.goto(address(visitor.world, name, state, scheme=scheme, lang=lang))
        found, passed = await barriers(page)
        assert [] == found, (name, state)
        assert [["status", "", False]] == await page.evaluate(_SPEAKS), (name, state)
        rules = max(rules, passed)
    record_property("documents", len(CARDS))
    record_property("rules", rules)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_text_may_be_spaced_and_enlarged(visitor: Visitor, lang: str, record_property: Note) -> None:
    """At 320 px, which is 400 % of 1280 (1.4.10), and with the spacing of 1.4.12: nothing cut, nothing sideways."""
    page = await visitor.context.new_page()
    await page.set_viewport_size({"width": 320, "height": 800})
    for name, state in CARDS:
        await page.goto(address(visitor.world, name, state, lang=lang))
        assert [] == await page.evaluate(_CUT), (name, state)
        await page.evaluate(_SPACED)
        assert [] == await page.evaluate(_CUT), (name, state, "spaced")
    await page.goto(address(visitor.world, "todos", "ok", lang=lang))
    await page.evaluate(_SPACED)
    await shoot(page, f"spaced-{lang}")
    record_property("documents", len(CARDS))


async def test_many_words_over_a_veil_leave_the_head_as_it_is(visitor: Visitor) -> None:
    """Whoever is signed out by sign-ins elsewhere is told more: the ground of it does not fade title and refresh."""
    page = await visitor.context.new_page()
    await page.set_viewport_size({"width": 320, "height": 600})
    heads = []
    for state in ("forbidden", "elsewhere"):
        await page.goto(address(visitor.world, "todos", state, scheme="light"))
        heads.append(await page.locator(".pw-head").screenshot(animations="disabled"))
    assert heads[0] == heads[1]


async def test_forced_colours_leave_every_difference(hospital: World, chromium: Browser) -> None:
    """High contrast: tags keep a border, and the very urgent another ground than the urgent."""
    async with Visitor.at(hospital, chromium, forced_colors="active") as visitor:
        page = await visitor.open(address(hospital, "todos", "ok"))
        tags = await page.locator(".pw-tag").evaluate_all(
            """all => all.map(each => { const look = getComputedStyle(each);
              return [each.className, look.borderTopStyle, look.borderTopWidth, look.backgroundColor]; })"""
        )
        assert {("solid", "1px")} == {(style, width) for _, style, width, _ in tags}
        grounds = {kind.split("--")[1]: ground for kind, _, _, ground in tags}
        assert grounds["critical"] != grounds["high"]
        assert [] == (await barriers(page))[0]
        await shoot(page, "forced")


async def test_who_wants_no_motion_gets_none(hospital: World, chromium: Browser) -> None:
    """Neither the skeleton nor anything else moves."""
    async with Visitor.at(hospital, chromium, reduced_motion="reduce") as visitor:
        page = await visitor.open(address(hospital, "todos", "starting"))
        moving = await page.locator(".pw, .pw *").evaluate_all(
            "all => all.filter(each => getComputedStyle(each).animationName !== 'none').length"
        )
        assert 0 == moving


async def test_what_is_printed_is_whole_and_black_on_white(visitor: Visitor) -> None:
    """Also from a dark card: titles not cut, no buttons, no ground that eats ink."""
    page = await visitor.open(address(visitor.world, "todos", "ok", scheme="dark"))
    await page.emulate_media(media="print")
    assert await page.locator(".pw-tools, .pw-pill, .pw-foot > .pw-btn").evaluate_all(
        "all => all.every(each => !each.getClientRects().length)"
    )
    assert await page.locator(".pw-text").evaluate_all(
        "all => all.every(each => each.scrollHeight <= each.clientHeight + 1)"
    )
    look = await page.locator(".pw").evaluate(
        "card => [getComputedStyle(card).color, getComputedStyle(card).backgroundColor]"
    )
    assert ["rgb(26, 35, 48)", "rgb(255, 255, 255)"] == look
    await shoot(page, "print")
