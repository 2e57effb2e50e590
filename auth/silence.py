"""Whether a frame may ask the centre silently (OIDC Core §3.1.2.1 `prompt=none`).

A centre that shows its sign-in page instead leaves a dead frame behind, so it is tried first, from our server,
without cookies: it must send us back with an error at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

import structlog

from auth.centre import Centre
from auth.kept import Kept

log = structlog.get_logger()

Choice = Literal["auto", "always", "never"]
PATIENCE: Final = 1.2
"""Seconds that a frame waits for everything before it sets out: a card is due within 1.5 s."""

_FRESH: Final = timedelta(minutes=1)


class Silence:
    """Knows the answer for a minute, and not longer: a frame that is sent to a centre which is away stays empty."""

    def __init__(self, centre: Centre, choice: Choice, now: Callable[[], datetime]) -> None:
        """`choice`: `auto` tries the centre, the others are an operator's word."""
        self._centre, self._choice = centre, choice
        self._honoured = Kept(self._tried, now, fresh=_FRESH, stale=timedelta())

    async def is_honoured(self) -> bool:
        """Raises CentreError."""
        if self._choice == "auto":
            return await self._honoured.value()
        return self._choice == "always"

    async def _tried(self) -> bool:
        honoured = await self._centre.honours_silence()
        log.info("silence.tried", honoured=honoured)
        return honoured
