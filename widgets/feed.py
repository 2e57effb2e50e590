"""What the sources have for one card, within the patience that a reader has; merged, failure inside.

    request ─▶ look() ─▶ fresh ────▶ use it
                       ├─ old ─────▶ ask behind it, wait a little ▶ new or old
                       ├─ none ────▶ ask, wait longer ────────────▶ new, failed or pending
                       └─ resting ─▶ its OA failed everybody a moment ago: say so at once

Nothing here raises. Whoever asks twice, on whichever instance, asks the OA once (`flights`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from auth.principal import Principal
from auth.session import Session
from widgets.flights import Flight, Flights, Source
from widgets.freshness import FRESH, FRESH_AFTER_OPENING, FRESH_WHEN_ASKED, is_due, is_old
from widgets.items import Kind, Missing
from widgets.kept import in_order
from widgets.memory import Memory, Remembered

PATIENCE_WITH_LIST: Final = 0.25
PATIENCE_WITHOUT: Final = 0.7
MOST_CHOICES: Final = 512
"""Of sources, kept: a card asks for its own four times."""
MOST_PUSHED: Final = 50_000
"""Lists of which it is kept that their source said that they changed."""


@dataclass
class Look:
    """What the sources have for one card now: their records, and those that are still being asked."""

    records: tuple[Remembered, ...]
    pending: tuple[Missing, ...]
    campus_of: Mapping[str, str]
    """Campus ids by source id."""
    wait: float = 0.0
    """Seconds until the first of those that are still being asked has its turn, as far as that is known."""
    missing: tuple[Missing, ...] = field(init=False)
    as_of: datetime | None = field(init=False)
    """The oldest answer among those shown."""

    def __post_init__(self) -> None:
        self.missing = tuple(m for record in self.records for m in record.missing()) + self.pending
        self.as_of = min((r.as_of for r in self.records if r.as_of), default=None)

    @property
    def total(self) -> int | None:
        """How many items there are, as of the answers shown; None while any source has never said."""
        totals = {record.source: record.total for record in self.records}
        if None in totals.values() or any(one.source not in totals for one in self.pending):
            return None
        doubles = len(self._all) - len(self.rows) if len(totals) > 1 else 0
        return sum(total or 0 for total in totals.values()) - doubles

    @property
    def digest(self) -> str:
        return " ".join(f"{r.source}:{r.digest}" for r in self.records)

    @cached_property
    def rows(self) -> Sequence[Any]:
        """The kept rows of all sources, in order and without doubles; those of one source are so by themselves."""
        return self._all if len(self.records) == 1 else in_order(self._all)

    @cached_property
    def _all(self) -> Sequence[Any]:
        return [row for record in self.records for row in record.rows()]


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
        self._flights = Flights(memory, now)
        self._chosen = lru_cache(MOST_CHOICES)(self._choose)
        self._pushed: dict[tuple[str, str], datetime] = {}
        """When a source (its id) last said that the lists of a person (the slot) changed."""

    def sources(self, kind: Kind, campus: str | None, who: Principal | None) -> tuple[Source, ...]:
        """Those that feed this card: of one campus, or of all that the person belongs to.

        Who is said to belong to none that we know, and nobody in particular, belongs to all. An unknown campus is
        not one; a campus without a source has none.
        """
        return self._chosen(kind, campus, who.campuses if who else ())

    def _choose(self, kind: Kind, campus: str | None, belongs: tuple[str, ...]) -> tuple[Source, ...]:
        theirs = self._campuses.intersection(belongs) or self._campuses
        wanted = {campus} if campus in self._campuses else theirs
        return tuple(s for s in self._sources if kind in s.widgets and s.campus in wanted)

    def home(self, kind: Kind, campus: str | None, who: Principal | None = None) -> str | None:
        """The OA's own page with the whole list; of several OAs the first's."""
        first = next(iter(self.sources(kind, campus, who)), None)
        return first.client.home(kind) if first else None

    def source(self, id: str) -> Source | None:
        return next((s for s in self._sources if s.id == id), None)

    def names(self, session: Session, kind: Kind, campus: str | None) -> list[str]:
        """The Redis keys that `look` wants the values of, in this order."""
        return self._memory.names(session, [s.id for s in self.sources(kind, campus, session.who)], kind)

    async def look(
        self, session: Session, kind: Kind, campus: str | None, blobs: Sequence[bytes | None], asked: bool
    ) -> Look:
        """What there is for one card within the patience that a reader has. Never raises."""
        opened, *lists = blobs
        fresh = FRESH_WHEN_ASKED if asked else FRESH_AFTER_OPENING if opened else FRESH
        sources = self.sources(kind, campus, session.who)
        known = [self._memory.read(session, s.id, kind, b) for s, b in zip(sources, lists, strict=True)]
        flights: dict[str, Flight] = {}
        for number, (source, last) in enumerate(zip(sources, known, strict=True)):
            since = self._news(session, source, kind)
            if not is_due(last, fresh, self._now(), since):
                continue
            if resting := self._flights.resting(session, source, kind, last):
                known[number] = resting
            else:
                flights[source.id] = self._flights.start(session, source, kind, last, since)
        if flights:
            await _patiently({s.id: last for s, last in zip(sources, known, strict=True)}, flights)
        return self._gathered(sources, known, flights)

    def pushed(self, source: str, slots: Iterable[str]) -> None:
        """The source said that the lists of these people changed: whoever looks next asks."""
        now = self._now()
        for slot in slots:
            self._pushed.pop((slot, source), None)
            self._pushed[slot, source] = now
        while len(self._pushed) > MOST_PUSHED:
            del self._pushed[next(iter(self._pushed))]

    def _news(self, session: Session, source: Source, kind: Kind) -> datetime | None:
        """What was tried before is due: the source said that this list changed, or makes sense again to everybody."""
        pushed = self._pushed.get((session.slot, source.id)) if self._pushed else None
        regained = source.way.sense[kind].regained
        return max(pushed, regained) if pushed and regained else pushed or regained

    async def refresh(self, session: Session, source: Source) -> frozenset[Kind]:
        """Asks the source anew for this person, who is not waiting; the widgets whose lists it was asked for."""
        since = self._pushed.get((session.slot, source.id), self._now())
        await asyncio.gather(*(self._refreshed(session, source, kind, since) for kind in source.widgets))
        return source.widgets

    async def _refreshed(self, session: Session, source: Source, kind: Kind, since: datetime) -> None:
        """Once more if a question was under way that is older than the news."""
        for _ in range(2):
            flight = self._flights.start(session, source, kind, None, since)
            await asyncio.wait([flight.kept])
            if flight.record is None or flight.record.tried_at >= since:
                return

    def _gathered(
        self, sources: Sequence[Source], known: Sequence[Remembered | None], flights: Mapping[str, Flight]
    ) -> Look:
        records: list[Remembered] = []
        pending: list[Missing] = []
        waits: list[float] = []
        for source, last in zip(sources, known, strict=True):
            flight = flights.get(source.id)
            found = flight.record if flight else None
            record = found or last
            if record:
                records.append(record)
            if flight and found is None and is_old(record, self._now(), queued=flight.queued):
                since = record.as_of if record and record.as_of else self._now()
                pending.append(Missing(source.id, "pending", since))
                waits.append(source.way.gate.wait(flight.place) if flight.place else 0.0)
        campus_of = {source.id: source.campus for source in sources}
        return Look(tuple(records), tuple(pending), campus_of, min(waits, default=0.0))

    async def close(self) -> None:
        """Gives questions under way up, and the connections to the OAs."""
        await self._flights.close()
        for source in self._sources:
            await source.way.http.aclose()


async def _patiently(known: Mapping[str, Remembered | None], flights: Mapping[str, Flight]) -> None:
    """Waits for the flights as long as a reader may; not at all for those in a queue, where there is a list."""
    lists = {id: last is not None and last.as_of is not None for id, last in known.items()}
    waited = [flight.landed for id, flight in flights.items() if not (flight.queued and lists[id])]
    if waited:
        patient = all(lists[id] for id in flights)
        await asyncio.wait(waited, timeout=PATIENCE_WITH_LIST if patient else PATIENCE_WITHOUT)
