"""Questions to the OAs under way: one at a time a person, source and widget, among all instances.

    start ─▶ wait for a place ─▶ claim ─▶ ask ─▶ record ─▶ write, give the claim back
                                   └ another instance asks: its record is ours, too

Nothing here raises: an OAError becomes a record of the failure. A flight goes on after its first asker has been
answered, and what it brings is there at the next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog

from auth.session import Session
from widgets.items import Kind, Listing, MissingCode
from widgets.memory import Memory, Remembered, failed
from widgets.oa import OABadAnswer, OABarred, OAClient, OAError, OAPostponed, OATooSlow
from widgets.oa.gate import Place, Rank
from widgets.oa.sense import check_that_something_was_read
from widgets.oa.upstream import Upstream

log = structlog.get_logger()

LONGEST: Final = 10.0
"""Seconds after which a question is given up, long after its askers were answered; the wait for a place is extra."""
LONGEST_AT_A_RATE: Final = 30.0
"""The same where each call waits for its moment, too."""
GLANCES: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between two glances at what another instance is asking for; the last one goes on."""


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
class _Question:
    """What is asked, and what is known before."""

    session: Session
    source: Source
    kind: Kind
    last: Remembered | None
    since: datetime | None = None
    """Only what is tried from then on will do."""

    @property
    def key(self) -> tuple[str, Kind, str]:
        return self.source.id, self.kind, self.session.who.account or ""

    @property
    def place(self) -> tuple[Session, str, Kind]:
        """Where its answer is remembered."""
        return self.session, self.source.id, self.kind

    @property
    def need(self) -> Rank:
        """Who has nothing to show comes first, then the oldest list."""
        last = self.last
        return (0, 0.0) if last is None or last.as_of is None else (1, last.as_of.timestamp())

    def is_answered_by(self, known: Remembered) -> bool:
        """Whether somebody has asked since we saw `last`, and late enough."""
        newer = self.last is None or known.tried_at > self.last.tried_at
        return newer and (self.since is None or known.tried_at >= self.since)


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
    place: Place | None

    @property
    def queued(self) -> bool:
        """It had to wait for a place."""
        return self.place is not None and self.place.turn is not None

    @property
    def record(self) -> Remembered | None:
        """What it brought, once it has."""
        is_there = self.landed.done() and not self.landed.cancelled()
        return self.landed.result().record if is_there else None


