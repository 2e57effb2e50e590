"""`/metrics`: what this instance saw, in numbers (Prometheus text). No person, no title; few labels, all configured.

Counted where it happens or read when somebody asks: a poll costs nothing for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from audit.trail import AuditEvent, Trail
from widgets.flights import Source
from widgets.live import Live
from widgets.views import State
from widgets.wakeups import Wakeups

PREFIX: Final = "portal_widgets_"
SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
Dealt: TypeAlias = Mapping[tuple[str, State], int]
"""How many cards by widget and state."""
STATES: Final = {"closed": 0, "half-open": 1, "open": 2}


class Metrics:
    """The figures of one instance."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.last: dict[str, str] = {}
        """How the last call to each party ended."""
        self._calls = Counter(
            PREFIX + "calls",
            "Calls to an OA or to the identity centre, by how they ended.",
            ["party", "outcome"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            PREFIX + "call_seconds",
            "How long these calls took.",
            ["party"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._events = Counter(
            PREFIX + "events", "Lines of the trail.", ["action", "outcome"], registry=self._registry
        )

    def watch(self, party: str) -> Callable[[str, float], None]:
        """What is told of the calls to a source, by its id, or to the `identity` centre."""
        seconds = self._seconds.labels(party)

        def seen(outcome: str, took: float) -> None:
            self._calls.labels(party, outcome).inc()
            seconds.observe(took)
            self.last[party] = outcome

        return seen

    def counted(
        self, record: Callable[[AuditEvent], Awaitable[None]]
    ) -> Callable[[AuditEvent], Awaitable[None]]:
        """`record`, and a number for each event: sign-ins by their outcome among them."""

        async def both(event: AuditEvent) -> None:
            self._events.labels(event.action, event.outcome).inc()
            await record(event)

        return both

    def text(
        self, sources: Iterable[Source], dealt: Dealt, live: Live, wakeups: Wakeups, trail: Trail
    ) -> bytes:
        """All of it, as it stands now."""
        own, instance = CollectorRegistry(), _of_instance(live, wakeups, trail)
        own.register(_Now([_of_cards(dealt), *_of_sources(sources, self._now()), *instance]))
        return generate_latest(self._registry) + generate_latest(own)


class _Now:
    """What can be read at the moment that somebody asks."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)


def _of_cards(dealt: Dealt) -> Metric:
    cards = CounterMetricFamily(
        PREFIX + "cards", "Answers about a card, by what it showed.", labels=["widget", "state"]
    )
    for (widget, state), number in sorted(dealt.items()):
        cards.add_metric([widget, state], number)
    return cards


def _of_sources(sources: Iterable[Source], now: datetime) -> list[Metric]:
    lists = CounterMetricFamily(
        PREFIX + "lists", "Lists asked for, by how it ended.", labels=["source", "widget", "outcome"]
    )
    dropped = _counter("items_dropped", "Items that could not be read.")
    foreign = _counter("foreign_rows", "Rows that were another person's: one is a reason to get up.")
    breaker = _gauge("oa_breaker_state", "0 closed, 1 half-open, 2 open.")
    waiting = _gauge("oa_waiting", "Lists that wait for their turn.")
    age = _gauge("oa_answer_age_seconds", "Seconds since a list last came.")
    interval = _gauge(
        "oa_refresh_seconds", "Seconds between two answers about one list: an agreed rate stretches it."
    )
    for source in sources:
        seen = source.way.seen
        for (kind, outcome), number in sorted(seen.lists.items()):
            lists.add_metric([source.id, kind, outcome], number)
        dropped.add_metric([source.id], seen.dropped)
        foreign.add_metric([source.id], seen.foreign)
        breaker.add_metric([source.id], STATES[source.way.breaker.state])
        waiting.add_metric([source.id], source.way.gate.waiting)
        if seen.answered_at is not None:
            age.add_metric([source.id], (now - seen.answered_at).total_seconds())
        if seen.interval is not None:
            interval.add_metric([source.id], seen.interval)
    return [lists, dropped, foreign, breaker, waiting, age, interval]


def _of_instance(live: Live, wakeups: Wakeups, trail: Trail) -> list[Metric]:
    pushes = CounterMetricFamily(
        PREFIX + "pushes", "Pushes, by what came of them.", labels=["source", "outcome"]
    )
    for (source, outcome), number in sorted(live.pushes.items()):
        pushes.add_metric([source, outcome], number)
    return [
        pushes,
        _one("streams", "Open streams of wake-ups.", live.streams.count),
        _one("wakeups_connected", "1 while other instances are heard through Redis.", wakeups.connected),
        _one("trail_waiting", "Events that are not yet durable.", trail.waiting),
        _one("trail_lost", "Events that found no room since the start.", trail.lost),
    ]


def _counter(name: str, help: str) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, help, labels=["source"])


def _gauge(name: str, help: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help, labels=["source"])


def _one(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, help, value=float(value))
