"""One OA as this instance reaches it: its client, breaker, places and agreed rate, and what was seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, get_args

from widgets.items import Kind, MissingCode
from widgets.oa import outbound
from widgets.oa.allowance import Allowance
from widgets.oa.breaker import Breaker
from widgets.oa.gate import Gate
from widgets.oa.sense import Sense

PLACES: Final = 8
"""Questions to one OA at a time; one question makes a few calls."""
_SMOOTH: Final = 0.1
"""How much the newest of many values counts."""


@dataclass(slots=True)
class Seen:
    """What this instance saw of one OA since it started: numbers only, nobody's data."""

    lists: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Questions by widget and outcome: `ok`, a code of `Missing`, or `postponed`."""
    dropped: int = 0
    foreign: int = 0
    interval: float | None = None
    """Seconds between two answers about the same list, smoothed: what the agreed rate stretches."""
    answered_at: datetime | None = None
    """When a list last came."""
    failing_since: datetime | None = None

    def came(self, kind: Kind, dropped: int, now: datetime) -> None:
        self.lists[kind, "ok"] += 1
        self.dropped += dropped
        self.answered_at, self.failing_since = now, None

    def failed(self, kind: Kind, code: MissingCode, now: datetime) -> None:
        self.lists[kind, code] += 1
        self.failing_since = self.failing_since or now

    def refreshed_after(self, seconds: float) -> None:
        before = seconds if self.interval is None else self.interval
        self.interval = before + _SMOOTH * (seconds - before)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The parts that belong to one source."""

    http: outbound.HttpClient
    breaker: Breaker
    gate: Gate
    sense: Mapping[Kind, Sense]
    seen: Seen = field(default_factory=Seen)
    rate: float | None = None
    """Calls a second that its owner agreed to; None: no limit was agreed on."""

    def resting(self, kind: Kind) -> tuple[MissingCode, datetime | None] | None:
        """Why nobody asks for such lists now, and since when; None: they may be asked for."""
        if self.breaker.is_open:
            return "unavailable", self.breaker.since
        if self.sense[kind].is_resting:
            return self.sense[kind].code, self.sense[kind].since
        return None


def upstream(
    origins: list[str],
    *,
    deadline: float,
    now: Callable[[], datetime],
    rate: float | None = None,
    allowance: Allowance | None = None,
    watch: outbound.Watch | None = None,
) -> Upstream:
    """The way to one OA, as far as these origins. Nothing is asked yet."""
    breaker = Breaker(now)
    http = outbound.client(
        origins,
        deadline=deadline,
        patience=deadline,
        breaker=breaker,
        allowance=allowance,
        watch=watch,
        only_asks=True,  # tokens, lists, tickets: an OA that hears it twice answers twice
    )
    # No more at once than the rate lets through soon: who has been let in should not wait inside.
    places = PLACES if rate is None else max(1, min(PLACES, round(rate / 4)))
    sense = {kind: Sense(now) for kind in get_args(Kind)}
    return Upstream(http, breaker, Gate(places), sense, rate=rate)
