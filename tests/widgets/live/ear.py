"""A browser's end of a stream of wake-ups, over a real socket: what it hears, in order (HTML §9.2.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import httpx2

from tests.staff import Staff

PATIENCE: Final = 5.0
"""Seconds until what never comes counts as a defect: a bound for waiting, no measurement."""


@dataclass(slots=True)
class Ear:
    """One open stream. `raw` is every line that came, the names of events are what is heard."""

    answer: httpx2.Response
    raw: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    over: bool = False
    """The stream has ended."""
    cut: bool = False
    """It broke off in the middle."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def at(cls, staff: Staff, instance: str, **headers: str) -> AsyncIterator[Ear]:
        """Listens as this person at that instance until the block ends."""
        asked = {"Accept": "text/event-stream", **{k.replace("_", "-"): v for k, v in headers.items()}}
        address, calm = f"{instance}/widgets/events", httpx2.Timeout(PATIENCE, read=None)
        async with staff.client.stream("GET", address, headers=asked, timeout=calm) as answer:
            ear = cls(answer)
            listening = asyncio.create_task(ear._listen())
            try:
                await ear.until(lambda: bool(ear.raw) or ear.over)
                yield ear
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening

    async def hears(self, name: str) -> None:
        """Waits for an event of this name, and forgets what came until then."""
        await self.until(lambda: name in self.heard)
        self.heard.clear()

    async def ends(self) -> list[str]:
        """Waits until the service ends the stream; what was heard before."""
        await self.until(lambda: self.over)
        return self.heard

    async def until(self, is_so: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not is_so():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {PATIENCE} s; heard {self.heard}, over {self.over}") from None

    async def _listen(self) -> None:
        try:
            async for line in self.answer.aiter_lines():
                self.raw.append(line)
                if line.startswith("event: "):
                    self.heard.append(line[7:])
                self.news.set()
        except httpx2.HTTPError:
            self.cut = True
        self.over = True
        self.news.set()
