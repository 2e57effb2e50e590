"""Takes the pictures of docs/images from the demo hospital, in a real browser: `make pictures`.

They are taken anew when something visible has changed; nobody draws or cuts one by hand. Where the demo's own lists
are shown, times and dates are those of the day.
"""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from demo.people import ZHOU
from demo.world import World
from tests.browser.visitor import Visitor, card, shown
from widgets.themes.samples import STATES

HERE: Final = Path(__file__).parents[1] / "docs" / "images"
BASE: Final = 9400
"""Addresses stand in the pictures, so they are the same each time."""
SETTLED: Final = 1500
"""Milliseconds until frames have their heights and the check of a theme is done."""
WALL: Final = """
  .top, .rail, .knobs, .words, .wall h2, .extra { display: none !important; }
  .room { display: block; } .desk { border: 0; } .wall { display: block; columns: 5; column-gap: 24px; padding: 24px; }
  .wall figure { break-inside: avoid; margin: 0 0 20px; }
"""
_DRESS: Final = """([text, states]) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [sheet];
  for (const figure of document.querySelectorAll('figure'))
    figure.classList.toggle('extra', !states.includes(figure.querySelector('small').textContent));
  for (const frame of document.querySelectorAll('iframe')) frame.loading = 'eager';
}"""
SLIPS: Final = """<!doctype html><html><head>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' {widgets}">
<meta name="renderer" content="ie-comp"><style>html {{ font-size: 62.5% }} * {{ box-sizing: content-box }}
#portal .col ul li a {{ color: #0a0; font-size: 22px }} p, li {{ line-height: 2 !important }}</style></head>
<body><div id="portal"><iframe src="{widgets}/widgets/todos" sandbox="allow-scripts allow-same-origin"></iframe></div>
<script src="{widgets}/embed.js" defer></script></body></html>"""
"""A portal's page with five mistakes."""


def keep(name: str, pictures: Sequence[bytes], scale: float = 1.0) -> None:
    """One picture below the other, in 256 colours."""
    each = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    whole = Image.new("RGB", (max(one.width for one in each), sum(one.height for one in each)), "white")
    top = 0
    for one in each:
        whole.paste(one, (0, top))
        top += one.height
    size = round(whole.width * scale), round(whole.height * scale)
    whole = whole.resize(size, Image.Resampling.LANCZOS)
    # The usual palette, made of what is frequent, turns 紧急's orange bar red; this one is made of what differs,
    # and then moved to what is there: grounds keep their colour.
    few = whole.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(HERE / f"{name}.png", optimize=True)


async def states(visitor: Visitor) -> None:
    """Both cards in every state and where they say why, light and Chinese; to-dos in English in the dark."""
    page = await visitor.context.new_page()
    await page.set_viewport_size({"width": 1848, "height": 900})
    pictures = []
    for query, walls in (("scheme=light", 2), ("scheme=dark&lang=en&ui=en", 1)):
        await page.goto(f"{visitor.world.at.widgets}/studio?theme=default&w=336&{query}")
        await page.evaluate(_DRESS, [WALL, [*STATES, "elsewhere", "unchecked"]])
        await page.wait_for_timeout(3 * SETTLED)
        pictures += [await page.locator(".wall").nth(n).screenshot() for n in range(walls)]
    keep("states", pictures, 0.7)


async def studio(visitor: Visitor) -> None:
    """One state on the stage; the embed builder; the embed doctor before a page with mistakes."""
    at = visitor.world.at
    await view(visitor, "studio", "/studio/hospital/todos/partial?scheme=light", 760)
    await view(visitor, "embed", "/studio/embed?limit=4", 860)
    page = await visitor.open(f"{at.widgets}/studio/doctor")
    await page.locator("[name=page]").fill(SLIPS.format(widgets=at.widgets))
    await page.locator("[name=address]").fill(f"{at.portal}/")
    await page.get_by_role("button", name="诊断").last.click()
    await page.locator(".findings li").first.wait_for()
    keep("doctor", [await picture(page, 800)])


async def view(visitor: Visitor, name: str, address: str, height: int) -> None:
    page = await visitor.open(visitor.world.at.widgets + address)
    await page.wait_for_timeout(3 * SETTLED)
    keep(name, [await picture(page, height)])


async def picture(page: Page, height: int) -> bytes:
    await page.set_viewport_size({"width": 1280, "height": height})
    return await page.screenshot(animations="disabled")


async def aids(visitor: Visitor) -> None:
    """The same card for whoever uses a contrast theme, prints, spaces text out, or sees no red."""
    row = Image.new("RGB", (4 * 360 + 5 * 24, 640), "#f4f6f9")
    for n, query in enumerate(("aid=forced", "aid=print", "aid=spacing", "vision=protan")):
        page = await visitor.open(f"{visitor.world.at.widgets}/studio/default/todos/ok?scheme=light&{query}")
        await page.wait_for_timeout(SETTLED)
        taken = Image.open(io.BytesIO(await page.locator("iframe").screenshot()))
        row.paste(taken, (24 + n * 384, 24))
    made = io.BytesIO()
    row.save(made, "PNG")
    keep("aids", [made.getvalue()], 0.75)


async def portal(world: World, chromium: Browser) -> None:
    """The portal with both cards, for somebody with a full list."""
    async with Visitor.at(
        world, chromium, viewport={"width": 1280, "height": 800}, device_scale_factor=1.5
    ) as visitor:
        page = await visitor.sign_in(ZHOU)
        for name in ("todos", "notices"):
            await shown(card(page, name))
        await page.wait_for_timeout(SETTLED)
        keep("portal", [await page.screenshot(animations="disabled")])


async def main() -> None:
    async with World.start(BASE) as world, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        await portal(world, chromium)
        async with Visitor.at(world, chromium, color_scheme="light") as visitor:
            await states(visitor)
            await studio(visitor)
            await aids(visitor)
        await chromium.close()


if __name__ == "__main__":
    asyncio.run(main())
