"""A Redis Cluster, asked like one server: each command goes to the member that has its keys.

redis-py has a client for this, too: when one of its calls fails, it closes the connections of all others. Here a
member that is away is away for those alone whose keys it has. The keys of one command must share a hash tag.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import structlog
from redis.asyncio import Redis
from redis.commands.core import AsyncCoreCommands
from redis.crc import key_slot
from redis.event import EventDispatcher
from redis.exceptions import AskError, MovedError, RedisError
from redis.exceptions import ConnectionError as NobodyAnswers

from widgets.redis_address import Member

log = structlog.get_logger()

SLOTS: Final = 16384
APART: Final = 0.5
"""Seconds between two looks at who has which slots."""
FIRST_LOOK: Final = 0.5
"""Seconds that a call waits for the first one."""
_AWAY: Final = (RedisError, OSError)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the library makes it."""

    words: tuple[Any, ...]
    options: dict[str, Any]

    @property
    def slot(self) -> int:
        """That of its first key; any for a command without keys."""
        first = 3 if self.words[0] in ("EVAL", "EVALSHA") else 1
        if self.words[0] == "PUBLISH" or len(self.words) <= first:
            return random.randrange(SLOTS)  # noqa: S311  # no secret
        key = self.words[first]
        return key_slot(key if isinstance(key, bytes) else str(key).encode())


class Cluster(AsyncCoreCommands):
    """The commands of a single server. Raises what that one's client raises."""

    _event_dispatcher = EventDispatcher()

    def __init__(self, members: Iterable[Member], made: Callable[[Member], Redis]) -> None:
        """`members` are some of those who know the others; `made` makes the client of one."""
        self._known, self._made = list(members), made
        self._clients: dict[Member, Redis] = {}
        self._owners: list[Member | None] = []
        """Of each slot; empty until somebody told."""
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = -APART
        self._why = "none answers in time"

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        result = (await self.results([Command(words, options)]))[0]
        if isinstance(result, Exception):
            raise result
        return result

    def pipeline(self, transaction: bool = False) -> Pipeline:
        """Keeps the order of commands about one key; there are no transactions."""
        return Pipeline(self)

    def register_script(self, script: Any) -> Any:
        """Sent whole each time: nobody knows which member has read it before."""
        return partial(self._run, script)

    async def _run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        return await self.execute_command("EVAL", script, len(keys), *keys, *args)

    def server_of(self, key: str) -> Member | int | None:
        """Who has this key; its slot if nobody has that; None until somebody told."""
        slot = key_slot(key.encode())
        return (self._owners[slot] or slot) if self._owners else None

    async def results(self, commands: Sequence[Command]) -> list[Any]:
        """What each of them came to, or the error that it ended with. Raises RedisError when no member answers."""
        if not self._owners:
            await self._first_look()
        groups: dict[Member | None, list[int]] = {}
        for place, command in enumerate(commands):
            groups.setdefault(self._owners[command.slot], []).append(place)
        sent = (
            self._sent(member, [commands[place] for place in places]) for member, places in groups.items()
        )
        found: list[Any] = [None] * len(commands)
        for places, results in zip(groups.values(), await asyncio.gather(*sent), strict=True):
            for place, result in zip(places, results, strict=True):
                found[place] = result
        for place, result in enumerate(found):
            if isinstance(result, AskError):  # MOVED is one, too
                found[place] = await self._sent_on(result, commands[place])
        return found

    async def aclose(self) -> None:
        if self._looking:
            self._looking.cancel()
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))

    async def _sent(
        self, member: Member | None, commands: Sequence[Command], *, asking: bool = False
    ) -> list[Any]:
        if member is None:
            self._look_again("nobody", "no member has this slot")
            return [NobodyAnswers("no member has this slot")] * len(commands)
        pipe = self._client(member).pipeline(transaction=False)
        if asking:
            pipe.execute_command("ASKING")
        for command in commands:
            pipe.execute_command(*command.words, **command.options)
        try:
            return list(await pipe.execute(raise_on_error=False))[int(asking) :]
        except _AWAY as error:
            self._look_again(*_told(member, error))
            return [error] * len(commands)

    async def _sent_on(self, told: AskError, command: Command) -> Any:
        """The slot has moved, or is moving."""
        has_moved = isinstance(told, MovedError)
        if has_moved:
            self._owners[command.slot] = told.node_addr
            self._look_again()
        return (await self._sent(told.node_addr, [command], asking=not has_moved))[0]

    def _client(self, member: Member) -> Redis:
        if member not in self._clients:
            self._clients[member] = self._made(member)
        return self._clients[member]

    async def _first_look(self) -> None:
        looking = self._look_again()
        if looking:
            await asyncio.wait([looking], timeout=FIRST_LOOK)
        if not self._owners:
            raise NobodyAnswers(f"no member of the Cluster says who has what: {self._why}")

    def _look_again(self, member: str = "", error: str = "") -> asyncio.Task[None] | None:
        """Behind the answers, and not too often: a Cluster whose member is away says the same for seconds."""
        if self._looking is None and time.monotonic() - self._looked_at >= APART:
            if error:
                log.warning("redis.member_away", member=member, error=error)
            self._looking = asyncio.create_task(self._look())
        return self._looking

    async def _look(self) -> None:
        try:
            for member in random.sample(self._known, len(self._known)):
                if await self._told_by(member):
                    return
        finally:
            self._looking, self._looked_at = None, time.monotonic()

    async def _told_by(self, member: Member) -> bool:
        """Takes over what this member knows."""
        try:
            ranges: Any = await self._client(member).execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
            owners, known = _read(ranges, member)
        except (*_AWAY, ValueError, TypeError, IndexError) as error:
            name, why = _told(member, error)
            self._why = str(error)[:200]
            log.warning("redis.member_away", member=name, error=why)
            return False
        self._owners, self._known = owners, list({*known, *self._known})
        return True


class Pipeline(AsyncCoreCommands):
    """Commands that are sent together, each to its member."""

    _event_dispatcher = EventDispatcher()

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._commands: list[Command] = []

    def execute_command(self, *words: Any, **options: Any) -> Pipeline:
        self._commands.append(Command(words, options))
        return self

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands, self._commands = self._commands, []
        found = await self._cluster.results(commands)
        if raise_on_error:
            for result in found:
                if isinstance(result, Exception):
                    raise result
        return found

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._commands = []


def _told(member: Member, error: Exception) -> tuple[str, str]:
    return f"{member[0]}:{member[1]}", type(error).__name__


def _read(ranges: Any, teller: Member) -> tuple[list[Member | None], set[Member]]:
    """`CLUSTER SLOTS`: who has each slot, and everybody who was named. A member without a name is the teller."""
    owners: list[Member | None] = [None] * SLOTS
    known: set[Member] = set()
    for first, last, *members in ranges:
        named = [((host or b"").decode() or teller[0], int(port)) for host, port, *_ in members]
        owners[int(first) : int(last) + 1] = [named[0]] * (int(last) - int(first) + 1)
        known.update(named)
    return owners, known
