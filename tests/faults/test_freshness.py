"""How old a list may be, who asks for it again, and how often."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from demo.people import Person
from demo.rig import Rig
from tests.faults.conftest import Newcomers

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIST = "/api/workflow/paService/getToDoWorkflowRequestList"
PRESSED = {"Cache-Control": "no-cache"}
MAIN = "campus=main"


def asked(rig: Rig) -> int:
    """How often the main OA was asked for a list of to-dos."""
    return sum(call.path == LIST for call in rig.oas["main"].calls)


async def appears(rig: Rig, person: Person, title: str) -> bool:
    """Whether the other instance's card has it before long."""
    for _ in range(60):
        if title in (await rig.look(person, MAIN, at=1)).text:
            return True
        await asyncio.sleep(0.2)
    return False


async def test_a_young_list_is_not_asked_for_again_and_an_old_one_is(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """60 s, give or take a fifth."""
    person = newcomer()
    await campuses.complete(person, MAIN)
    before = asked(campuses)
    campuses.clock.later(seconds=47)
    await campuses.look(person, MAIN)
    assert before == asked(campuses)
    campuses.clock.later(seconds=26)
    await campuses.complete(person, MAIN)
    assert before + 1 == asked(campuses)


async def test_what_came_at_one_time_is_asked_for_again_at_several(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """A minute after a morning's rush there is no second rush: some lists are due, others not yet."""
    people = [newcomer() for _ in range(24)]
    await asyncio.gather(*(campuses.well(each, MAIN) for each in people))
    before = asked(campuses)
    campuses.clock.later(seconds=58)
    await asyncio.gather(*(campuses.look(each, MAIN) for each in people))
    assert 0 < asked(campuses) - before < len(people)


async def test_one_fetch_for_everybody_who_asks_on_every_instance(campuses: Rig, newcomer: Newcomers) -> None:
    """Six looks of one person at once, on two instances: the OA is asked once, all see the list."""
    person, before = newcomer(), asked(campuses)
    await campuses.sign_in(person)
    looks = await asyncio.gather(*(campuses.complete(person, MAIN, at=n % 2) for n in range(6)))
    assert (1, {"4"}) == (asked(campuses) - before, {look.headers["Widget-Count"] for look in looks})


async def test_a_slow_oa_is_asked_behind_the_answer(campuses: Rig, newcomer: Newcomers) -> None:
    """The look that finds the list old shows it; what the OA says meanwhile is there at the next, on any instance."""
    person = newcomer()
    await campuses.complete(person, MAIN)
    added = await campuses.oas["main"].add_urgent(person)
    campuses.clock.later(seconds=75)
    campuses.oas["main"].mode, campuses.oas["main"].delay = "slow", 0.4
    try:
        first = await campuses.look(person, MAIN)
        assert added.title not in first.text and "ok" == first.json()["state"]
        assert await appears(campuses, person, added.title)
    finally:
        campuses.oas["main"].mode = "ok"


async def test_a_list_is_kept_for_a_day_and_no_longer(campuses: Rig, newcomer: Newcomers) -> None:
    """With its true age all the while; a minute after the day is over the card says that it has none."""
    person = newcomer()
    fresh = await campuses.complete(person, MAIN)
    await campuses.turn("refuse")
    for hours in (1, 12, 10.9):
        campuses.clock.later(hours=hours)
        await campuses.sign_in(person)
        old = await campuses.complete(person, MAIN)
        assert "stale" == old.json()["state"]
        assert fresh.headers["Widget-As-Of"] == old.headers["Widget-As-Of"]
    campuses.clock.later(minutes=7)
    assert "failed" == (await campuses.complete(person, MAIN)).json()["state"]


async def test_a_no_is_asked_about_less_and_less_often(campuses: Rig, newcomer: Newcomers) -> None:
    """An hour of looks every 20 s at an OA that shows its login page: a few tries, ever farther apart."""
    person = newcomer()
    await campuses.turn("login-page")
    tries, last = [], -1.0
    for second in range(0, 3600, 20):
        await campuses.look(person, MAIN)
        failures = await campuses.figure(
            'portal_widgets_lists_total{outcome="bad-answer",source="main-oa",widget="todos"}'
        )
        if failures != last:
            tries.append(second)
        last = failures
        campuses.clock.later(seconds=20)
    apart = [after - before for before, after in pairwise(tries)]
    assert sorted(apart) == apart and (20, 300) == (apart[0], apart[-1]), apart


async def test_an_oa_that_asks_to_be_left_alone_is(campuses: Rig, newcomer: Newcomers) -> None:
    """`Retry-After: 30`: nobody asks for half a minute, whatever people press; then it is asked again."""
    person = newcomer()
    await campuses.complete(person, MAIN)
    await campuses.turn("busy", "main")
    campuses.clock.later(seconds=75)
    assert "stale" == (await campuses.look(person, MAIN)).json()["state"]
    await campuses.turn("none", "main")
    before = asked(campuses)
    for _ in range(2):
        campuses.clock.later(seconds=14)
        for someone in (person, newcomer()):
            await campuses.look(someone, MAIN, **PRESSED)
    assert before == asked(campuses)
    campuses.clock.later(seconds=3)
    assert "ok" == (await campuses.well(person, MAIN)).json()["state"]


async def test_a_first_look_at_a_silent_oa_is_a_card_that_is_starting(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """A skeleton that looks again soon, and no number: nobody knows yet."""
    await campuses.turn("black-hole", "main")
    card = await campuses.look(newcomer(), MAIN)
    assert ("starting", "?", "2") == tuple(
        card.headers[f"Widget-{name}"] for name in ("State", "Count", "Refresh-After")
    )


async def test_a_list_from_a_clock_that_is_ahead_is_asked_for_again(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """An instance a few seconds ahead is trusted; one that is far ahead must not stop the others from asking."""
    for seconds, again in ((3, 0), (20, 1)):
        person = newcomer()
        campuses.clock.later(seconds=seconds)
        await campuses.complete(person, MAIN)
        campuses.clock.later(seconds=-seconds)
        before = asked(campuses)
        await campuses.complete(person, MAIN)
        for _ in range(30 * again):
            if asked(campuses) != before:
                break
            await asyncio.sleep(0.1)
        assert again == asked(campuses) - before


async def test_list_and_count_are_one_snapshot(campuses: Rig, newcomer: Newcomers) -> None:
    """The badge and the list agree, whatever has happened in the OA meanwhile."""
    person = newcomer()
    await campuses.complete(person, MAIN)
    await campuses.oas["main"].add_urgent(person)
    card, badge = await campuses.look(person, MAIN), await campuses.look(person, MAIN, name="todos/count")
    assert 4 == len(card.json()["items"]) == int(badge.headers["Widget-Count"])
