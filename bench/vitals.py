"""What a person with a slow line and an old machine waits for: largest paint and layout shift, in card and portal.

    python -m bench.vitals

Chromium with an empty cache each time, throttled by its own developer tools; the service is not.
"""

from __future__ import annotations

import asyncio
import shutil
from statistics import median
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright

from demo.people import ZHOU
from demo.world import World

ROUNDS: Final = 5
LINES: Final = {
    "10 Mbit/s, 20 ms, CPU ÷ 4": (10_000_000 / 8, 20, 4, 800),
    "10 Mbit/s, 20 ms, CPU ÷ 6": (10_000_000 / 8, 20, 6, 1200),
    "1.6 Mbit/s, 150 ms, CPU ÷ 4": (1_600_000 / 8, 150, 4, 1800),
}
"""Bytes a second, milliseconds, how many times slower the processor, and the most that a paint may take."""
SHIFT: Final = 0.01
_WATCH: Final = """() => {
  window.seen = {shift: 0, paint: 0};
  const watch = (type, hear) => new PerformanceObserver(list => list.getEntries().forEach(hear))
    .observe({type, buffered: true});
  watch('layout-shift', each => { if (!each.hadRecentInput) window.seen.shift += each.value; });
  watch('largest-contentful-paint', each => { window.seen.paint = each.startTime; });
}"""


async def throttled(page: Page, rate: float, latency: int, slower: int) -> None:
    """From the next request on."""
    tools = await page.context.new_cdp_session(page)
    line = {"offline": False, "latency": latency, "downloadThroughput": rate, "uploadThroughput": rate}
    await tools.send("Network.enable")
    await tools.send("Network.emulateNetworkConditions", line)
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})


async def seen(
    browser: Browser, cookies: Any, address: str, line: tuple[float, int, int, int]
) -> dict[str, Any]:
    """One load with an empty cache; what is seen two seconds after the list is there."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    await context.add_cookies(cookies)
    await context.add_init_script(f"({_WATCH})()")
    page = await context.new_page()
    await throttled(page, *line[:3])
    await page.goto(address, wait_until="load")
    async with asyncio.timeout(30):
        while not any([await frame.locator(".pw-item").count() for frame in page.frames]):
            await page.wait_for_timeout(100)
    await page.wait_for_timeout(2000)
    found: dict[str, Any] = await page.evaluate("window.seen")
    await context.close()
    return found


async def signed_in(browser: Browser, world: World) -> Any:
    """The cookies of somebody with a full list."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{world.at.widgets}/auth/login")
    await page.locator(f"button[value='{ZHOU.subject}']").click()
    await page.wait_for_url(f"{world.at.widgets}/auth/done")
    cookies = await context.cookies()
    await context.close()
    return cookies


async def main() -> None:
    """The table."""
    async with World.start(None) as world, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        cookies = await signed_in(browser, world)
        places = {
            "card by itself": f"{world.at.widgets}/widgets/todos",
            "portal, two frames": f"{world.at.portal}/",
            "portal, `<portal-widget>`": f"{world.at.portal}/element",
            "portal, HTMX 2": f"{world.at.portal}/htmx2",
            "portal, HTMX 4": f"{world.at.portal}/htmx4",
        }
        print("| line and processor | page | largest paint ms | at most | layout shift | at most |")
        print("| --- | --- | --: | --: | --: | --: |")
        for name, line in LINES.items():
            for place, address in places.items():
                rounds = [await seen(browser, cookies, address, line) for _ in range(ROUNDS)]
                paint, shift = (median(each[what] for each in rounds) for what in ("paint", "shift"))
                most = line[3] if place == "card by itself" else "–"
                print(f"| {name} | {place} | {paint:.0f} | {most} | {shift:.4f} | {SHIFT} |", flush=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
