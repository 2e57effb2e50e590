"""Leaves an OA alone while it fails: everybody is told so at once, and one call at a time finds out when it is back."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["closed", "half-open", "open"]
IN_A_ROW: Final = 5
"""Failures in a row that open it."""
WINDOW: Final = timedelta(seconds=10)
ENOUGH: Final = 10
"""Calls within the window of which half may fail: one address of an OA may be broken while its lists are well."""
FIRST: Final = timedelta(seconds=2)
LONGEST: Final = timedelta(seconds=12)
"""An OA that is back is asked again within a quarter of a minute, and a broken one no more than that often."""
SPREAD: Final = 0.2
LONGEST_ASKED_FOR: Final = timedelta(minutes=5)
"""What an OA may ask for by `Retry-After` (RFC 9110 §10.2.3)."""


class Breaker:
    """One OA's. `now` may jump: a clock that was put back closes nothing for longer."""

    def __init__(self, now: Callable[[], datetime], chance: Callable[[], float] = random.random) -> None:
        self._now, self._chance = now, chance
        self._recent: deque[tuple[datetime, bool]] = deque(maxlen=100)
        self._row, self._span = 0, FIRST
        self._until: datetime | None = None
        self._opened: datetime | None = None
        self._probe: asyncio.Event | None = None
        self.since: datetime | None = None
        """When the trouble began; None while there is none."""

    @property
    def state(self) -> State:
        if self._until is None:
            return "closed"
        return "open" if self._is_resting() else "half-open"

    @property
    def is_open(self) -> bool:
        """Nobody may ask now."""
        return self._until is not None and self._is_resting()

    async def admit(self) -> bool:
        """Whether a call may go out. Whoever got a yes reports how it went, or that it was `dropped`.

        While one call finds out whether the OA is back, others wait for what it finds.
        """
        while self._probe is not None:
            await self._probe.wait()
        if self._until is None:
            return True
        if self._is_resting():
            return False
        self._probe = asyncio.Event()
        return True

    def dropped(self) -> None:
        """The call was given up before anything could be learnt from it."""
        self._found_out()

    def succeeded(self) -> None:
        if self._until is not None and self._probe is None:
            return  # begun before the trouble: no proof that it is over
        self._note(True)
        self._row, self._span = 0, FIRST
        self._until = self._opened = self.since = None
        self._found_out()

    def failed(self, pause: timedelta | None = None) -> None:
        """`pause`: what the OA asked for, itself."""
        probing = self._probe is not None
        self._note(False)
        self._row += 1
        if self._until is None and self.since is None:
            self.since = self._now()
        if self._until is not None and probing:
            self._span = min(self._span * 2, LONGEST)
            self._open(self._span)
        elif self._until is None and (self._row >= IN_A_ROW or self._most_fail()):
            self._open(self._span)
        if pause:
            self._open(min(pause, LONGEST_ASKED_FOR), exactly=True)
        self._found_out()

    def _found_out(self) -> None:
        if self._probe is not None:
            self._probe.set()
            self._probe = None

    def _open(self, span: timedelta, exactly: bool = False) -> None:
        factor = 1.0 if exactly else 1 - SPREAD + 2 * SPREAD * self._chance()
        self._opened = self._now()
        self._until = self._opened + span * factor

    def _is_resting(self) -> bool:
        now = self._now()
        return bool(self._opened and self._until and self._opened <= now < self._until)

    def _note(self, fine: bool) -> None:
        now = self._now()
        self._recent.append((now, fine))
        while self._recent and now - self._recent[0][0] > WINDOW:
            self._recent.popleft()

    def _most_fail(self) -> bool:
        bad = sum(not fine for _, fine in self._recent)
        return len(self._recent) >= ENOUGH and 2 * bad > len(self._recent)
