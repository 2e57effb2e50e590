"""Places for questions to one OA: whoever has nothing to show comes first, then the oldest lists."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import Final

MOST_WAITING: Final = 10_000

Rank = tuple[int, float]


class Gate:
    """A bulkhead with a queue in order of need: an OA that hangs holds up so many questions, and nobody else's."""

    def __init__(self, places: int) -> None:
        self._free = self.places = places
        self._queue: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._number = count()

    @property
    def is_full(self) -> bool:
        return self._free <= 0

    @property
    def waiting(self) -> int:
        return sum(not place.done() for _, _, place in self._queue)

    async def enter(self, rank: Rank) -> bool:
        """Returns with a place; lower ranks first. False: too many wait already."""
        if self._free > 0:
            self._free -= 1
            return True
        if len(self._queue) >= MOST_WAITING:
            return False
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (rank, next(self._number), place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            raise
        return True

    def leave(self) -> None:
        """Gives the place to the next in the queue."""
        while self._queue:
            _, _, place = heapq.heappop(self._queue)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
