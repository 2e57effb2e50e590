"""What may be used once: signed messages that say until when they are good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

_MOST: Final = 1000


class Once:
    """Remembers names until they are worth nothing any more.

    Redis away: a name counts as new unless this very instance knows it. A sign-out that is done twice harms
    little, one that is not done leaves somebody else at a person's list.
    """

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._redis, self._now = redis, now
        self._known: dict[str, datetime] = {}

    async def claim(self, name: str, until: datetime) -> bool:
        """Whether this name is new."""
        key = f"pw:once:{hashlib.sha256(name.encode()).hexdigest()}"
        if self._known.get(key, self._now()) > self._now():
            return False
        self._known[key] = until
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        try:
            left = max(until - self._now(), timedelta(seconds=1))
            return bool(await self._redis.set(key, b"1", nx=True, ex=left))
        except (RedisError, OSError) as error:
            log.warning("once.unchecked", error=type(error).__name__)
            return True
