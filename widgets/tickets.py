"""What an OA asks us back for: one-time tickets of a click, and tokens that it delivers instead of answering.

Both live in Redis for a minute, because the OA may reach another instance than the one that began. Keys are
hashes, values are sealed to their source.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.sealing import KeyRing
from widgets.oa import OAUnavailable

log = structlog.get_logger()

LIFE: Final = timedelta(seconds=60)
"""Of a ticket, and of the wait for a token."""
PATIENCE: Final = 1.5
"""Seconds that a token may take to arrive after the OA has answered."""
LONGEST: Final = 512
"""Characters of what an OA brings along."""
_STEP: Final = 0.05
_TICKET: Final = "oa-ticket"
_TOKEN: Final = "oa-token"
_EXPECTED: Final = b"-"


def _random() -> str:
    return secrets.token_urlsafe(32)


class Tickets:
    """Issues and redeems tickets, expects and receives tokens, each for one source."""

    def __init__(self, redis: Redis, keys: KeyRing, random: Callable[[], str] = _random) -> None:
        self._redis, self._keys, self._random = redis, keys, random

    async def issue(self, source: str, login: str) -> str:
        """A ticket that tells this login name once, within a minute. Raises OAUnavailable without Redis."""
        ticket = self._random()
        await self._put(_key(_TICKET, source, ticket), self._keys.seal(_TICKET, source, login.encode()))
        return ticket

    async def redeem(self, source: str, ticket: str) -> str | None:
        """The login name that this ticket of this source stands for; from then on the ticket is worthless."""
        if not 0 < len(ticket) <= LONGEST:
            return None
        return self._opened(_TICKET, source, await self._take(_key(_TICKET, source, ticket)))

    async def expect(self, source: str) -> str:
        """A word for the OA to bring along with a token. Raises OAUnavailable without Redis."""
        word = self._random()
        await self._put(_key(_TOKEN, source, word), _EXPECTED)
        return word

    async def deliver(self, source: str, word: str, token: str) -> bool:
        """Takes a token that the OA brought; False when nobody waits for that word."""
        if not (0 < len(word) <= LONGEST and 0 < len(token) <= LONGEST):
            return False
        sealed = self._keys.seal(_TOKEN, source, token.encode("utf-8", "replace"))
        try:
            return bool(await self._redis.set(_key(_TOKEN, source, word), sealed, xx=True, ex=LIFE))
        except (RedisError, OSError) as error:
            log.warning("tickets.away", error=type(error).__name__)
            return False

    async def collect(self, source: str, word: str) -> str:
        """The token that came with this word. Raises OAUnavailable when none came in time."""
        key = _key(_TOKEN, source, word)
        for _ in range(round(PATIENCE / _STEP)):
            found = await self._look(key)
            if found != _EXPECTED:
                break
            await asyncio.sleep(_STEP)
        token = self._opened(_TOKEN, source, await self._take(key))
        if token is None:
            raise OAUnavailable("the OA delivered no token")
        return token

    def _opened(self, purpose: str, source: str, sealed: bytes | None) -> str | None:
        opened = self._keys.open(purpose, source, sealed) if sealed else None
        return opened.decode() if opened else None

    async def _put(self, key: str, value: bytes) -> None:
        try:
            await self._redis.set(key, value, ex=LIFE)
        except (RedisError, OSError) as error:
            raise OAUnavailable(f"Redis is away: {type(error).__name__}") from error

    async def _look(self, key: str) -> bytes | None:
        try:
            found = await self._redis.get(key)
        except (RedisError, OSError) as error:
            raise OAUnavailable(f"Redis is away: {type(error).__name__}") from error
        return found if isinstance(found, bytes) else None

    async def _take(self, key: str) -> bytes | None:
        try:
            found = await self._redis.getdel(key)
        except (RedisError, OSError) as error:
            log.warning("tickets.away", error=type(error).__name__)
            return None
        return found if isinstance(found, bytes) else None


def _key(purpose: str, source: str, word: str) -> str:
    return f"pw:{purpose}:{source}:{hashlib.sha256(word.encode('utf-8', 'replace')).hexdigest()}"
