"""One person at one real browser: a profile of their own, and a note of everything that went wrong in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Cookie,
    Locator,
    Page,
    Response,
    expect,
)
from redis import Redis

from demo.people import Person
from demo.world import World

SHOTS: Final = os.environ.get("PW_SHOTS")
"""Folder for pictures of every state visited; unset: none are taken."""
WIDTHS: Final = (360, 640)
Wallet = dict[Person, list[Cookie]]
RANK: Final = {"2": 0, "1": 1, "0": 2}
FRAMED: Final = ("/", "/iframe-plain", "/element")
"""The portal's pages whose cards stand in frames; on the others they stand in shadow roots."""

# Headless Chromium never hides a tab, so the page is told so by the same two properties and the same event.
_LOOK = """hidden => {
  const state = {hidden, visibilityState: hidden ? 'hidden' : 'visible'};
  for (const name in state) Object.defineProperty(document, name, {configurable: true, get: () => state[name]});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@dataclass(slots=True)
class Clock:
    """The service's clock, which tests put forward instead of waiting."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)

    def minute(self) -> None:
        """Long enough for a list to be asked for again."""
        self.forward(73)


@dataclass
class Visitor:
    """A browser profile with nobody signed in yet. Not slotted: Playwright notes bound methods on it."""

    world: World
    context: BrowserContext
    troubles: list[str] = field(default_factory=list)
    """Errors and warnings of the console, uncaught exceptions, refused resources. A test takes out what it expects."""
    wallet: Wallet = field(default_factory=dict)
    """Cookies of people who have signed in before; shared by the browsers of one hospital."""
    answers: list[Response] = field(default_factory=list)
    """Every answer of the widget service so far."""

    @classmethod
    @asynccontextmanager
    async def at(
        cls, world: World, chromium: Browser, wallet: Wallet | None = None, **options: Any
    ) -> AsyncIterator[Visitor]:
        """A fresh profile; leaving without an exception asserts that nothing went wrong in it."""
        context = await chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(20_000)
        someone = cls(world, context, wallet=wallet if wallet is not None else {})
        context.on("console", someone._heard)
        context.on("weberror", lambda error: someone.troubles.append(f"uncaught: {error.error}"))
        context.on("response", someone._answered)
        try:
            yield someone
            assert not someone.troubles, "\n".join(someone.troubles)
        finally:
            await context.close()

    def _heard(self, said: ConsoleMessage) -> None:
        # Browsers ask every site for a favicon, and the demo's sites have none. A page that is looked at again opens
        # its stream of wake-ups, and learns only by the answer that nobody is signed in any more.
        address = said.location["url"]
        told = address.endswith("/favicon.ico") or (
            address.endswith("/widgets/events") and " 401 " in said.text
        )
        if said.type in ("error", "warning", "assert") and not told:
            self.troubles.append(f"{said.type}: {said.text}")

    def _answered(self, answer: Response) -> None:
        if answer.url.startswith(self.world.at.widgets):
            self.answers.append(answer)

    def looks(self) -> list[int]:
        """Status codes of the refreshes that the cards made by themselves."""
        return [answer.status for answer in self.answers if "as=fragment&v=" in answer.url]

    async def open(self, address: str = "/") -> Page:
        """A page of the portal, or any absolute address, in a new tab."""
        page = await self.context.new_page()
        await page.goto(address if "://" in address else self.world.at.portal + address)
        return page

    async def sign_in(self, person: Person, way: str = "/") -> Page:
        """Signs in at the portal, whose page then holds the cards, embedded that way."""
        page = await self.open(f"/sign-in?next={way}")
        await page.locator(f"button[value='{person.subject}']").click()
        await page.wait_for_url(self.world.at.portal + way)
        return page

    async def come_in(self, person: Person, address: str = "/") -> Page:
        """Opens a page in a browser where this person signed in earlier today."""
        if person not in self.wallet:
            assert self.context.browser
            async with Visitor.at(self.world, self.context.browser) as earlier:
                page = await earlier.open(f"{self.world.at.widgets}/auth/login")
                await page.locator(f"button[value='{person.subject}']").click()
                await page.wait_for_url(f"{self.world.at.widgets}/auth/done")
                self.wallet[person] = await earlier.context.cookies()
        await self.context.add_cookies(self.wallet[person])  # type: ignore[arg-type]
        return await self.open(address)

    async def sign_in_at_the_service(self, person: Person, address: str = "/widgets/todos") -> Page:
        """Signs in with no portal around: the card is the whole page."""
        page = await self.open(f"{self.world.at.widgets}{address}")
        await page.locator("[data-pw-sign-in]").click()
        await page.locator(f"button[value='{person.subject}']").click()
        await page.wait_for_url(f"{self.world.at.widgets}/widgets/**")
        return page


