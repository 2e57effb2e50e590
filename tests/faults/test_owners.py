"""Whose list it is, while wires break: every title says whose it is, and nobody ever sees another's."""

from __future__ import annotations

import asyncio

import pytest

from demo.crowd import MARK
from demo.fault_proxy import WORDS
from demo.people import Person
from demo.rig import Rig
from tests.faults.conftest import Newcomers

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_nobody_sees_anothers_title_whatever_breaks(campuses: Rig, newcomer: Newcomers) -> None:
    """Many people at once on two instances, a fault after the other at both OAs: thousands of items, each its owner's.

    `python -m bench.faults owners` does the same for a million.
    """
    people, seen = [newcomer() for _ in range(20)], 0

    async def theirs(person: Person, number: int) -> list[str]:
        return MARK.findall((await campuses.look(person, "limit=50", at=number % 2)).text)

    for fault in WORDS:
        for each in ("none", fault):
            await campuses.turn(each)
            campuses.clock.later(seconds=75)
            found = await asyncio.gather(*(theirs(person, n) for n, person in enumerate(people)))
            for person, owners in zip(people, found, strict=True):
                assert {person.account} >= set(owners)
                seen += len(owners)
    assert seen > 3_000
