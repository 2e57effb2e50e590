"""What the embed builder writes, pasted as it is: both cards appear in another portal's page, in each way."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page

from demo.people import ZHOU
from demo.places import listening, port
from tests.browser.annex import Annex
from tests.browser.visitor import Visitor, readable, shown, titles, waiting
from widgets.studio.snippets import ESI, PODIUM, SNIPPETS, SSI, TITLES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
IN_PAGES = [each.id for each in SNIPPETS if each not in (PODIUM, ESI, SSI)]
NODE = Path(__file__).parents[1] / "node_modules" / ".embed-code"
"""Where a program of the snippets finds what it imports."""
FRAMED = {each.id for each in SNIPPETS if each.frames}
PATIENCE = 20.0
INCLUDING = """
import ESI from 'nodesi';
const [page, host] = process.argv.slice(2);
process.stdout.write(await new ESI({allowedHosts: [host]}).process(page));
"""


async def code(visitor: Visitor, **form: str) -> str:
    """What the builder shows for this state of its form."""
    query = "&".join(f"{name}={value}" for name, value in form.items())
    page = await visitor.open(f"{visitor.world.at.widgets}/studio/embed?{query}")
    return await page.locator("#code").text_content() or ""


def embedded(page: Page, way: str, name: str) -> Locator:
    """The card of that name, in its frame or in the page."""
    frame = page.locator(f"iframe[title='{TITLES['zh-CN'][name]}']")  # type: ignore[index]
    root = frame.content_frame if way in FRAMED else page.locator(f"portal-widget[name={name}]")
    return root.locator(".pw[data-widget]")


async def both_lists_are_there(visitor: Visitor, page: Page, way: str, rows: int = 6) -> None:
    todos, notices = (
        await shown(embedded(page, way, "todos")),
        await shown(embedded(page, way, "notices")),
    )
    assert waiting(visitor.world, ZHOU, rows) == await titles(todos)
    assert readable(visitor.world, ZHOU, rows) == await titles(notices)


@pytest.mark.parametrize("way", IN_PAGES)
async def test_pasted_code_shows_both_lists(visitor: Visitor, annex: Annex, way: str) -> None:
    """With the look that the form asks for, and a quiet console."""
    html = await code(visitor, way=way, limit="3", scheme="dark", size="compact")
    page = await visitor.come_in(ZHOU, annex.write(way, html))
    await both_lists_are_there(visitor, page, way, rows=3)
    card = embedded(page, way, "todos")
    assert ("dark", "compact") == tuple(
        [await card.get_attribute(f"data-{each}") for each in ("scheme", "size")]
    )


async def test_a_frame_with_the_sandbox_that_the_builder_writes_works(visitor: Visitor, annex: Annex) -> None:
    """The list is there, grows its frame, and an item opens in a tab of its own."""
    html = await code(visitor, way="iframe-script", sandbox="on")
    assert "sandbox=" in html
    page = await visitor.come_in(ZHOU, annex.write("sandboxed", html))
    await both_lists_are_there(visitor, page, "iframe-script")
    async with visitor.context.expect_page() as opened:
        await embedded(page, "iframe-script", "todos").locator("a.pw-link").first.click()
    tab = await opened.value
    await tab.wait_for_url(f"{visitor.world.at.oa}/**")


async def node(program: str, *arguments: str) -> asyncio.subprocess.Process:
    """Runs a program of a portal's server. `*.localhost` is this machine for it too, as it is for browsers."""
    NODE.mkdir(exist_ok=True)
    (NODE / "program.mjs").write_text(program, "utf-8")
    (NODE / "localhost.cjs").write_text(
        "const dns = require('dns'), lookup = dns.lookup;\n"
        "dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);\n"
    )
    found = shutil.which("node")
    assert found, "Node 20+ and `npm ci` in tests/ are needed"
    command = ("--require", str(NODE / "localhost.cjs"), str(NODE / "program.mjs"), *arguments)
    return await asyncio.create_subprocess_exec(found, *command, stdout=asyncio.subprocess.PIPE)


async def test_a_podium_layout_shows_both_lists(visitor: Visitor, annex: Annex) -> None:
    """The program that the builder writes, run with the real layout server; its page in the portal."""
    with listening(0) as place:
        free = str(port(place))
    program = (await code(visitor, way="podium", limit="3")).replace(
        "7000", f"{free}, () => console.log('ready')"
    )
    process = await node(program)
    try:
        assert process.stdout
        assert b"ready\n" == await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        html = await (await visitor.context.request.get(f"http://127.0.0.1:{free}/")).text()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    assert 'data-state="signed-out"' in html
    page = await visitor.come_in(ZHOU, annex.write("podium", html))
    await both_lists_are_there(visitor, page, "podium", rows=3)


async def test_edge_side_includes_show_both_lists(visitor: Visitor, annex: Annex) -> None:
    """The includes that the builder writes, put together by a real processor."""
    html = await code(visitor, way="esi", limit="3", size="compact")
    process = await node(INCLUDING, html, visitor.world.at.widgets)
    told, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert b"esi:include" not in told
    page = await visitor.come_in(ZHOU, annex.write("esi", told.decode()))
    await both_lists_are_there(visitor, page, "esi", rows=3)
