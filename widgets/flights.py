"""Questions to the OAs under way: one at a time a person, source and widget, among all instances.

    start ─▶ wait for a place ─▶ claim ─▶ ask ─▶ record ─▶ write, give the claim back
                                   └ another instance asks: its record is ours, too

Nothing here raises: an OAError becomes a record of the failure. A flight goes on after its first asker has been
answered, and what it brings is there at the next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

import structlog

from auth.session import Session
from widgets.items import Kind, Listing, MissingCode
from widgets.memory import Memory, Remembered, failed
from widgets.oa import OABadAnswer, OAClient, OAError, OAPostponed, OATooSlow
from widgets.oa.gate import Rank
from widgets.oa.upstream import Upstream

log = structlog.get_logger()

LONGEST: Final = 10.0
"""Seconds after which a question is given up, long after its askers were answered; the wait for a place is extra."""
LONGEST_AT_A_RATE: Final = 30.0
"""The same where each call waits for its moment, too."""
GLANCES: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between two glances at what another instance is asking for; the last one goes on."""


_Key: TypeAlias = tuple[str, Kind, str]
"""Source, widget and 工号."""


@dataclass(frozen=True, slots=True)
class Source:
    """One OA of one campus, and the widgets that it feeds."""

    id: str
    campus: str
    widgets: frozenset[Kind]
    client: OAClient
    way: Upstream
    """How it is reached."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of a question."""

    record: Remembered | None
    """None: nobody was asked, since the agreed rate is used up."""
    ours: bool = True
    """To be written down; else another instance has done so."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One question under way, and the writing down of its answer."""

    landed: asyncio.Task[Landed]
    kept: asyncio.Task[None]
    queued: bool
    """It had to wait for a place."""

    @property
    def record(self) -> Remembered | None:
        """What it brought, once it has."""
        is_there = self.landed.done() and not self.landed.cancelled()
        return self.landed.result().record if is_there else None


