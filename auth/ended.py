"""The end of sessions: a tombstone in Redis for every instance, and what this instance ended whatever Redis says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

TOO_MANY: Final = "too-many-sessions"
"""Why a session ended that was one too many: its person is told."""
_AWAY: Final = (RedisError, OSError)
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Ending:
    """What must be known of a session to end it without its cookie."""

    slot: str
    id: str
    expires_at: datetime
    actor: str
    """工号 or subject, for the trail."""

    @property
    def tombstone(self) -> str:
        return tombstone(self.slot, self.id)

    @property
    def tokens(self) -> str:
        return f"pw:{{{self.slot}}}:tokens:{self.id}"


def tombstone(slot: str, id: str) -> str:
    """The key in Redis that says that a session was ended."""
    return f"pw:{{{slot}}}:ended:{id}"


class Ended:
    """Keeps what this instance ended until it would have expired, and tells Redis as soon as it can.

    A tombstone holds why, where the person is to be told, or `1`.
    """

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._redis, self._now = redis, now
        self._known: dict[str, str] = {}
        """Why, by tombstone."""
        self._unwritten: dict[str, Ending] = {}
        self.tell: Callable[[Ending], None] = _nobody_hears
        """Told of every session that is over: at once, and again when Redis, which was away, knows it."""

    def here(self, tombstone: str) -> bool:
        """Whether this instance ended it: that stays so, whatever Redis forgets."""
        return tombstone in self._known

    def why(self, tombstone: str, value: bytes | None = None) -> str:
        """Why it ended, if its person is to be told: by what this instance knows, or by what its tombstone holds."""
        told = self._known.get(tombstone, "") or (value or b"").decode("ascii", "replace")
        return told if told == TOO_MANY else ""

    @property
    def behind(self) -> bool:
        """Whether Redis does not know all of it yet."""
        return bool(self._unwritten)

    async def add(self, endings: Iterable[Ending], why: str = "") -> None:
        """Ends them here at once, on other instances as soon as Redis knows."""
        added = list(endings)
        for ending in added:
            self._known[ending.tombstone] = why
            self._unwritten[ending.tombstone] = ending
        for known in (self._known, self._unwritten):
            while len(known) > _MOST:
                del known[next(iter(known))]
        await self.settle()
        for ending in added:
            if ending.tombstone in self._unwritten:
                self.tell(ending)

    async def settle(self) -> None:
        """Writes what Redis does not know yet, and takes the tokens away."""
        try:
            for name, ending in list(self._unwritten.items()):
                left = max(ending.expires_at - self._now(), timedelta(seconds=1))
                await self._redis.set(name, self._known.get(name) or "1", ex=left)
                await self._redis.delete(ending.tokens)
                self._unwritten.pop(name, None)
                self.tell(ending)
        except _AWAY as error:
            log.warning("session.end_unwritten", waiting=len(self._unwritten), error=type(error).__name__)


def _nobody_hears(ending: Ending) -> None:
    """Until somebody says who wants to know."""
