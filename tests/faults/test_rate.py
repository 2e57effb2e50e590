"""The calls a second that an OA's owner agreed to: never more; and cards that know when to come again."""

from __future__ import annotations

import asyncio
import time

import pytest

from demo.crowd import give
from demo.people import Person
from demo.rig import Campus, Rig
from tests.faults.conftest import PEOPLE
from widgets.oa.allowance import HEADROOM

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def paced(rig: Rig, people: list[Person], longest: int) -> float:
    """The calls that came in a second while these people look on both instances, again and again.

    It begins when nothing is under way: what was booked before and comes late is none of these.
    """
    before = -1
    while before != len(rig.oas["main"].calls):
        before = len(rig.oas["main"].calls)
        await asyncio.sleep(0.5)
    began = time.monotonic()
    while time.monotonic() - began < longest:
        await asyncio.gather(*(rig.look(each, at=n % 2) for n, each in enumerate(people)))
        rig.clock.later(seconds=75)
    return (len(rig.oas["main"].calls) - before - 1) / (time.monotonic() - began)


async def test_an_agreed_rate_is_kept_by_all_instances_with_redis_and_without() -> None:
    """Far more is wanted than the owner of the OA agreed to: lists come later, which a figure tells, and no faster.

    Calls keep a tenth away from the rate, so that a few that are held up on their way meet in no second.
    """
    people, rate = list(PEOPLE[:16]), 25
    async with Rig.start([Campus("main", rate=rate)], PEOPLE[:16], instances=2) as rig:
        give(rig.oas["main"], PEOPLE[:16], 3)
        assert 0 < await paced(rig, people, 2) <= rate / HEADROOM
        assert {"ok", "stale"} >= {(await rig.look(each)).json()["state"] for each in people}
        assert 0 < await rig.figure('portal_widgets_oa_refresh_seconds{source="main-oa"}')
        rig.valkey.stop()
        assert 0 < await paced(rig, people, 2) <= rate / HEADROOM
        rig.valkey.start()


async def test_a_card_that_waits_in_line_looks_again_when_it_is_about_its_turn() -> None:
    """Not every 2 s: a thousand such cards would keep the service from its work."""
    async with Rig.start([Campus("main", rate=4)], PEOPLE[:24]) as rig:
        give(rig.oas["main"], PEOPLE[:24], 3)
        await asyncio.gather(*(rig.look(each) for each in PEOPLE[:24]))
        told = []
        while len(told) < 10 and not (told and told[-1] > 2):
            await asyncio.sleep(0.5)
            card = await rig.look(PEOPLE[23])
            assert "starting" == card.headers["Widget-State"]
            told.append(int(card.headers["Widget-Refresh-After"]))
        assert 2 < told[-1] <= 15
