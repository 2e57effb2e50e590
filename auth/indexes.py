"""Which sessions the centre's `sid` or `sub` stands for, so that they can be ended without their cookies.

Redis has a sorted set for each, and for each that was signed out a mark. A sign-in writes its entry and then looks
at the marks; a sign-out writes its mark and then looks at the entries: whichever comes second sees the other, so a
sign-in under way when its sign-out arrives is over before it began. Only a mark made after the centre was asked
counts: whoever signs in again later may stay.

Names are keyed digests, entries are sealed. A new first key of the ring changes both: writing is done under the
first, reading under every one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final, Literal

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import InvalidResponse, RedisError

from auth.ended import TOO_MANY, Ended, Ending
from auth.sealing import KeyRing
from auth.session import Limits

log = structlog.get_logger()

Kind = Literal["sid", "sub"]
_AWAY: Final = (RedisError, OSError)
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Added:
    """What a sign-in found beside itself."""

    gone: bool = False
    """The centre signed the person out while they were signing in."""
    pushed_out: tuple[Ending, ...] = ()
    """Their oldest sessions, which were too many and were ended."""


class Indexes:
    """Finds and ends sessions by the centre's names for them."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        now: Callable[[], datetime],
        ended: Ended,
        limits: Limits,
        issuer: str,
    ) -> None:
        """`issuer` keeps the names of two centres apart."""
        self._redis, self._keys, self._now, self._ended = redis, keys, now, ended
        self._issuer, self._life, self._most = issuer, limits.lifetime, limits.most
        self._unwritten: dict[str, float] = {}
        """Marks that Redis does not know yet, with their times."""

    @property
    def behind(self) -> bool:
        return bool(self._unwritten)

    def is_gone_here(self, subject: str, sid: str | None, since: datetime) -> bool:
        """Whether a sign-out arrived here that Redis does not know yet."""
        if not self._unwritten:
            return False
        at = since.timestamp()
        return any(self._unwritten.get(name, 0.0) >= at for name in self._every_name(subject, sid))

    async def add(self, ending: Ending, subject: str, sid: str | None, since: datetime) -> Added:
        """Enters a session. `since`: when the centre was asked about the person; a later mark ends it.

        Redis away: it is entered when the centre is next asked.
        """
        try:
            marks, entries = await self._enter(ending, subject, sid, since)
            gone = any(_number(mark) >= since.timestamp() for mark in marks)
            if gone:
                await self._ended.add([ending])
                return Added(gone=True)
            beyond = await self._beyond(entries)
        except _AWAY as error:
            log.warning("session.not_indexed", error=type(error).__name__)
            return Added()
        await self._ended.add(beyond, TOO_MANY)
        return Added(pushed_out=tuple(beyond))

    async def leave(self, *, subject: str | None, sid: str | None) -> list[Ending]:
        """Ends the sessions of this `sid`, or without one all of the subject; those that were found at once.

        Redis away: this instance believes it at once, the others when Redis is back.
        """
        now = self._now().timestamp()
        names = self._names("sid", sid) if sid else self._names("sub", subject or "")
        self._unwritten.update(dict.fromkeys(names, now))
        while len(self._unwritten) > _MOST:
            del self._unwritten[next(iter(self._unwritten))]
        return await self.settle()

    async def settle(self) -> list[Ending]:
        """Makes the marks that Redis does not know yet, and ends what was entered before them."""
        found: dict[str, Ending] = {}
        try:
            for name, at in list(self._unwritten.items()):
                await self._redis.set(_mark(name), repr(at), ex=self._life)
                found.update(await self._end_entered(name, at))
                self._unwritten.pop(name, None)
        except _AWAY as error:
            log.warning("session.sign_out_waits", waiting=len(self._unwritten), error=type(error).__name__)
        return list(found.values())

    async def leave_unproven(self, sid: str) -> list[Ending]:
        """The same for a `sid` that anybody may have sent: it ends what it names, and leaves nothing behind."""
        found: dict[str, Ending] = {}
        try:
            for name in self._names("sid", sid):
                found.update(await self._end_entered(name, self._now().timestamp()))
        except _AWAY as error:
            log.warning("session.sign_out_lost", error=type(error).__name__)
        return list(found.values())

    async def _end_entered(self, name: str, before: float) -> dict[str, Ending]:
        endings = self._read(name, await self._redis.zrangebyscore(_index(name), "-inf", before))
        await self._ended.add(endings)
        await self._redis.zremrangebyscore(_index(name), "-inf", before)
        return {ending.id: ending for ending in endings}

    async def _enter(
        self, ending: Ending, subject: str, sid: str | None, since: datetime
    ) -> tuple[list[Any], list[Ending]]:
        """Writes the entry; the marks against it, and every session of the subject, oldest first."""
        mine = [self._names("sub", subject)[0], *(self._names("sid", sid)[:1] if sid else ())]
        subjects, everything = self._names("sub", subject), self._every_name(subject, sid)
        pipe = self._redis.pipeline(transaction=False)
        for name in mine:
            pipe.zadd(_index(name), {self._entry(name, ending): since.timestamp()})
            pipe.zremrangebyscore(_index(name), "-inf", (self._now() - self._life).timestamp())
            pipe.expire(_index(name), self._life)
        for name in everything:
            pipe.get(_mark(name))
        for name in subjects:
            pipe.zrange(_index(name), 0, -1)
        replies = (await pipe.execute())[3 * len(mine) :]
        marks, lists = replies[: len(everything)], replies[len(everything) :]
        if not all(isinstance(each, list) for each in lists):
            raise InvalidResponse
        older_keys_first = zip(reversed(subjects), reversed(lists), strict=True)
        return marks, list(chain.from_iterable(self._read(name, found) for name, found in older_keys_first))

    async def _beyond(self, entries: list[Ending]) -> list[Ending]:
        """The oldest sessions of a person who has too many that nobody ended."""
        entries = list({ending.id: ending for ending in entries}.values())
        if len(entries) <= self._most:
            return []
        pipe = self._redis.pipeline(transaction=False)
        for ending in entries:
            pipe.get(ending.tombstone)
        tombstones = await pipe.execute()
        pairs = zip(entries, tombstones, strict=True)
        alive = [ending for ending, stone in pairs if stone is None and ending.expires_at > self._now()]
        return alive[: max(len(alive) - self._most, 0)]

    def _entry(self, name: str, ending: Ending) -> str:
        until = int(ending.expires_at.timestamp())
        plain = orjson.dumps([ending.slot, ending.id, until, ending.actor])
        return self._keys.refer("index", name, plain)

    def _read(self, name: str, entries: object) -> list[Ending]:
        """What opens; anything else in the set is not ours."""
        if not isinstance(entries, list):
            raise InvalidResponse
        opened = (self._keys.resolve("index", name, entry.decode("ascii", "replace")) for entry in entries)
        return [_ending(*orjson.loads(plain)) for plain in opened if plain]

    def _every_name(self, subject: str, sid: str | None) -> list[str]:
        return [*self._names("sub", subject), *(self._names("sid", sid) if sid else ())]

    def _names(self, kind: Kind, value: str) -> list[str]:
        """One for each key of the ring, the first key's first."""
        return [f"{kind}:{digest}" for digest in self._keys.digests(kind, f"{self._issuer}\n{value}")]


def _index(name: str) -> str:
    return f"pw:{{{name}}}:entered"


def _mark(name: str) -> str:
    """Beside the index, also in a Redis Cluster: only one server keeps to the order of writing and looking."""
    return f"pw:{{{name}}}:gone"


def _ending(slot: str, id: str, until: int, actor: str) -> Ending:
    return Ending(slot, id, datetime.fromtimestamp(until, UTC), actor)


def _number(value: Any) -> float:
    """The time that a mark carries; 0.0 for none and for what is none."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0
