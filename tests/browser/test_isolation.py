"""Styles leak neither way: a portal's rules do not reach the card, and the card's do not reach the portal."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from playwright.async_api import Page, Route

from demo.people import ZHOU
from demo.ways import ELEMENT, HTMX2, Way
from tests.browser.annex import Annex
from tests.browser.visitor import Visitor, card, shoot, shown
from widgets.studio import snippets

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
Look = dict[str, dict[str, str]]
HOSTILE = """<style>
html { font-size: 62.5%; }
body { font: italic 700 22px/3 SimSun, serif; color: #f0f; letter-spacing: 2px; word-spacing: 4px; text-indent: 3em;
  text-transform: uppercase; text-align: right; white-space: pre; cursor: wait; list-style: square; }
#slot-todos a, a:link { color: red; text-decoration: underline; font-size: 30px; padding: 9px; border: 3px solid red; }
h1, h2, h3 { font: 40px/2 serif; color: red; margin: 30px; border-bottom: 5px solid red; text-transform: uppercase; }
ul, ol { margin: 40px; padding: 40px; list-style: square; background: yellow; }
li { float: left; width: 33%; margin: 8px; background: yellow; list-style: square; }
button { background: red; color: yellow; border: 4px dotted; padding: 20px; font: 30px serif; border-radius: 20px; }
section { margin: 50px; padding: 50px; background: yellow; border: 9px solid red; display: flex; }
svg { width: 90px; height: 90px; fill: red; stroke: yellow; display: inline; }
span, time, p, b, i { color: red; background: yellow; font-size: 28px; letter-spacing: 5px; display: block; }
.card, .title, .head, .list, .pw-title, .pw-item, .pw-link, .pw-btn, .pw { color: red; border: 5px solid red; }
[class*=pw], [id*=pw], [data-widget] { opacity: .5; transform: rotate(2deg); font-size: 33px; }
#portal #slot-todos ul li a { color: lime; display: inline-block; min-height: 60px; }
* { box-sizing: content-box; }
p, .pw-head { margin: 7px !important; color: red !important; }
#slot-todos, #slot-todos div { width: 640px; padding: 0; margin: 0; border: 0; }
</style>"""
EVERYTHING = """<style>
* { margin: 0; padding: 0; box-sizing: content-box; font-family: SimSun; font-size: 12px; line-height: 1; color: #f0f;
  letter-spacing: 2px; word-spacing: 4px; text-transform: uppercase; text-indent: 2em; text-align: right; cursor: wait;
  white-space: nowrap; list-style: square; }
#slot-todos, #slot-todos div { width: 640px; }
</style>"""
CLEAN = "<style>#slot-todos { width: 640px; }</style>"
IN_PAGE = replace(ELEMENT, snippet=snippets.ELEMENT_IN_PAGE)
_LOOK = """root => {
  const seen = {};
  const take = (element, pseudo, at) => {
    const style = getComputedStyle(element, pseudo), values = {};
    if (pseudo && style.content === 'none') return;
    for (const name of style) values[name] = style.getPropertyValue(name);
    seen[at + (pseudo || '')] = values;
  };
  [...root.querySelectorAll('*')].filter(element => !(SKIPPED)).forEach((element, number) => {
    for (const pseudo of [null, '::before', '::after'])
      take(element, pseudo, number + ' ' + element.localName);
  });
  return JSON.stringify(seen);
}"""
IN_CARD = _LOOK.replace("SKIPPED", "element.localName === 'style'")
AROUND = _LOOK.replace("SKIPPED", "element.closest('head, [hx-get]')")


async def looks_in_the_card(page: Page) -> Look:
    """Every computed property of every element in the card's shadow root, before and after included."""
    root = await card(page).evaluate_handle("section => section.getRootNode()")
    return parsed(await root.evaluate(IN_CARD))


def parsed(told: str) -> Look:
    """A string passes through Playwright at once, and a tree of objects node by node."""
    found: Look = json.loads(told)
    return found


def differences(one: Look, other: Look) -> dict[str, dict[str, tuple[str, str]]]:
    """What is not the same, by element and property."""
    assert list(one) == list(other)
    found = {
        at: {name: (value, other[at][name]) for name, value in values.items() if value != other[at][name]}
        for at, values in one.items()
    }
    return {at: values for at, values in found.items() if values}


def written(visitor: Visitor, way: Way, style: str) -> str:
    """A portal page with the to-do card in it, and that style sheet."""
    at = visitor.world.at
    head = way.head_for(at.widgets).replace('src="/htmx', f'src="{at.portal}/htmx')
    body = way.body_for(at.widgets, "todos", scheme="light")
    return f'{head}{style}<div id="portal"><div id="slot-todos">{body}</div></div>'


@pytest.mark.parametrize("way", [HTMX2, IN_PAGE], ids=["htmx", "element"])
@pytest.mark.parametrize("style", [HOSTILE, EVERYTHING], ids=["elements", "everything"])
async def test_no_rule_of_the_portal_reaches_the_card(
    visitor: Visitor, annex: Annex, style: str, way: Way
) -> None:
    """Every computed property of every element is what it is on a clean page of the same width."""
    await visitor.come_in(ZHOU)
    clean = await visitor.open(annex.write("clean", written(visitor, way, CLEAN)))
    await shown(card(clean))
    hostile = await visitor.open(annex.write("hostile", written(visitor, way, style)))
    await shown(card(hostile))
    await shoot(hostile, f"hostile-{len(style)}")
    expected = await looks_in_the_card(clean)
    assert len(expected) > 80
    assert {} == differences(expected, await looks_in_the_card(hostile))


# The same card with the same styles, but for the root.
_BARE = """section => {
  const root = section.getRootNode(), host = root.host, sheet = root.adoptedStyleSheets[0];
  document.adoptedStyleSheets = [sheet];
  host.replaceWith(...root.childNodes);
}"""


async def test_without_a_shadow_root_the_portal_would_reach_in(visitor: Visitor, annex: Annex) -> None:
    """What the other test finds nothing of is there to be found: why there is no card without a root."""
    await visitor.come_in(ZHOU)
    looks = []
    for style in (CLEAN, HOSTILE):
        page = await visitor.open(annex.write(f"bare-{len(style)}", written(visitor, HTMX2, style)))
        await shown(card(page))
        await card(page).evaluate(_BARE)
        looks.append(parsed(await page.locator("#slot-todos").evaluate(IN_CARD)))
    changed = differences(*looks)
    assert sum(map(len, changed.values())) > 1000


@pytest.mark.parametrize("way", ["/htmx2", "/htmx4"])
async def test_the_card_changes_nothing_outside_itself(visitor: Visitor, way: str) -> None:
    """Every computed property of every other element of the page is the same before the card came and after."""
    await visitor.come_in(ZHOU)
    arrives = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await visitor.context.route(f"{visitor.world.at.widgets}/widgets/*", hold)
    page = await visitor.open(way)
    await page.add_style_tag(content=".col { height: 700px; overflow: hidden }")
    before = parsed(await page.locator("html").evaluate(AROUND))
    assert len(before) > 200
    arrives.set()
    await shown(card(page))
    await shown(card(page, "notices"))
    assert {} == differences(before, parsed(await page.locator("html").evaluate(AROUND)))
