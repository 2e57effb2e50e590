"""A hospital with a campus for each product, and one with two campuses and two instances; started once each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from demo.crowd import crowd, give
from demo.people import Person
from demo.rig import Campus, Rig

KINDS = ("weaver-e9", "seeyon-v5", "seeyon-v8", "landray-ekp", "o2oa", "rest")
PEOPLE = crowd(240)


class Newcomers:
    """People whom nobody has asked about yet, one after the other."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self) -> Person:
        return PEOPLE[next(self._numbers)]


@pytest.fixture(scope="session")
def newcomer() -> Newcomers:
    return Newcomers()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_products() -> AsyncIterator[Rig]:
    async with Rig.start([Campus(kind, kind) for kind in KINDS], PEOPLE) as rig:
        for campus, oa in rig.oas.items():
            give(oa, PEOPLE, 4, campus)
        yield rig


@pytest_asyncio.fixture(loop_scope="session")
async def products(running_products: Rig) -> Rig:
    """All well."""
    await running_products.rest()
    return running_products


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_campuses() -> AsyncIterator[Rig]:
    async with Rig.start([Campus("main"), Campus("east", "landray-ekp")], PEOPLE, instances=2) as rig:
        for campus, oa in rig.oas.items():
            give(oa, PEOPLE, 4, campus)
        yield rig


@pytest_asyncio.fixture(loop_scope="session")
async def campuses(running_campuses: Rig) -> Rig:
    """All well."""
    await running_campuses.rest()
    return running_campuses