def card(page: Page, name: str = "todos") -> Locator:
    """A card on one of the portal's pages, or the one that is the whole page."""
    path = urlsplit(page.url).path
    if path.startswith("/widgets/"):
        return page.locator(".pw[data-widget]")
    slot = page.locator(f"#slot-{name}")
    return (slot.locator("iframe").content_frame if path in FRAMED else slot).locator(".pw[data-widget]")


async def shown(found: Locator, state: str = "ok") -> Locator:
    """The card, once it is in that state."""
    await expect(found).to_have_attribute("data-state", state)
    return found


async def titles(found: Locator) -> list[str]:
    """What the rows of a card say, from top to bottom."""
    texts: list[str] = await found.locator(".pw-text").evaluate_all("all => all.map(each => each.title)")
    return texts


def row(found: Locator, title: str) -> Locator:
    """The row with this title."""
    return found.locator(".pw-item").filter(has=found.page.locator(f".pw-text[title='{title}']"))


def waiting(world: World, person: Person, limit: int = 6) -> list[str]:
    """The titles that this person's to-do card must show, in its order."""
    ordered = sorted(
        world.oa.waiting(person), key=lambda task: (RANK[task.level], -task.received.timestamp())
    )
    return [task.title for task in ordered[:limit]]


def readable(world: World, person: Person, limit: int = 6) -> list[str]:
    """The titles that this person's notice card must show, in its order."""
    ordered = sorted(world.oa.readable(person), key=lambda each: -each.published.timestamp())
    return [each.title for each in ordered[:limit]]


async def look_away(page: Page) -> None:
    """The person turns to another tab."""
    for frame in page.frames:
        await frame.evaluate(_LOOK, True)


async def look_back(page: Page) -> None:
    """The person comes back to this tab."""
    for frame in page.frames:
        await frame.evaluate(_LOOK, False)


async def glance(page: Page) -> None:
    """Away and back, which is when a card asks whether there is something new."""
    await look_away(page)
    await look_back(page)


def forget_lists(world: World) -> None:
    """Empties the Redis server: nothing is remembered, and nobody is signed out by that."""
    with Redis.from_url(world.valkey.connection_url) as redis:
        redis.flushall()


async def streams(world: World, number: int) -> None:
    """Waits until so many streams of wake-ups are open, all browsers together."""
    found = ""
    async with httpx2.AsyncClient(trust_env=False) as http:
        for _ in range(100):
            text = (await http.get(f"{world.local.widgets}/metrics")).text
            found = next(line for line in text.splitlines() if line.startswith("portal_widgets_streams "))
            if float(found.split()[1]) == number:
                return
            await asyncio.sleep(0.05)
    raise AssertionError(f"{found}, not {number}")


async def shoot(page: Page, name: str) -> None:
    """Pictures of the whole page at both widths, when somebody asked for them."""
    if SHOTS is None:
        return
    before, folder = page.viewport_size, Path(SHOTS)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.screenshot(path=folder / f"{name}-{width}.png", full_page=True, animations="disabled")
    if before:
        await page.set_viewport_size(before)
