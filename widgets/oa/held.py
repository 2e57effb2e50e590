"""What an OA told us and what stays true for a while: tokens, who somebody is. Asked for once at a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = 10_000
"""Names held; the one not asked for longest goes first."""


class Held(Generic[T]):
    """Values by name, each kept for `life` from the moment that `ask` gave it."""

    def __init__(
        self, ask: Callable[[str], Awaitable[T]], life: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._ask, self._life, self._now = ask, life, now
        self._known: OrderedDict[str, tuple[T, datetime]] = OrderedDict()
        self._flights: dict[str, asyncio.Task[T]] = {}

    async def get(self, name: str) -> T:
        """The value; however many want it at once, it is asked for once. Raises what `ask` raises."""
        known = self._known.get(name)
        if known and self._now() < known[1]:
            self._known.move_to_end(name)
            return known[0]
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = asyncio.create_task(self._fetch(name))
            flight.add_done_callback(partial(self._landed, name))
        return await asyncio.shield(flight)

    def forget(self, name: str, value: T | None = None) -> None:
        """Ask anew next time; with a value only if that is still what is held."""
        known = self._known.get(name)
        if known and (value is None or known[0] == value):
            del self._known[name]

    async def _fetch(self, name: str) -> T:
        value = await self._ask(name)
        self._known[name] = value, self._now() + self._life
        self._known.move_to_end(name)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return value

    def _landed(self, name: str, flight: asyncio.Task[T]) -> None:
        self._flights.pop(name, None)
        if not flight.cancelled():
            flight.exception()  # taken, so that a failure nobody waited for any more is no noise
