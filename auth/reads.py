"""Reads of Redis by many requests at once: what is asked in one turn of the event loop goes over the wire together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import InvalidResponse, RedisError

log = structlog.get_logger()


class Reads:
    """One MGET a question; a busy instance takes a connection and writes once a turn, not once a question."""

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._redis, self._now = redis, now
        self._server_of: Callable[[str], Any] = getattr(redis, "server_of", lambda name: None)
        """Which member of a Cluster has a key: that others answer says nothing about its keys."""
        self._silent_since: dict[Any, datetime] = {}
        """By server, None before any is known: when it first gave no answer after the last one that it gave."""
        self._waiting: list[tuple[Sequence[str], asyncio.Future[Any]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    def away_since(self, name: str) -> datetime:
        """When the server of this key first gave no answer after the last one that it gave; now, while it answers."""
        found = (self._silent_since.get(server) for server in (None, self._server_of(name)))
        return min(filter(None, found), default=self._now())

    async def mget(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of these keys, which one server has. Raises RedisError or OSError, as the client does."""
        try:
            values = _values(await self._asked(names), len(names))
        except (RedisError, OSError) as error:
            server = self._server_of(names[0])
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

    async def _asked(self, names: Sequence[str]) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((names, answer))
        if len(self._waiting) == 1:
            task = loop.create_task(self._send())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return await answer

    async def _send(self) -> None:
        asked, self._waiting = self._waiting, []
        try:
            replies = await self._replies([names for names, _ in asked])
        except Exception as error:
            replies = [error] * len(asked)
        for (_, answer), reply in zip(asked, replies, strict=True):
            if answer.done():  # whoever asked has left
                continue
            if isinstance(reply, Exception):
                answer.set_exception(reply)
            else:
                answer.set_result(reply)

    async def _replies(self, asked: Sequence[Sequence[str]]) -> list[Any]:
        if len(asked) == 1:
            return [await self._redis.mget(asked[0])]
        pipe = self._redis.pipeline(transaction=False)
        for names in asked:
            pipe.mget(names)
        return await pipe.execute(raise_on_error=False)


def _values(reply: object, count: int) -> list[bytes | None]:
    """The values of an MGET; anything else came from a connection that is out of step. Raises InvalidResponse."""
    if not isinstance(reply, list) or len(reply) != count:
        raise InvalidResponse
    return [value if isinstance(value, bytes) else None for value in reply]
