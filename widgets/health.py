"""Alive, ready, and in numbers: for the supervisor, the gateway and whoever is called at night.

None of it asks an outside party: what is told is what the service knows from its work, so that nobody's bad day
restarts anything, and nobody's questions add to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from quart import Blueprint, Response, jsonify

from audit.trail import Trail
from auth.guard import operations
from widgets.flights import Source
from widgets.wakeups import Wakeups

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def blueprint(
    sources: Iterable[Source],
    trail: Trail,
    wakeups: Wakeups,
    centre: Callable[[], str | None],
    numbers: Callable[[], bytes],
) -> Blueprint:
    """`centre` tells how the last call to the identity centre ended, `numbers` everything that was counted."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    @operations
    async def healthz() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @health.get("/readyz")
    @operations
    async def readyz() -> Response:
        # Ready whatever is down: people see their last lists, and an instance taken away would help nobody.
        parties = {
            "redis": _state(not wakeups.connected),
            "identity": {"state": _after(centre())},
            "trail": {**_state(trail.failing), "waiting": trail.waiting, "lost": trail.lost},
        }
        return jsonify(ready=True, **parties, sources={source.id: _of(source) for source in sources})

    @health.get("/metrics")
    @operations
    async def metrics() -> Response:
        return Response(numbers(), content_type=_TEXT)

    return health


def _state(is_down: bool) -> dict[str, Any]:
    return {"state": "down" if is_down else "up"}


def _after(outcome: str | None) -> str:
    """What the end of the last call says about who was called."""
    if outcome is None:
        return "unknown"
    return "down" if outcome in ("slow", "unreachable", "cancelled") or outcome.startswith("5") else "up"


def _of(source: Source) -> dict[str, Any]:
    """`unknown` until somebody wanted a list of it."""
    seen, breaker = source.way.seen, source.way.breaker
    if breaker.state != "closed":
        state, since = "down", breaker.since
    elif seen.failing_since is not None:
        state, since = "failing", seen.failing_since
    else:
        state, since = ("up" if seen.answered_at else "unknown"), None
    return {
        "state": state,
        "since": _written(since),
        "answered": _written(seen.answered_at),
        "breaker": breaker.state,
        "waiting": source.way.gate.waiting,
    }


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
