"""Two instances, started once; honest and quiet again before every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from redis.asyncio import Redis

from tests.staff import Staff
from tests.widgets.live.pair import HEARD, Pair


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_pair() -> AsyncIterator[Pair]:
    async with Pair.start() as pair:
        yield pair


@pytest_asyncio.fixture(loop_scope="session")
async def pair(one_pair: Pair) -> Pair:
    one_pair.clock.ahead, one_pair.clock.stopped = timedelta(0), None
    one_pair.world.oa.reset()
    one_pair.world.switches.reset()
    async with Redis(port=one_pair.world.valkey.port) as redis:
        await redis.flushall()
    for at in (one_pair.here, one_pair.there):
        await one_pair.until("portal_widgets_streams", 0, at)
        await one_pair.until(HEARD, 1, at)
    return one_pair


@pytest_asyncio.fixture(loop_scope="session")
async def staff(pair: Pair) -> AsyncIterator[Staff]:
    """Somebody's browser, not signed in yet."""
    async with Staff.at(pair.world) as someone:
        yield someone
