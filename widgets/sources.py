"""From configured sources to OA clients, each on its own way to its OA."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from widgets.dialects import reached, speak
from widgets.flights import Source
from widgets.oa.allowance import Allowance
from widgets.oa.outbound import Watch
from widgets.oa.upstream import upstream
from widgets.settings_sources import AnySource
from widgets.tickets import Tickets

DEADLINE: Final = 5.0
"""Seconds for one call to an OA. Readers wait less (`feed`): what comes late is there at their next look."""
ASKING_BACK: Final = frozenset({"seeyon-v5"})
"""Kinds of OA that ask our addresses below `/oa/`."""


def connect(
    configured: Iterable[AnySource],
    zone: ZoneInfo,
    now: Callable[[], datetime],
    allowance: Callable[[str, float], Allowance] | None = None,
    watch: Callable[[str], Watch] | None = None,
    tickets: Tickets | None = None,
) -> tuple[Source, ...]:
    """One source for each configured OA. Nothing is asked yet.

    `allowance` makes what keeps a source's rate, `watch` what is told of its calls; without them nobody does.
    `tickets` are for the products that ask us back.
    """
    return tuple(_source(one, zone, now, allowance, watch, tickets) for one in configured)


def _source(
    one: AnySource,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    allowance: Callable[[str, float], Allowance] | None,
    watch: Callable[[str], Watch] | None,
    tickets: Tickets | None,
) -> Source:
    way = upstream(
        reached(one),
        deadline=DEADLINE,
        now=now,
        rate=one.rate,
        allowance=allowance(one.id, one.rate) if allowance and one.rate else None,
        watch=watch(one.id) if watch else None,
    )
    return Source(one.id, one.campus, frozenset(one.widgets), speak(one, way.http, zone, now, tickets), way)
