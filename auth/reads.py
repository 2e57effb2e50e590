"""Reads of Redis by many requests at once: what is asked while one MGET is under way goes into the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import structlog
from redis.asyncio import Redis
from redis.exceptions import InvalidResponse, RedisError

log = structlog.get_logger()

MOST: Final = 32
"""Questions that one MGET carries."""
Values: TypeAlias = list[bytes | None]
Question: TypeAlias = tuple[Sequence[str], asyncio.Future[Values]]


class Reads:
    """One MGET at a time for each server: a lone question goes at once, and of many more go together."""

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._redis, self._now = redis, now
        self._server_of: Callable[[str], Any] = getattr(redis, "server_of", lambda name: None)
        """Which member of a Cluster has a key: that others answer says nothing about its keys."""
        self._silent_since: dict[Any, datetime] = {}
        """By server, None before any is known: when it first gave no answer after the last one that it gave."""
        self._waiting: dict[Any, list[Question]] = {}
        """By server that is being asked: who comes next."""
        self._asking: set[asyncio.Task[None]] = set()

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
        if server in self._waiting:
            self._waiting[server].append((names, answer))
        else:
            self._waiting[server] = [(names, answer)]
            task = loop.create_task(self._ask(server))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return answer

    async def _ask(self, server: Any) -> None:
        """Until nobody waits. Who waits behind a question that failed has waited long enough for the same answer."""
        waiting = self._waiting[server]
        while waiting:
            asked = waiting[:MOST]
            del waiting[:MOST]
            try:
                await self._together(asked)
            except Exception as error:
                for _, answer in [*asked, *waiting]:
                    if not answer.done():
                        answer.set_exception(error)
                waiting.clear()
        del self._waiting[server]

    async def _together(self, asked: Sequence[Question]) -> None:
        names = [name for each, _ in asked for name in each]
        values = iter(_values(await self._redis.mget(names), len(names)))
        for each, answer in asked:
            own = [next(values) for _ in each]
            if not answer.done():  # whoever asked may have left
                answer.set_result(own)


def _values(reply: object, count: int) -> Values:
    """The values of an MGET; anything else came from a connection that is out of step. Raises InvalidResponse."""
    if not isinstance(reply, list) or len(reply) != count:
        raise InvalidResponse
    return [value if isinstance(value, bytes) else None for value in reply]
