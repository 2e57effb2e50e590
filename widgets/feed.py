"""Ask every source at once within a deadline, merge what came, and survive what did not.

    request ─▶ look() ─▶ fresh ──▶ use it
                       ├─ old ───▶ ask behind it, wait a little ▶ new or old
                       └─ none ──▶ ask, wait longer ────────────▶ new, failed or pending

Nothing here raises: an OAError becomes a `Missing`. One flight a person, source and widget at a time; a flight
goes on after its first asker has been answered, and what it brings is there at the next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from auth.session import Session
from widgets.items import Kind, Listing, Missing
from widgets.memory import Memory, Remembered, failed
from widgets.oa import OABadAnswer, OAClient, OAError, OATooSlow

log = structlog.get_logger()

FRESH: Final = timedelta(seconds=60)
"""A list younger than this is not asked for again."""
FRESH_AFTER_OPENING: Final = timedelta(seconds=3)
FRESH_WHEN_ASKED: Final = timedelta(seconds=2)
"""The person pressed refresh: still no faster than this, whatever they press."""
RETRY: Final = timedelta(seconds=10)
"""A source that failed is left alone for this long."""
CALLED_STALE: Final = 2 * FRESH
PATIENCE_WITH_LIST: Final = 0.25
PATIENCE_WITHOUT: Final = 0.7
FLIGHT: Final = 10.0
"""Seconds after which a flight is given up, long after its askers were answered."""


@dataclass(frozen=True, slots=True)
class Source:
    """One OA of one campus, and the widgets that it feeds."""

    id: str
    campus: str
    widgets: frozenset[Kind]
    client: OAClient


@dataclass(frozen=True, slots=True)
class Look:
    """What the sources have for one card now: their records, and those that are still being asked."""

    records: tuple[Remembered, ...]
    pending: tuple[Missing, ...]
    campus_of: Mapping[str, str]
    """Campus ids by source id."""

    @property
    def missing(self) -> tuple[Missing, ...]:
        return tuple(m for record in self.records for m in record.missing()) + self.pending

    @property
    def as_of(self) -> datetime | None:
        """The oldest answer among those shown."""
        return min((r.as_of for r in self.records if r.as_of), default=None)

    @property
    def digest(self) -> str:
        return " ".join(f"{r.source}:{r.digest}" for r in self.records)

    def listing(self) -> Listing[Any]:
        """Everything merged: deduplicated, sorted, failure inside."""
        items = {(item.source, item.id): item for record in self.records for item in record.items()}
        totals = [record.total for record in self.records]
        known = not self.pending and all(total is not None for total in totals)
        return Listing(
            tuple(sorted(items.values(), key=_order)),
            sum(total or 0 for total in totals) if known else None,
            self.as_of,
            self.missing,
        )


_RANK: Final = {"critical": 0, "high": 1, "normal": 2}


def _order(item: Any) -> tuple[int, float]:
    """To-dos by urgency, then newest; notices pinned first, then newest (the contract's §7)."""
    if hasattr(item, "urgency"):
        return _RANK[item.urgency], -(item.received_at.timestamp() if item.received_at else 0.0)
    return (0 if item.pinned else 1), -item.published_at.timestamp()


@dataclass(frozen=True, slots=True)
class _Flight:
    """One question under way, and the writing down of its answer."""

    record: asyncio.Task[Remembered]
    kept: asyncio.Task[None]


class Feed:
    """The sources of all cards."""

    def __init__(
        self,
        sources: Sequence[Source],
        campuses: Collection[str],
        memory: Memory,
        now: Callable[[], datetime],
    ) -> None:
        """`campuses` are the ids of all that are configured, those without a source included."""
        self._sources, self._campuses = tuple(sources), frozenset(campuses)
        self._memory, self._now = memory, now
        self._flights: dict[tuple[str, Kind, str], _Flight] = {}

    def sources(self, kind: Kind, campus: str | None) -> tuple[Source, ...]:
        """Those that feed this card. An unknown campus means all of them, one without a source none."""
        wanted = self._campuses if campus not in self._campuses else {campus}
        return tuple(s for s in self._sources if kind in s.widgets and s.campus in wanted)

    def source(self, id: str) -> Source | None:
        return next((s for s in self._sources if s.id == id), None)

    def names(self, session: Session, kind: Kind, campus: str | None) -> list[str]:
        """The Redis keys that `look` wants the values of, in this order."""
        return self._memory.names(session, [s.id for s in self.sources(kind, campus)], kind)

    async def look(
        self, session: Session, kind: Kind, campus: str | None, blobs: Sequence[bytes | None], asked: bool
    ) -> Look:
        """What there is for one card within the patience that a reader has. Never raises."""
        opened, *lists = blobs
        fresh = FRESH_WHEN_ASKED if asked else FRESH_AFTER_OPENING if opened else FRESH
        sources = self.sources(kind, campus)
        known = [self._memory.read(session, s.id, kind, b) for s, b in zip(sources, lists, strict=True)]
        flights = {
            source.id: self._flight(session, source, kind, last)
            for source, last in zip(sources, known, strict=True)
            if self._is_due(last, fresh)
        }
        if flights:
            with_list = all(
                last and last.as_of for s, last in zip(sources, known, strict=True) if s.id in flights
            )
            await asyncio.wait(
                flights.values(), timeout=PATIENCE_WITH_LIST if with_list else PATIENCE_WITHOUT
            )
        return self._gathered(sources, known, flights)

    def _is_due(self, last: Remembered | None, fresh: timedelta) -> bool:
        if last is None:
            return True
        patient = last.failure is not None and fresh != FRESH_WHEN_ASKED
        return self._now() - last.tried_at >= (max(fresh, RETRY) if patient else fresh)

    def _gathered(
        self,
        sources: Sequence[Source],
        known: Sequence[Remembered | None],
        flights: dict[str, asyncio.Task[Remembered]],
    ) -> Look:
        records: list[Remembered] = []
        pending: list[Missing] = []
        for source, last in zip(sources, known, strict=True):
            flight = flights.get(source.id)
            record = flight.result() if flight and flight.done() else last
            if record:
                records.append(record)
            if flight and not flight.done() and self._is_old(record):
                pending.append(
                    Missing(source.id, "pending", record.as_of if record and record.as_of else self._now())
                )
        return Look(tuple(records), tuple(pending), {s.id: s.campus for s in sources})

    def _is_old(self, record: Remembered | None) -> bool:
        if record is None or record.as_of is None:
            return True
        return record.failure is None and self._now() - record.as_of > CALLED_STALE

    def _flight(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None
    ) -> asyncio.Task[Remembered]:
        key = (source.id, kind, session.who.account or "")
        if key not in self._flights:
            record = asyncio.create_task(self._fetch(session, source, kind, last))
            kept = asyncio.create_task(self._keep(session, record, last))
            kept.add_done_callback(lambda _: self._flights.pop(key, None))
            self._flights[key] = _Flight(record, kept)
        return self._flights[key].record

    async def _keep(
        self, session: Session, record: asyncio.Task[Remembered], last: Remembered | None
    ) -> None:
        """Apart from the flight, so that nobody waits for a Redis that is silent."""
        await self._memory.write(session, await record, over_a_list=last is not None)

    async def _fetch(
        self, session: Session, source: Source, kind: Kind, last: Remembered | None
    ) -> Remembered:
        try:
            async with asyncio.timeout(FLIGHT):
                asking = source.client.todos if kind == "todos" else source.client.notices
                listing: Listing[Any] = await asking(session.who)
            _check_that_something_was_read(listing)
            record = self._memory.answered(session, source.id, kind, listing)
            if listing.dropped:
                log.warning("oa.items_dropped", source=source.id, kind=kind, dropped=listing.dropped)
        except TimeoutError:
            record = failed(source.id, kind, last, OATooSlow.code, self._now())
        except OAError as error:
            told = {"code": error.code, "person": session.slot[:4].upper(), "error": str(error)[:200]}
            log.warning("oa.failed", source=source.id, kind=kind, **told)
            record = failed(source.id, kind, last, error.code, self._now())
        except Exception:
            # A dialect's bug must cost its own source only, and must not look like an empty list.
            log.exception("oa.bug", source=source.id, kind=kind)
            record = failed(source.id, kind, last, "bad-answer", self._now())
        return record

    async def close(self) -> None:
        """Gives flights under way up."""
        tasks = [task for flight in self._flights.values() for task in (flight.record, flight.kept)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _check_that_something_was_read(listing: Listing[Any]) -> None:
    """Raises OABadAnswer where "nothing to do" would be a lie: there is something, and not one item made sense."""
    there_are = listing.dropped or listing.total
    if there_are and not listing.items:
        raise OABadAnswer(f"no item of {there_are} could be read")
