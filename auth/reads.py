"""Reads of Redis by many requests at once: what is asked in one turn of the event loop goes over the wire together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis


class Reads:
    """One MGET a question; a busy instance takes a connection and writes once a turn, not once a question."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[tuple[Sequence[str], asyncio.Future[Any]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def mget(self, names: Sequence[str]) -> Any:
        """What Redis answers for these keys, unchecked. Raises RedisError or OSError, as the client does."""
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
