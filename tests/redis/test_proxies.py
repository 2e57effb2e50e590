"""Redis behind a proxy that ends a connection over a word that it does not know, as twemproxy does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.redis.valkeys import Valkeys, says
from widgets.redis_client import client, hearing

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
UNKNOWN = b"MAINT_NOTIFICATIONS"
"""Of one vendor's cloud."""


@pytest.mark.parametrize("url", ["redis://{}/0", "redis+sentinel://{}/hospital", "redis+cluster://{}"])
async def test_no_server_is_asked_for_what_only_one_vendor_knows(tmp_path: Path, url: str) -> None:
    """Judged is who is asked first: the single server, a Sentinel or a member; not whom these would name."""
    said: list[bytes] = []
    with Valkeys.at(tmp_path) as valkeys:
        number = valkeys.start()
        await says(number, "PONG", "PING")

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            answers, asks = await asyncio.open_connection("127.0.0.1", number)
            while (words := await reader.read(4096)) and UNKNOWN not in words:
                said.append(words)
                asks.write(words)
                writer.write(await answers.read(4096))
            said.append(words)
            for each in (asks, writer):
                each.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as proxy:
            place = url.format(f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
            answers = [await answer(made) for made in (client(place, patience=2), hearing(place))]
    assert [] == [words for words in said if UNKNOWN in words]
    assert len(said) > 2
    assert ("redis://" in url) == (answers == [True, True])


async def answer(redis: Redis) -> object:
    try:
        return await redis.ping()
    except RedisError as error:
        return type(error)
    finally:
        await redis.aclose()
