"""One OA as this instance reaches it: its client, breaker, places and agreed rate, and what was seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from widgets.oa import outbound
from widgets.oa.allowance import Allowance
from widgets.oa.breaker import Breaker
from widgets.oa.gate import Gate

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

    def refreshed_after(self, seconds: float) -> None:
        before = seconds if self.interval is None else self.interval
        self.interval = before + _SMOOTH * (seconds - before)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The parts that belong to one source."""

    http: outbound.HttpClient
    breaker: Breaker
    gate: Gate
    seen: Seen = field(default_factory=Seen)
    rate: float | None = None
    """Calls a second that its owner agreed to; None: no limit was agreed on."""


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
        origins, deadline=deadline, patience=deadline, breaker=breaker, allowance=allowance, watch=watch
    )
    # No more at once than the rate lets through soon: who has been let in should not wait inside.
    places = PLACES if rate is None else max(1, min(PLACES, round(rate / 4)))
    return Upstream(http, breaker, Gate(places), rate=rate)
