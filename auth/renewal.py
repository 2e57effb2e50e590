"""The centre is asked again about people who are signed in, behind their backs and behind our answers.

A refresh token is good once at many centres, and using it twice revokes everything. So one attempt a minute is made
for one refresh token, whoever makes it: a key in Redis, named by its hash, is the lock while the attempt runs and the
pause after one that failed. Nobody waits for it. Its result is the session's own record, which every instance reads
with the next request of that session.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.centre import Centre
from auth.errors import AuthError
from auth.session import Session, Tokens
from auth.sessions import Sessions

log = structlog.get_logger()

APART: Final = timedelta(seconds=60)
"""Between two attempts with one refresh token, and between two looks at one session."""
_LONG: Final = timedelta(minutes=10)
"""Before a session is looked at again of which Redis knows nothing."""
PATIENCE: Final = 10.0
"""Seconds for one attempt: well within the time for which the lock holds."""
_WRITE_AGAIN: Final = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts to keep fresh tokens: the old ones are worth nothing any more."""
_FINAL: Final = ("renewal-refused", "token-")
"""Codes that end the session: the centre says no, or vouches for somebody else."""
_MOST: Final = 10_000


class Renewal:
    """Asks the centre about sessions that it has not been asked about for long."""

    def __init__(self, redis: Redis, sessions: Sessions, centre: Centre, now: Callable[[], datetime]) -> None:
        self._redis, self._sessions, self._centre, self._now = redis, sessions, centre, now
        self._looked: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def install(self) -> None:
        """From now on `Sessions` says whose time has come."""
        self._sessions.when_overdue(self.begin)

    def begin(self, session: Session) -> None:
        """Begins to ask, unless that was begun here within the last minute. Returns at once."""
        now = self._now()
        if now - self._looked.get(session.id, now - APART) < APART:
            return
        self._looked[session.id] = now
        while len(self._looked) > _MOST:
            del self._looked[next(iter(self._looked))]
        task = asyncio.create_task(self._ask(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Waits for the attempts that have begun: what they bring cannot be had twice."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PATIENCE)

    async def _ask(self, session: Session) -> None:
        try:
            await self._sessions.heal(session)
            record = await self._sessions.vault.read(session)
            if record is None:
                self._looked[session.id] = self._now() + _LONG
            elif record.tokens.refresh_token and await self._is_our_turn(session, record.tokens):
                await self._renew(session, record.tokens)
        except Exception:
            log.exception("renewal.bug")  # behind the answer nobody else would tell

    async def _is_our_turn(self, session: Session, tokens: Tokens) -> bool:
        digest = hashlib.sha256((tokens.refresh_token or "").encode()).hexdigest()
        try:
            return bool(
                await self._redis.set(f"pw:{{{session.slot}}}:renewal:{digest}", b"1", nx=True, ex=APART)
            )
        except (RedisError, OSError) as error:
            log.warning("renewal.store_away", error=type(error).__name__)
            return False

    async def _renew(self, session: Session, tokens: Tokens) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                fresh = await self._centre.renew(tokens)
        except TimeoutError:
            log.warning("renewal.unanswered", code="centre-too-slow")
        except AuthError as error:
            # What is no word about the person harms nobody: the centre is asked again in a minute.
            log.warning("renewal.unanswered", code=error.full_code)
            if error.full_code.startswith(_FINAL):
                await self._end(session, tokens, error)
        else:
            if fresh is not None:
                await self._keep(session, fresh)

    async def _end(self, session: Session, tokens: Tokens, refused: AuthError) -> None:
        """The centre does not stand by the person any more, unless somebody else used the token before us."""
        record = await self._sessions.vault.read(session)
        if record is None or record.tokens.refresh_token != tokens.refresh_token:
            return
        await self._sessions.revoke(session, refused.full_code)

    async def _keep(self, session: Session, fresh: Tokens) -> None:
        for pause in _WRITE_AGAIN:
            if await self._sessions.vault.renew(session, fresh):
                return
            await asyncio.sleep(pause)
        log.warning("renewal.tokens_lost")
