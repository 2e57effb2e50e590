"""Places for questions to one OA: whoever has nothing to show comes first, then the oldest lists."""

from __future__ import annotations

import asyncio
import heapq
import time
from dataclasses import dataclass
from itertools import count
from typing import Final

MOST_WAITING: Final = 10_000

Rank = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Place:
    """One question's."""

    given: asyncio.Future[None]
    turn: int | None
    """Its number in line; None: there was one free at once."""


class Gate:
    """A bulkhead with a queue in order of need: an OA that hangs holds up so many questions, and nobody else's."""

    def __init__(self, places: int) -> None:
        self._free = self.places = places
        self._queue: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._number = count()
        self._through, self._formed = 0, (0.0, 0)
        """How many the queue let through since the start; when it last formed, and how many that were then."""

    @property
    def waiting(self) -> int:
        return sum(not place.done() for _, _, place in self._queue)

    def line_up(self, rank: Rank) -> Place | None:
        """A place, now or later; lower ranks first. None: too many wait already."""
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._free > 0:
            self._free -= 1
            given.set_result(None)
            return Place(given, None)
        if len(self._queue) >= MOST_WAITING:
            return None
        if not self._queue:
            self._formed = time.monotonic(), self._through
        before = sum(not place.done() and other <= rank for other, _, place in self._queue)
        heapq.heappush(self._queue, (rank, next(self._number), given))
        return Place(given, self._through + 1 + before)

    def wait(self, place: Place) -> float:
        """Seconds until its turn, at the pace of the queue so far; 0 while that has none."""
        began, before = self._formed
        pace = (time.monotonic() - began) / (self._through - before) if self._through > before else 0.0
        return max(place.turn - self._through, 0) * pace if place.turn else 0.0

    async def enter(self, place: Place) -> None:
        """Returns when it is the question's turn, which then has to `leave`."""
        try:
            await place.given
        except asyncio.CancelledError:
            if place.given.done() and not place.given.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives the place to the next in the queue."""
        while self._queue:
            _, _, place = heapq.heappop(self._queue)
            if not place.done():
                place.set_result(None)
                self._through += 1
                return
        self._free += 1
