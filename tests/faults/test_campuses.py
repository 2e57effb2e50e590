"""Several campuses, an OA each: one list, and one campus's bad day is its own."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from demo.people import GU, ZHOU, Person
from demo.rig import Campus, Rig
from demo.world import World
from tests.faults.conftest import PEOPLE, Newcomers
from tests.staff import Staff

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAMES = {"main": "总院区", "east": "东院区"}


def shown(answer: httpx2.Response) -> set[tuple[str | None, str]]:
    """Every item with the campus that stands beside it."""
    return {(item["campus"], item["title"]) for item in answer.json()["items"]}


def waiting(rig: Rig, person: Person, *campuses: str, labelled: bool = True) -> set[tuple[str | None, str]]:
    return {
        (NAMES[campus] if labelled else None, task.title)
        for campus in campuses
        for task in rig.oas[campus].waiting(person)
    }


async def test_one_list_says_which_campus_each_item_is_of(campuses: Rig, newcomer: Newcomers) -> None:
    """Items of both OAs, and a count of all."""
    person = newcomer()
    card = await campuses.complete(person, "limit=50")
    assert ("ok", "8") == (card.headers["Widget-State"], card.headers["Widget-Count"])
    assert waiting(campuses, person, "main", "east") == shown(card)


@pytest.mark.parametrize("campus", ["main", "east"])
async def test_the_parameter_chooses_one_campus(campuses: Rig, newcomer: Newcomers, campus: str) -> None:
    """Only its items, and no label that says the same on each line."""
    person = newcomer()
    card = await campuses.complete(person, f"campus={campus}")
    assert "4" == card.headers["Widget-Count"]
    assert waiting(campuses, person, campus, labelled=False) == shown(card)


async def test_an_unknown_campus_means_all(campuses: Rig, newcomer: Newcomers) -> None:
    assert "8" == (await campuses.complete(newcomer(), "campus=moon")).headers["Widget-Count"]


async def test_only_the_campuses_that_a_person_belongs_to_are_asked(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """As the centre says; the parameter is stronger, and a campus that we do not know says nothing."""
    person, asked = newcomer(), len(campuses.oas["east"].calls)
    await campuses.sign_in(person, ("main",))
    assert "4" == (await campuses.complete(person)).headers["Widget-Count"]
    assert asked == len(campuses.oas["east"].calls)
    card = await campuses.complete(person, "campus=east")
    assert waiting(campuses, person, "east", labelled=False) == shown(card)
    await campuses.sign_in(person, ("moon",))
    assert "8" == (await campuses.complete(person)).headers["Widget-Count"]


async def test_a_campus_that_does_not_answer_is_named_and_its_last_list_stays(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """Partial, since when, and the same items as before; what is added elsewhere meanwhile is there."""
    person = newcomer()
    before = shown(await campuses.complete(person, "limit=50"))
    await campuses.turn("refuse", "east")
    campuses.clock.later(seconds=150)
    added = await campuses.oas["main"].add_urgent(person)
    card = await campuses.complete(person, "limit=50")
    assert ("partial", [NAMES["east"]]) == (card.json()["state"], card.json()["missing"])
    assert card.json()["missing_since"] and "9" == card.headers["Widget-Count"]
    assert before | {(NAMES["main"], added.title)} == shown(card)
    document = await campuses.look(person, Accept="text/html")
    assert NAMES["east"] in document.text.partition("data-pw-banner")[2].partition("</p>")[0]


async def test_a_campus_that_never_answered_makes_the_count_unknown(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """Four items are shown, and how many there are nobody knows: `?` in the head, the badge and the list."""
    person = newcomer()
    await campuses.turn("refuse", "east")
    card = await campuses.complete(person, "limit=50")
    badge = await campuses.look(person, name="todos/count")
    assert ("partial", "?", "?") == (
        card.json()["state"],
        card.headers["Widget-Count"],
        card.json()["total_text"],
    )
    assert waiting(campuses, person, "main", labelled=False) == shown(card)
    assert ("partial", "?") == (badge.headers["Widget-State"], badge.headers["Widget-Count"])
    campuses.clock.later(seconds=15)
    again = await campuses.look(person, "limit=50")
    assert [NAMES["east"]] == again.json()["missing"], "named once, also while it is asked again"


async def test_the_way_to_the_oa_leads_to_the_one_that_is_silent(campuses: Rig, newcomer: Newcomers) -> None:
    """The card of one campus offers that campus's OA; the other's would show another list."""
    await campuses.turn("refuse")
    links = [
        (await campuses.complete(newcomer(), f"campus={each}")).json()["direct_url"]
        for each in ("main", "east")
    ]
    assert ["/wui/index.html" in links[0], "/ekp" in links[1]] == [True, True]


async def test_a_campus_whose_calls_hang_holds_up_nobody_elsewhere(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """More people wait for the silent OA than it has places; the other answers them all."""
    await campuses.turn("black-hole", "east")
    people = [newcomer() for _ in range(20)]
    hanging = asyncio.gather(*(campuses.look(each, "campus=east") for each in people))
    cards = await asyncio.gather(*(campuses.settled(each, "campus=main") for each in people))
    assert {"ok"} == {card.json()["state"] for card in cards}
    assert {"starting", "failed"} >= {card.json()["state"] for card in await hanging}


async def test_each_oa_is_left_alone_for_itself(campuses: Rig, newcomer: Newcomers) -> None:
    """After some failures the one is not asked for a while, the other goes on."""
    await campuses.turn("refuse", "east")
    for _ in range(6):
        await campuses.complete(newcomer())
    state = "portal_widgets_oa_breaker_state{source="
    assert (0.0, 2.0) == (
        await campuses.figure(f'{state}"main-oa"}}'),
        await campuses.figure(f'{state}"east-oa"}}'),
    )
    person = newcomer()
    assert waiting(campuses, person, "main", labelled=False) == shown(await campuses.complete(person))


async def test_an_item_that_two_campuses_share_is_one_item() -> None:
    """Two sources may lead to the same OA: the same id at the same address is shown and counted once."""
    person, other = PEOPLE[0], "会议室预约"
    async with Rig.start([Campus("main"), Campus("east")], (person,)) as rig:
        for oa in rig.oas.values():
            await oa.add_urgent(person)
        rig.oas["east"].waiting(person).append(
            type(rig.oas["east"].waiting(person)[0])("7", other, "0", "x", "x", "x", rig.clock())
        )
        card = await rig.complete(person)
        assert ("ok", "2") == (card.json()["state"], card.headers["Widget-Count"])
        assert 2 == len(card.json()["items"])


async def test_the_demo_shows_two_campuses() -> None:
    """`python -m demo --east landray-ekp`: who is of both sees both, everybody else no more than before.

    Either OA says what changed there.
    """
    async with World.start(None, east="landray-ekp", pushes=True) as world:
        seen = {}
        for person in (GU, ZHOU):
            async with Staff.at(world) as staff:
                await staff.sign_in(person)
                card = await staff.get("/widgets/todos?limit=50", headers={"Accept": "application/json"})
                seen[person] = {item["campus"] for item in card.json()["items"]}
        assert {GU: {"总院区", "东院区"}, ZHOU: {None}} == seen
        assert world.east_oa
        async with httpx2.AsyncClient(trust_env=False) as http:
            for oa in (world.oa, world.east_oa):
                await oa.add_urgent(GU)
                told = f'portal_widgets_pushes_total{{outcome="ok",source="{oa.campus}-oa"}} 1.0'
                assert told in (await http.get(f"{world.local.widgets}/metrics")).text