class Flights:
    """All that are under way in this instance."""

    def __init__(self, memory: Memory, now: Callable[[], datetime]) -> None:
        self._memory, self._now = memory, now
        self._flights: dict[_Key, Flight] = {}

    def start(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None, since: datetime | None
    ) -> Flight:
        """The flight for this list; the one under way, if there is one. What is tried after `since` will do."""
        key = (source.id, kind, session.who.account or "")
        if key not in self._flights:
            queued = source.way.gate.is_full
            landed = asyncio.create_task(self._fly(session, source, kind, last, since))
            self._follow(key, landed, self._keep(session, source, kind, landed, last), queued)
        return self._flights[key]

    def resting(self, session: Session, source: Source, kind: Kind, last: Remembered | None) -> Remembered:
        """The record of a source that nobody asks now: it failed everybody a moment ago.

        It is written down once, so that every instance says since when.
        """
        if last is not None and last.failure is not None:
            return last
        since = source.way.breaker.since or self._now()
        record = replace(failed(source.id, kind, last, "unavailable", self._now()), failing_since=since)
        key = (source.id, kind, session.who.account or "")
        if key not in self._flights and last is not None:
            landed = asyncio.create_task(_given(record))
            self._follow(key, landed, self._write(session, landed, last), False)
        return record

    async def close(self) -> None:
        """Gives those under way up."""
        tasks = [task for flight in self._flights.values() for task in (flight.landed, flight.kept)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _follow(
        self, key: _Key, landed: asyncio.Task[Landed], keeping: Coroutine[Any, Any, None], queued: bool
    ) -> None:
        kept = asyncio.create_task(keeping)
        kept.add_done_callback(lambda _: self._flights.pop(key, None))
        self._flights[key] = Flight(landed, kept, queued)

    async def _keep(
        self,
        session: Session,
        source: Source,
        kind: Kind,
        landed: asyncio.Task[Landed],
        last: Remembered | None,
    ) -> None:
        """Apart from the flight, so that nobody waits for a Redis that is silent."""
        try:
            await self._write(session, landed, last)
        finally:
            await self._memory.release(session, source.id, kind)

    async def _write(self, session: Session, landed: asyncio.Task[Landed], last: Remembered | None) -> None:
        found = await landed
        if found.ours and found.record is not None:
            await self._memory.write(session, found.record, over_a_list=last is not None)

    async def _fly(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None, since: datetime | None
    ) -> Landed:
        way = source.way
        if not await way.gate.enter(_need(last)):
            return Landed(None)
        try:
            async with asyncio.timeout(LONGEST_AT_A_RATE if way.rate else LONGEST):
                known = await self._claimed(session, source, kind, last, since)
                if known is not None and _is_after(known, last, since):
                    return Landed(known, ours=False)
                return Landed(await self._asked(session, source, kind, known or last))
        except TimeoutError:
            return Landed(self._failed(session, source, kind, last, OATooSlow.code, "no answer in time"))
        finally:
            way.gate.leave()

    async def _claimed(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None, since: datetime | None
    ) -> Remembered | None:
        """What is remembered once it is our turn, or once another instance has what we want."""
        pauses, longest = iter(GLANCES), LONGEST_AT_A_RATE if source.way.rate else LONGEST
        while True:
            ours, known = await self._memory.claim(session, source.id, kind, longest + 2)
            if ours or (known is not None and _is_after(known, last, since)):
                return known
            await asyncio.sleep(next(pauses, GLANCES[-1]))

    async def _asked(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None
    ) -> Remembered | None:
        began = self._now()
        try:
            asking = source.client.todos if kind == "todos" else source.client.notices
            listing: Listing[Any] = await asking(session.who)
            _alarm(source, kind, listing.foreign)
            _check_that_something_was_read(listing)
            record = replace(self._memory.answered(session, source.id, kind, listing), tried_at=began)
            self._came(source, kind, listing, last)
        except OAPostponed:
            source.way.seen.lists[kind, "postponed"] += 1
            return None
        except OAError as error:
            _alarm(source, kind, error.foreign)
            return self._failed(session, source, kind, last, error.code, str(error)[:200])
        except Exception:
            # A dialect's bug must cost its own source only, and must not look like an empty list.
            log.exception("oa.bug", source=source.id, kind=kind)
            return self._failed(session, source, kind, last, "bad-answer", "a bug of ours")
        return record

    def _came(self, source: Source, kind: Kind, listing: Listing[Any], last: Remembered | None) -> None:
        seen = source.way.seen
        seen.lists[kind, "ok"] += 1
        seen.answered_at, seen.failing_since = self._now(), None
        seen.dropped += listing.dropped
        if last is not None and last.as_of is not None and last.failure is None:
            seen.refreshed_after((self._now() - last.as_of).total_seconds())
        if listing.dropped:
            log.warning("oa.items_dropped", source=source.id, kind=kind, dropped=listing.dropped)

    def _failed(
        self,
        session: Session,
        source: Source,
        kind: Kind,
        last: Remembered | None,
        code: MissingCode,
        error: str,
    ) -> Remembered:
        seen, now = source.way.seen, self._now()
        seen.lists[kind, code] += 1
        seen.failing_since = seen.failing_since or now
        told = {"code": code, "person": session.slot[:4].upper(), "error": error}
        log.warning("oa.failed", source=source.id, kind=kind, **told)
        return failed(source.id, kind, last, code, now)


def _alarm(source: Source, kind: Kind, rows: int) -> None:
    """An OA that tells somebody about somebody else is a reason to get up, though nobody was shown it."""
    if rows:
        source.way.seen.foreign += rows
        log.error("oa.foreign_rows", source=source.id, kind=kind, rows=rows)


async def _given(record: Remembered) -> Landed:
    return Landed(record)


def _need(last: Remembered | None) -> Rank:
    """Who has nothing to show comes first, then the oldest list."""
    return (0, 0.0) if last is None or last.as_of is None else (1, last.as_of.timestamp())


def _is_after(known: Remembered, last: Remembered | None, since: datetime | None) -> bool:
    """Whether somebody has asked since we saw `last`, and late enough."""
    newer = last is None or known.tried_at > last.tried_at
    return newer and (since is None or known.tried_at >= since)


def _check_that_something_was_read(listing: Listing[Any]) -> None:
    """Raises OABadAnswer where "nothing to do" would be a lie: there is something, and not one item made sense."""
    there_are = listing.dropped or listing.total
    if there_are and not listing.items:
        raise OABadAnswer(f"no item of {there_are} could be read")
