"""The demo hospital, running: one for the whole test run, honest again before every test that uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from redis import Redis

from demo.world import World
from tests.staff import Staff


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_hospital() -> AsyncIterator[World]:
    async with World.start(None) as world:
        yield world


@pytest.fixture
def hospital(running_hospital: World) -> World:
    """Every party honest, no list remembered."""
    running_hospital.switches.reset()
    running_hospital.oa.reset()
    with Redis.from_url(running_hospital.valkey.connection_url) as redis:
        redis.flushall()
    return running_hospital


@pytest_asyncio.fixture(loop_scope="session")
async def staff(hospital: World) -> AsyncIterator[Staff]:
    """Somebody's browser without a screen: it keeps cookies, follows redirects, and has not signed in yet."""
    async with Staff.at(hospital) as someone:
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def http(hospital: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller that is nobody."""
    async with httpx2.AsyncClient(base_url=hospital.local.widgets, trust_env=False) as client:
        yield client
