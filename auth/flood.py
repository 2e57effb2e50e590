"""How much one address, and all addresses together, may ask of signing in: a token bucket each, on this instance.

A person needs a few attempts an hour, a hospital forty a second when its shift begins. Whoever sends more, or sends
forged callbacks and sign-outs, pays for themselves alone. Nothing waits in Redis: a flood must not reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Final

import structlog

log = structlog.get_logger()

ATTEMPT: Final = 1
"""What a sign-in costs that begins."""
REFUSAL: Final = 5
"""What anything costs that is refused: it left a line in the trail."""
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So much a second in the long run, so much at once."""

    a_second: float
    at_once: float


ONE: Final = Rate(50, 500)
"""One address: a whole hospital, where the gateway's own address is all that we see."""
ALL: Final = Rate(200, 2000)


class Flood:
    """Keeps the buckets. One more address than we keep forgets the one that was longest away."""

    def __init__(self, now: Callable[[], datetime], one: Rate = ONE, all: Rate = ALL) -> None:
        self._now, self._one, self._all = now, one, all
        self._spent: dict[str, tuple[float, float]] = {}
        """Of each address what it has used up, and when that was so."""
        self._together = (0.0, 0.0)

    def may_begin(self, source: str) -> bool:
        """Counts one attempt to sign in; whether it may go on."""
        source, at = machine(source), self._now().timestamp()
        together = _left_over(self._together, self._all, at) + ATTEMPT
        if self.holds_back(source) or together > self._all.at_once:
            return False
        self._together = together, at
        self._count(source, ATTEMPT)
        return True

    def refused(self, source: str) -> None:
        """Counts something that was refused."""
        self._count(machine(source), REFUSAL)

    def holds_back(self, source: str) -> bool:
        """Whether this address has used up what it had."""
        return self._spent_by(machine(source)) >= self._one.at_once

    def _spent_by(self, source: str) -> float:
        return _left_over(self._spent.get(source, (0.0, 0.0)), self._one, self._now().timestamp())

    def _count(self, source: str, cost: float) -> None:
        spent = self._spent_by(source) + cost
        if spent >= self._one.at_once > spent - cost:
            log.warning("auth.flood", source=source)  # once, not with every request of it
        self._spent.pop(source, None)
        self._spent[source] = spent, self._now().timestamp()
        while len(self._spent) > _MOST:
            del self._spent[next(iter(self._spent))]


def machine(source: str) -> str:
    """What counts as one address: of IPv6 a whole /64, which one machine has to itself (RFC 4291 §2.5.1)."""
    if ":" not in source:
        return source
    try:
        return str(ip_network((source, 64), strict=False))
    except ValueError:
        return source


def _left_over(spent: tuple[float, float], rate: Rate, at: float) -> float:
    """What is still used up after a while. A clock that was set back gives nothing away, and takes nothing."""
    amount, since = spent
    return max(0.0, amount - max(0.0, at - since) * rate.a_second)
