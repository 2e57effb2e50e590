"""A reader that takes nothing: it costs a few names, and is given up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from auth.principal import Principal
from auth.sealing import KeyRing, new_key
from auth.session import Session, Tokens
from auth.sessions import Sessions
from tests.widgets.live.pair import Pair
from widgets.streams import SLOWEST, Stream, Streams

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


@pytest.fixture
def streams() -> Streams:
    return Streams(lambda: NOW, timedelta(minutes=15))


@pytest_asyncio.fixture(loop_scope="session")
async def somebody(pair: Pair) -> Session:
    """A session as the service begins it."""
    async with Redis(port=pair.world.valkey.port) as redis:
        sessions = Sessions(redis, KeyRing.parse(new_key()), lambda: NOW, secure=False)
        session, _ = await sessions.start(Principal("u-1", "10203", "王医生"), Tokens("id", "access"), None)
    return session


async def reading(streams: Streams, stream: Stream, taken: list[bytes], stuck: asyncio.Event) -> None:
    """Takes what comes until told not to, as a server does whose socket is full."""
    async for said in streams.body(stream, again=False):
        taken.append(said)
        await stuck.wait()


async def test_a_thousand_wakeups_that_nobody_reads_are_two_names(
    streams: Streams, somebody: Session
) -> None:
    """What waits is what is to be looked at, however often it was said."""
    taken: list[bytes] = []
    goes_on = asyncio.Event()
    stream = streams.open(somebody)
    assert stream is not None
    task = asyncio.create_task(reading(streams, stream, taken, goes_on))
    for _ in range(500):
        streams.tell(somebody.slot, "todos")
        streams.tell(somebody.slot, "notices")
        await asyncio.sleep(0)
    goes_on.set()
    streams.end(somebody.slot, somebody.id)
    await task
    assert [b"event: notices", b"event: signed-out", b"event: todos"] == [
        line for said in taken[1:] for line in said.splitlines() if line.startswith(b"event")
    ]


async def test_a_reader_that_takes_nothing_is_given_up(streams: Streams, somebody: Session) -> None:
    """After half a minute over a few bytes its answer is cancelled, and it counts no more; others go on."""

    async def answer(session: Session, stuck: asyncio.Event) -> None:
        stream = streams.open(session)
        assert stream is not None
        await reading(streams, stream, [], stuck)

    flowing = asyncio.Event()
    flowing.set()
    slow = asyncio.create_task(answer(somebody, asyncio.Event()))
    quick = asyncio.create_task(answer(somebody, flowing))
    for _ in range(3):
        await asyncio.sleep(0)
    streams.drop_slow(asyncio.get_running_loop().time() + SLOWEST + 1)
    await asyncio.wait([slow])
    await asyncio.sleep(0)
    assert (True, False, 1) == (slow.cancelled(), quick.done(), streams.count)
    quick.cancel()
