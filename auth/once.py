"""What may be used once, also when Redis did what it was asked and its answer was lost.

Redis clients ask again then. A plain SET NX or GETDEL says to the second question that somebody else was first: a
sign-out that is not done, a sign-in that is refused. So whoever is first leaves a word of their own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

_MOST: Final = 1000


async def first(redis: Redis, name: str, life: timedelta, mine: bytes | None = None) -> bool:
    """Whether nobody else took this name before, for as long as it lives. Raises RedisError, OSError."""
    word = mine or secrets.token_bytes(16)
    async with redis.pipeline(transaction=False) as steps:
        steps.set(name, word, nx=True, ex=life)
        steps.get(name)
        return bool((await steps.execute())[-1] == word)


async def taken(
    redis: Redis, name: str, life: timedelta, may: Callable[[bytes], None] | None = None
) -> bytes | None:
    """What stands there, for the first who takes it; None for everybody else. Raises RedisError, OSError.

    `may` looks at it before, and raises what it likes: then it stays for whoever it belongs to.
    """
    found = await redis.get(name)
    if isinstance(found, bytes) and may:
        may(found)
    if not isinstance(found, bytes) or not await first(redis, f"{name}:taken", life):
        return None
    await redis.delete(name)
    return found


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
            return await first(self._redis, key, left)
        except (RedisError, OSError) as error:
            log.warning("once.unchecked", error=type(error).__name__)
            return True
