"""Old Chromium, from the floor up: every state as in today's, quiet refreshes, no script error."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from demo.people import HAN
from demo.world import World
from tests.browser.annex import Annex
from tests.browser.kernel import Kernel, Tab
from tests.browser.remote import until
from tests.browser.visitor import Clock, waiting
from widgets.themes.samples import KINDS, STATES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
KERNELS = (78, 90, 109)
WIDTHS = (320, 640)
NEAR = 2
"""Pixels that kernels may round and break lines apart."""
Places = dict[str, list[float]]

# Everything that can be seen, and where: by its place in the tree, as ids and classes are the same anyhow.
_PLACES = """async () => {
  const card = document.querySelector('.pw'), fits = () => {
    const wide = card.clientWidth;
    return card.getAttribute('data-w') === (wide < 300 ? 'xs' : wide < 480 ? 's' : 'm');
  };
  for (let turn = 0; !fits() && turn < 100; turn++) await new Promise(go => setTimeout(go, 20));
  return JSON.stringify(Object.fromEntries([...document.querySelectorAll('.pw, .pw *')]
  .map((element, number) => [element, number, element.getBoundingClientRect()])
  .filter(([element, , box]) => box.width && !element.closest('svg, .pw-vh, .pw-meta, time'))
  .map(([element, number, box]) => [number + ' ' + element.localName + '.' + element.className,
    [box.left, box.top, box.right, box.bottom]])));
}"""
_SPACED = "document.querySelector('.pw').style.textSpacingTrim = 'space-all'"
"""Since 123 two Chinese stops in a row are set more tightly, and lines break elsewhere."""
FRAGMENT = """<script src="{widgets}/embed.js" defer></script>
<portal-widget name="todos" mode="fragment"><a href="/">打开待办</a></portal-widget>"""
FRAME = """<script src="{widgets}/embed.js" defer></script>
<iframe src="{widgets}/widgets/todos" width="640" height="100"></iframe>"""
TITLES = "[...{root}.querySelectorAll('.pw-text')].map(each => each.title).join('|')"
FOCUSED = "{root}.activeElement && {root}.activeElement.mine === true"


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=KERNELS)
async def started(request: pytest.FixtureRequest, door: object) -> AsyncIterator[Kernel]:
    async with Kernel.open(request.param) as kernel:
        yield kernel


@pytest_asyncio.fixture(loop_scope="session")
async def kernel(started: Kernel) -> AsyncIterator[Kernel]:
    """An old browser with nobody signed in. Whatever its console complains about fails the test."""
    started.troubles.clear()
    yield started
    assert [] == started.troubles


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def today(chromium: Browser, running_hospital: World) -> dict[tuple[str, int], Places]:
    """Where everything stands in today's Chromium, by address and width."""
    page = await chromium.new_page()
    found = {}
    for address in addresses(running_hospital):
        await page.goto(address)
        await page.evaluate(_SPACED)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            found[address, width] = json.loads(await page.evaluate(_PLACES))
    await page.close()
    return found


def addresses(world: World) -> list[str]:
    """Every state of both widgets, as the studio's frames show it."""
    return [
        f"{world.at.widgets}/studio/frame/default/{name}/{state}?scheme=light&lang=zh-CN"
        for name in KINDS
        for state in STATES
    ]


def moved(expected: Places, found: Places) -> dict[str, Any]:
    """What stands elsewhere."""
    assert expected.keys() == found.keys()
    return {
        name: (box, found[name])
        for name, box in expected.items()
        if any(abs(one - other) > NEAR for one, other in zip(box, found[name], strict=True))
    }


async def test_every_state_stands_as_in_todays_chromium(
    kernel: Kernel, hospital: World, today: dict[tuple[str, int], Places]
) -> None:
    """Each visible part of both cards, in every state, narrow and wide: nowhere more than two pixels off."""
    tab = await kernel.page("about:blank#first", 640)
    for address in addresses(hospital):
        await tab.go(address)
        for width in WIDTHS:
            await tab.resize(width)
            found = json.loads(await tab.run(f"({_PLACES})()"))
            assert {} == moved(today[address, width], found), (address, width)
            assert await tab.run("document.documentElement.scrollWidth <= innerWidth"), (address, width)
    await tab.close()


async def signed_in(kernel: Kernel, world: World) -> Tab:
    """HAN, who chose herself at the centre unless this browser has done so before."""
    tab = await kernel.page(f"{world.at.widgets}/auth/login")
    if await tab.run("!location.pathname.startsWith('/auth/done')"):
        await tab.run(f"document.querySelector(\"button[value='{HAN.subject}']\").click()")
        await until(lambda: tab.run("location.pathname.startsWith('/auth/done')"))
    return tab


@pytest.mark.parametrize("way", ["document", "fragment"])
async def test_a_refresh_keeps_the_focus(
    kernel: Kernel, hospital: World, clock: Clock, annex: Annex, way: str
) -> None:
    """New words appear around it; a new row is offered and waits; pressed, it stands first."""
    tab = await signed_in(kernel, hospital)
    at = hospital.at.widgets
    alone = way == "document"
    await tab.go(f"{at}/widgets/todos" if alone else annex.write("old", FRAGMENT.replace("{widgets}", at)))
    root = "document" if alone else "document.querySelector('portal-widget').shadowRoot"
    titles, focused = TITLES.format(root=root), FOCUSED.format(root=root)

    async def shows(expected: list[str]) -> bool:
        return "|".join(expected) == await tab.run(titles)

    await until(lambda: shows(waiting(hospital, HAN)))
    await tab.run(f"(link => {{ link.focus(); link.mine = true; }})({root}.querySelectorAll('a.pw-link')[1])")
    hospital.oa.waiting(HAN)[0].title = "改过的标题"
    clock.minute()
    await tab.run("portalWidgets.wake()")
    await until(lambda: shows(waiting(hospital, HAN)))
    assert await tab.run(focused)
    before = waiting(hospital, HAN)
    await hospital.oa.add_urgent(HAN)
    clock.minute()
    await tab.run("portalWidgets.wake()")
    await until(lambda: tab.run(f"!{root}.querySelector('[data-pw-show]').hidden"))
    assert await shows(before) and await tab.run(focused)
    await tab.run(f"{root}.querySelector('[data-pw-show]').click()")
    assert await shows(waiting(hospital, HAN))
    await tab.close()


async def test_a_frame_takes_the_height_of_its_card(kernel: Kernel, hospital: World, annex: Annex) -> None:
    """The loader runs, and the frame speaks to it."""
    tab = await signed_in(kernel, hospital)
    await tab.go(annex.write("frame", FRAME.replace("{widgets}", hospital.at.widgets)))
    await until(lambda: tab.run("document.querySelector('iframe').clientHeight > 200"))
    await tab.close()
