"""Reads of Redis by many requests at once: what is asked while one MGET is under way goes into the next one."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import structlog
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, InvalidResponse, RedisError, ResponseError, TimeoutError

log = structlog.get_logger()

MOST: Final = 32
"""Questions that go together. When more wait, others go beside them: nobody waits for a slow Redis twice."""
_SILENCE: Final = (ConnectionError, TimeoutError, OSError)
"""It answers nobody: those who wait are told the same."""
Values: TypeAlias = list[bytes | None]
Question: TypeAlias = tuple[Sequence[str], asyncio.Future[Values]]


class Reads:
    """A lone question goes to its server at once, and what comes meanwhile goes together."""

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._redis, self._now = redis, now
        self._server_of: Callable[[str], Any] = getattr(redis, "server_of", lambda name: None)
        """Which member of a Cluster has a key: that others answer says nothing about its keys."""
        self._apart = hasattr(redis, "server_of")
        """Whether each question is a command of its own: a Cluster answers for one hash tag at a time."""
        self._silent_since: dict[Any, datetime] = {}
        """By server, None before any is known: when it first gave no answer after the last one that it gave."""
        self._waiting: defaultdict[Any, list[Question]] = defaultdict(list)
        """By server: who comes next."""
        self._under_way: Counter[Any] = Counter()
        """By server: how many MGETs."""
        self._tasks: set[asyncio.Task[None]] = set()

    def away_since(self, name: str) -> datetime:
        """When the server of this key first gave no answer after the last one that it gave; now, while it answers."""
        found = (self._silent_since.get(server) for server in (None, self._server_of(name)))
        return min(filter(None, found), default=self._now())

    async def mget(self, names: Sequence[str]) -> Values:
        """The values of these keys, which one server has. Raises RedisError or OSError, as the client does."""
        try:
            values = await self._answer(self._server_of(names[0]), names)
        except (RedisError, OSError) as error:
            server = self._server_of(names[0])  # which may have been found out meanwhile
            if server not in self._silent_since:
                log.error("redis.away", error=str(error)[:200])
                self._silent_since[server] = self._now()
            raise
        if self._silent_since:
            self._heard(None, self._server_of(names[0]))
        return values

    def _heard(self, *servers: Any) -> None:
        for server in servers:
            if since := self._silent_since.pop(server, None):
                log.info("redis.back", since=since.isoformat(timespec="seconds"))

    def _answer(self, server: Any, names: Sequence[str]) -> asyncio.Future[Values]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Values] = loop.create_future()
        waiting = self._waiting[server]
        waiting.append((names, answer))
        if len(waiting) > MOST * self._under_way[server]:
            self._under_way[server] += 1
            task = loop.create_task(self._ask(server, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return answer

    async def _ask(self, server: Any, waiting: list[Question]) -> None:
        """Until nobody waits."""
        try:
            while waiting:
                asked = [each for each in waiting[:MOST] if not each[1].done()]  # who asked may have left
                del waiting[:MOST]
                if asked:
                    await self._settle(asked, waiting)
        finally:
            self._under_way[server] -= 1
            if not self._under_way[server]:
                del self._under_way[server], self._waiting[server]

    async def _settle(self, asked: list[Question], waiting: list[Question]) -> None:
        try:
            replies = await self._replies([names for names, _ in asked])
        except Exception as error:
            replies = [error] * len(asked)
        if all(isinstance(reply, _SILENCE) for reply in replies):
            asked, replies = [*asked, *waiting], [*replies, *replies[:1] * len(waiting)]
            waiting.clear()
        for (_, answer), reply in zip(asked, replies, strict=True):
            if answer.done():
                continue
            if isinstance(reply, Exception):
                answer.set_exception(reply)
            else:
                answer.set_result(reply)

    async def _replies(self, asked: Sequence[Sequence[str]]) -> list[Values | Exception]:
        """What each question came to. Raises what all of them came to."""
        if len(asked) == 1 or not self._apart:
            try:
                return await self._joined(asked)
            except ResponseError as error:
                if len(asked) == 1:
                    raise
                log.warning("redis.asked_apart", error=str(error)[:200])
                self._apart = True
        pipe = self._redis.pipeline(transaction=False)
        for names in asked:
            pipe.mget(names)
        replies = await pipe.execute(raise_on_error=False)
        return [_values(reply, len(names)) for reply, names in zip(replies, asked, strict=True)]

    async def _joined(self, asked: Sequence[Sequence[str]]) -> list[Values | Exception]:
        names = [name for each in asked for name in each]
        values = _values(await self._redis.mget(names), len(names))
        if isinstance(values, Exception):
            raise values
        following = iter(values)
        return [[next(following) for _ in each] for each in asked]


def _values(reply: object, count: int) -> Values | Exception:
    """The values of an MGET, or why there are none: an answer of another length is one to another question."""
    if isinstance(reply, Exception):
        return reply
    if not isinstance(reply, list) or len(reply) != count:
        return InvalidResponse("an MGET with another number of values than it has keys")
    return [value if isinstance(value, bytes) else None for value in reply]
