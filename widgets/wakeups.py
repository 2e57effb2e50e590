"""Word between the instances: whose lists changed, which sessions ended; by Redis pub/sub, only wake-ups, no content.

One connection of its own an instance. What is said while it is away is not heard: whoever listens here is told when
it is back, since something may have been missed. Nobody has to believe a word of it: a wake-up only makes cards and
lists look again.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

CHANNEL: Final = "pw:wake-ups"
MOST_SLOTS: Final = 5000
"""People of one message."""
SILENCE: Final = 15.0
"""Seconds without any word after which the connection is asked whether it still lives."""
SHORTEST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
_AWAY: Final = (RedisError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Changed:
    """A source said that the lists of these people changed."""

    source: str
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A session is over."""

    slot: str
    id: str


class Listener(Protocol):
    """Who hears what is said; neither may raise or wait."""

    def changed(self, word: Changed) -> None: ...
    def ended(self, word: Ended) -> None: ...
    def missed(self) -> None:
        """Something may have been said that was not heard."""


@dataclass(slots=True)
class Wakeups:
    """Says and hears. `hearing` makes a client without time limit on reading for each attempt to hear."""

    redis: Redis
    hearing: Callable[[], Redis]
    listener: Listener
    chance: Callable[[], float] = random.random
    connected: bool = False
    _me: str = field(default_factory=lambda: secrets.token_hex(6))
    _task: asyncio.Task[None] | None = None
    _saying: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Listens from now on, through every fall of Redis."""
        self._task = self._task or asyncio.create_task(self._listen())

    async def close(self) -> None:
        tasks = [*self._saying, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def say_ended(self, slot: str, id: str) -> None:
        """Here at once, elsewhere as soon as Redis carries it; does not wait."""
        self.listener.ended(Ended(slot, id))
        task = asyncio.create_task(self._say({"ended": id, "slot": slot}))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def say_changed(self, source: str, slots: Iterable[str]) -> None:
        """The same for lists that changed; returns when Redis has it, or is away."""
        known = tuple(slots)
        self.listener.changed(Changed(source, known))
        for start in range(0, len(known), MOST_SLOTS):
            await self._say({"changed": source, "slots": known[start : start + MOST_SLOTS]})

    async def _say(self, word: dict[str, Any]) -> None:
        try:
            await self.redis.publish(CHANNEL, orjson.dumps({"from": self._me, **word}))
        except _AWAY as error:
            log.warning("wakeups.not_said", error=type(error).__name__)

    async def _listen(self) -> None:
        pause, first = SHORTEST_PAUSE, True
        while True:
            try:
                async with self.hearing() as redis, redis.pubsub(ignore_subscribe_messages=False) as heard:
                    await heard.subscribe(CHANNEL)
                    await self._hear(heard, first)
            except _AWAY as error:
                if first or self.connected:
                    log.warning("wakeups.away", error=type(error).__name__)
            except Exception:
                # One odd word must not make this instance deaf to all that come after.
                log.exception("wakeups.bug")
            pause = SHORTEST_PAUSE if self.connected else min(pause * 2, LONGEST_PAUSE)
            first, self.connected = False, False
            await asyncio.sleep(pause * (0.5 + self.chance()))

    async def _hear(self, heard: Any, first: bool) -> None:
        """Until the connection breaks, or says nothing even when asked. Raises what broke it."""
        asked = False
        while True:
            message = await heard.get_message(timeout=SILENCE)
            if message is None and asked:
                raise TimeoutError
            asked = message is None
            if asked:
                await heard.ping()
            elif message["type"] == "subscribe":
                self.connected = True
                if not first:
                    log.info("wakeups.back")
                    self.listener.missed()
                first = False  # the library may connect anew without a word
            elif message["type"] == "message":
                self._take(message["data"])

    def _take(self, data: object) -> None:
        """What is not one of ours is not there."""
        try:
            word = orjson.loads(data) if isinstance(data, bytes) else None
        except ValueError:
            word = None
        match word:
            case {"from": self._me}:
                pass
            case {"ended": str(id), "slot": str(slot)}:
                self.listener.ended(Ended(slot, id))
            case {"changed": str(source), "slots": list(slots)}:
                known = tuple(slot for slot in slots[:MOST_SLOTS] if isinstance(slot, str))
                self.listener.changed(Changed(source, known))
            case _:
                log.warning("wakeups.unreadable")
