"""One answer of the identity centre: fetched lazily, kept a while, and a day while no better one is to be had."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import structlog

from auth.errors import CentreError

log = structlog.get_logger()

FRESH: Final = timedelta(hours=1)
STALE: Final = timedelta(hours=24)
FORCED_APART: Final = timedelta(seconds=60)
"""Between two fetches that a token asked for: nobody may make us hammer the centre with strange key ids."""
RETRY_APART: Final = timedelta(seconds=5)

T = TypeVar("T")


class Kept(Generic[T]):
    """Gives the kept value, or fetches it once for all who wait. `fetch` may raise CentreError.

    `forced`, where given, fetches in its stead when `again` asks, and keeps the pace itself. An answer that we must
    not work with is no reason to forget the good one before it: a gateway that meddles, or a key set that is empty
    for a moment, stops nobody.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[T]],
        now: Callable[[], datetime],
        forced: Callable[[], Awaitable[T]] | None = None,
        fresh: timedelta = FRESH,
        stale: timedelta = STALE,
    ) -> None:
        self._fetch, self._now, self._forced = fetch, now, forced or fetch
        self._fresh, self._stale = fresh, stale
        self._lock = asyncio.Lock()
        self._held: tuple[T, datetime] | None = None
        self._failed: tuple[CentreError, datetime] | None = None
        self._forced_at: datetime | None = None

    async def value(self) -> T:
        """The value while it is fresh; until it is stale while no other is to be had. Raises CentreError."""
        if self._held and self._within(self._held[1], self._fresh):
            return self._held[0]
        async with self._lock:
            if self._held and self._within(self._held[1], self._fresh):
                return self._held[0]
            return await self._renewed(self._fetch)

    async def again(self) -> T:
        """The value, fetched anew unless that was asked for within the last minute. Raises CentreError."""
        async with self._lock:
            if self._held and self._forced_at and self._within(self._forced_at, FORCED_APART):
                return self._held[0]
            self._forced_at, self._failed = self._now(), None
            return await self._renewed(self._forced)

    async def _renewed(self, fetch: Callable[[], Awaitable[T]]) -> T:
        if self._failed and self._within(self._failed[1], RETRY_APART):
            return self._fallen_back(self._failed[0])
        try:
            value = await fetch()
        except CentreError as error:
            self._failed = error, self._now()
            return self._fallen_back(error)
        self._held, self._failed = (value, self._now()), None
        return value

    def _fallen_back(self, error: CentreError) -> T:
        if self._held and self._within(self._held[1], self._stale):
            log.warning("centre.last_answer_used", code=error.full_code, since=self._held[1].isoformat())
            return self._held[0]
        raise type(error)(error.reason) from error

    def _within(self, since: datetime, span: timedelta) -> bool:
        return abs(self._now() - since) < span  # a clock that was set back keeps nothing for longer
