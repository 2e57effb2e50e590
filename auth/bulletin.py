"""Fresh keys for all instances at once: when tokens ask for a re-fetch, one instance asks the centre, all read it.

So strange key ids make us ask the centre once a minute, however many instances there are, and an instance whose
turn it was not still learns the new key within the same sign-in.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.errors import CentreUnavailable
from auth.once import first
from auth.sealing import KeyRing

log = structlog.get_logger()

APART: Final = timedelta(seconds=60)
"""Between two forced fetches of one issuer, whoever makes them."""
_KEPT: Final = timedelta(hours=1)
_LOOK_EVERY: Final = 0.1
_LOOKS: Final = 15
_TURN: Final = 16


class Bulletin:
    """One board a centre. What hangs there is sealed: whoever can write to Redis can still publish no key."""

    def __init__(
        self, redis: Redis, keys: KeyRing, issuer: str, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._redis, self._keys, self._random = redis, keys, random
        stem = f"pw:{{keys:{hashlib.sha256(issuer.encode()).hexdigest()[:16]}}}"
        self._turn, self._board = f"{stem}:turn", f"{stem}:board"

    async def latest(self, fetch: Callable[[], Awaitable[bytes]]) -> bytes:
        """What `fetch` gives, asked by us or within the last minute by another instance.

        Redis away: asked by us, and the caller's own pace holds. Raises CentreUnavailable.
        """
        turn = self._random(_TURN)
        try:
            if not await first(self._redis, self._turn, APART, turn):
                return await self._read()
        except (RedisError, OSError) as error:
            log.warning("bulletin.unread", error=type(error).__name__)
            return await fetch()
        return await self._post(turn, await fetch())

    async def _post(self, turn: bytes, body: bytes) -> bytes:
        blob = self._keys.seal("bulletin", self._board, turn + body)
        try:
            await self._redis.set(self._board, blob, ex=_KEPT)
        except (RedisError, OSError) as error:
            log.warning("bulletin.unwritten", error=type(error).__name__)
        return body

    async def _read(self) -> bytes:
        """Waits for the instance whose turn it is. Nothing came: the centre did not answer it, either."""
        for _ in range(_LOOKS):
            turn, blob = await self._redis.mget([self._turn, self._board])
            plain = self._keys.open("bulletin", self._board, blob) if isinstance(blob, bytes) else None
            if plain is not None and turn in (None, plain[:_TURN]):
                return plain[_TURN:]
            await asyncio.sleep(_LOOK_EVERY)
        raise CentreUnavailable("unavailable")