class Flights:
    """All that are under way in this instance."""

    def __init__(self, memory: Memory, now: Callable[[], datetime]) -> None:
        self._memory, self._now = memory, now
        self._flights: dict[tuple[str, Kind, str], Flight] = {}

    def start(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None, since: datetime | None
    ) -> Flight:
        """The flight for this list; the one under way, if there is one. What is tried after `since` will do."""
        asked = _Question(session, source, kind, last, since)
        if asked.key not in self._flights:
            place = source.way.gate.line_up(asked.need)
            landed = asyncio.create_task(self._fly(asked, place) if place else _given(None))
            self._follow(asked, Flight(landed, asyncio.create_task(self._keep(asked, landed)), place))
        return self._flights[asked.key]

    def resting(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None
    ) -> Remembered | None:
        """The record of a source that nobody asks now, since it failed everybody a moment ago; None: it may be asked.

        It is written down once, so that every instance says since when.
        """
        reason = source.way.resting(kind)
        if reason is None:
            return None
        if last is not None and last.failure is not None:
            return last
        (code, since), now = reason, self._now()
        record = replace(failed(source.id, kind, last, code, now), failing_since=since or now)
        asked = _Question(session, source, kind, last)
        if asked.key not in self._flights and last is not None:
            landed = asyncio.create_task(_given(record))
            self._follow(asked, Flight(landed, asyncio.create_task(self._write(asked, landed)), None))
        return record

    async def close(self) -> None:
        """Gives those under way up."""
        tasks = [task for flight in self._flights.values() for task in (flight.landed, flight.kept)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _follow(self, asked: _Question, flight: Flight) -> None:
        flight.kept.add_done_callback(lambda _: self._flights.pop(asked.key, None))
        self._flights[asked.key] = flight

    async def _keep(self, asked: _Question, landed: asyncio.Task[Landed]) -> None:
        """Apart from the flight, so that nobody waits for a Redis that is silent."""
        try:
            await self._write(asked, landed)
        finally:
            await self._memory.release(*asked.place)

    async def _write(self, asked: _Question, landed: asyncio.Task[Landed]) -> None:
        found = await landed
        if found.ours and found.record is not None:
            await self._memory.write(asked.session, found.record, over_a_list=asked.last is not None)

    async def _fly(self, asked: _Question, place: Place) -> Landed:
        way = asked.source.way
        await way.gate.enter(place)
        try:
            async with asyncio.timeout(LONGEST_AT_A_RATE if way.rate else LONGEST):
                known = await self._claimed(asked)
                if known is not None and asked.is_answered_by(known):
                    return Landed(known, ours=False)
                return Landed(await self._asked(replace(asked, last=known or asked.last)))
        except TimeoutError:
            return Landed(self._failed(asked, OATooSlow.code, "no answer in time"))
        finally:
            way.gate.leave()

    async def _claimed(self, asked: _Question) -> Remembered | None:
        """What is remembered once it is our turn, or once another instance has what we want."""
        pauses, longest = iter(GLANCES), LONGEST_AT_A_RATE if asked.source.way.rate else LONGEST
        while True:
            ours, known = await self._memory.claim(*asked.place, longest + 2)
            if ours or (known is not None and asked.is_answered_by(known)):
                return known
            await asyncio.sleep(next(pauses, GLANCES[-1]))

    async def _asked(self, asked: _Question) -> Remembered | None:
        source, kind, who = asked.source, asked.kind, asked.session.who
        began, sense = self._now(), source.way.sense[kind]
        if sense.is_resting:
            return self._failed(asked, sense.code, "nobody was asked: there is no list for anybody")
        try:
            listing = await (source.client.todos(who) if kind == "todos" else source.client.notices(who))
            _alarm(source, kind, listing.foreign)
            check_that_something_was_read(listing)
            record = replace(self._memory.answered(*asked.place, listing), tried_at=began)
            self._came(asked, listing)
            sense.gave_a_list(began)
        except OAPostponed:
            source.way.seen.lists[kind, "postponed"] += 1
            return None
        except OAError as error:
            _alarm(source, kind, error.foreign)
            if isinstance(error, (OABadAnswer, OABarred)):
                sense.gave_none(asked.session.slot, error.code)
            return self._failed(asked, error.code, str(error)[:200])
        except Exception:
            # A dialect's bug must cost its own source only, and must not look like an empty list.
            log.exception("oa.bug", source=source.id, kind=kind)
            return self._failed(asked, "bad-answer", "a bug of ours")
        return record

    def _came(self, asked: _Question, listing: Listing[Any]) -> None:
        source, kind, last = asked.source, asked.kind, asked.last
        seen = source.way.seen
        seen.came(kind, listing.dropped, self._now())
        if last is not None and last.as_of is not None and last.failure is None:
            seen.refreshed_after((self._now() - last.as_of).total_seconds())
        if listing.dropped:
            log.warning("oa.items_dropped", source=source.id, kind=kind, dropped=listing.dropped)

    def _failed(self, asked: _Question, code: MissingCode, error: str) -> Remembered:
        source, kind, now = asked.source, asked.kind, self._now()
        source.way.seen.failed(kind, code, now)
        told = {"code": code, "person": asked.session.slot[:4].upper(), "error": error}
        log.warning("oa.failed", source=source.id, kind=kind, **told)
        return failed(source.id, kind, asked.last, code, now)


def _alarm(source: Source, kind: Kind, rows: int) -> None:
    """An OA that tells somebody about somebody else is a reason to get up, though nobody was shown it."""
    if rows:
        source.way.seen.foreign += rows
        log.error("oa.foreign_rows", source=source.id, kind=kind, rows=rows)


async def _given(record: Remembered | None) -> Landed:
    return Landed(record)
