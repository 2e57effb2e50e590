"""The centre's tokens of each session: sealed, in Redis, and gone with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.sealing import KeyRing
from auth.session import Session, Tokens

log = structlog.get_logger()

_AWAY: Final = (RedisError, OSError)


@dataclass(frozen=True, slots=True)
class Record:
    """What Redis keeps of a session, sealed: it may be newer than the cookie."""

    tokens: Tokens
    checked_at: datetime


class Vault:
    """Keeps one record a session. Redis away: the session goes on without."""

    def __init__(self, redis: Redis, keys: KeyRing, now: Callable[[], datetime]) -> None:
        self._redis, self._keys, self._now = redis, keys, now

    async def keep(self, session: Session, tokens: Tokens) -> bool:
        """Keeps what the centre issued just now; False: Redis is away."""
        return await self._write(session, tokens, only_over=False)

    async def renew(self, session: Session, tokens: Tokens) -> bool:
        """The same in place of an older record: what was taken away meanwhile, by a sign-out, stays away."""
        return await self._write(session, tokens, only_over=True)

    async def _write(self, session: Session, tokens: Tokens, *, only_over: bool) -> bool:
        now, name = self._now(), session.ending.tokens
        fields = [tokens.id_token, tokens.access_token, tokens.refresh_token, int(now.timestamp())]
        blob = self._keys.seal("tokens", name, orjson.dumps(fields))
        try:
            left = max(session.expires_at - now, timedelta(seconds=1))
            await self._redis.set(name, blob, ex=left, xx=only_over)
        except _AWAY as error:
            log.warning("session.tokens_not_kept", error=type(error).__name__)
            return False
        return True

    async def read(self, session: Session) -> Record | None:
        """None: it is gone, damaged or somebody else's, or Redis is away."""
        try:
            blob = await self._redis.get(session.ending.tokens)
        except _AWAY as error:
            log.warning("session.tokens_unread", error=type(error).__name__)
            return None
        return self.opened(session, blob)

    def opened(self, session: Session, blob: object) -> Record | None:
        """The record that stands under the session's name, read together with something else."""
        name = session.ending.tokens
        plain = self._keys.open("tokens", name, blob) if isinstance(blob, bytes) else None
        if plain is None:
            return None
        fields = orjson.loads(plain)
        if len(fields) != 4:
            return None
        return Record(Tokens(*fields[:3]), datetime.fromtimestamp(fields[3], UTC))
