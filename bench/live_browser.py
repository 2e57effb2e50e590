"""python -m bench.live_browser: from an item added in the OA to the row in Chromium, in the demo's portal."""

from __future__ import annotations

import asyncio
import shutil
import time
from datetime import UTC, datetime
from statistics import median
from typing import Final

from playwright.async_api import Page, async_playwright

from demo.people import HAN
from demo.world import World

ARRIVALS: Final = 20
READY: Final = 3.0
"""Seconds in which a card settles and begins to listen."""
PATIENCE: Final = 10_000
"""Milliseconds after which an item that is not there was not brought by a push."""


async def main() -> None:
    async with World.start(None, pushes=True) as world, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = await browser.new_page()
        await page.goto(f"{world.at.portal}/sign-in?next=/")
        await page.locator(f"button[value='{HAN.subject}']").click()
        await asyncio.sleep(READY)
        took = sorted([await _arrival(world, page) for _ in range(ARRIVALS)])
        await browser.close()
    print(
        f"Measured {datetime.now(UTC):%Y-%m-%d} in Chromium {browser.version}: an item is added in the OA → it is"
        f" counted on the card, {ARRIVALS} times, ms: median {median(took):.0f}, most {took[-1]:.0f}"
    )


async def _arrival(world: World, page: Page) -> float:
    """Milliseconds; the OA's own work and its push are part of it."""
    todos = page.locator("#slot-todos iframe").content_frame.locator(".pw[data-widget]")
    begun, number = time.monotonic(), len(world.oa.waiting(HAN)) + 1
    await world.oa.add_urgent(HAN)
    await todos.locator(f".pw-count:has-text('{number}')").first.wait_for(timeout=PATIENCE)
    return (time.monotonic() - begun) * 1000


if __name__ == "__main__":
    asyncio.run(main())
