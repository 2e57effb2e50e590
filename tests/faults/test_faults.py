"""Whatever happens on the wire to an OA, of whichever product: a complete card, in time, that does not lie."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

import httpx2
import pytest

from demo.fault_proxy import NONE, WORDS
from demo.people import Person
from demo.rig import Rig
from tests.faults.conftest import KINDS, Newcomers

pytestmark = pytest.mark.asyncio(loop_scope="session")
READABLE = {NONE, "gb18030", "broken-utf-8"}
"""What leaves a list that can be read."""


TODOS = [(kind, "todos") for kind in KINDS]
BOTH = [*TODOS, *((kind, "notices") for kind in ("weaver-e9", "seeyon-v5", "o2oa", "rest"))]
"""Every list that the products have, by campus and widget."""
Cards = Mapping[tuple[str, str], httpx2.Response]


def titles(answer: httpx2.Response) -> set[str]:
    return {item["title"] for item in answer.json()["items"]}


def own(rig: Rig, campus: str, person: Person, name: str = "todos") -> set[str]:
    oa = rig.oas[campus]
    return {each.title for each in (oa.waiting(person) if name == "todos" else oa.readable(person))}


async def cards(
    look: Callable[..., Awaitable[httpx2.Response]], person: Person, lists: Sequence[tuple[str, str]] = TODOS
) -> Cards:
    """These cards, all asked for at the same time."""
    answers = await asyncio.gather(
        *(look(person, f"campus={kind}&limit=50", name=name) for kind, name in lists)
    )
    return dict(zip(lists, answers, strict=True))


def states(found: Cards) -> set[str]:
    assert {200} == {answer.status_code for answer in found.values()}
    return {answer.json()["state"] for answer in found.values()}


@pytest.mark.parametrize("fault", [fault for fault in WORDS if fault not in READABLE | {"someone-else"}])
async def test_a_fault_leaves_the_last_list_or_says_that_there_is_none(
    products: Rig, newcomer: Newcomers, fault: str
) -> None:
    """Who had a list sees it, marked; who had none is told so, with a number and the way to the OA.

    When the wire is well again, all is well.
    """
    known, new = newcomer(), newcomer()
    assert {"ok"} == states(await cards(products.well, known, BOTH))
    await products.turn(fault)
    products.clock.later(seconds=150)
    for (kind, name), shown in (await cards(products.look, known, BOTH)).items():
        mine = own(products, kind, known, name)
        assert ("stale", mine) == (shown.json()["state"], titles(shown))
        assert shown.headers["Widget-Count"] in (str(len(mine)), "?" if name == "notices" else "")
    for shown in (await cards(products.complete, new, BOTH)).values():
        card = shown.json()
        assert ("failed", [], "?") == (card["state"], card["items"], shown.headers["Widget-Count"])
        assert re.fullmatch(r"[UTDB]-[0-9A-Z]{4}-\d{4}", card["reference"])
        assert card["direct_url"].startswith("http://oa.localhost:9/")
    await products.rest()
    for person in (known, new):
        for (kind, name), shown in (await cards(products.well, person, BOTH)).items():
            assert ("ok", own(products, kind, person, name)) == (shown.json()["state"], titles(shown))


async def test_the_national_encoding_is_read_whatever_its_label_says(
    products: Rig, newcomer: Newcomers
) -> None:
    """GB 18030 that calls itself UTF-8: every title as it was typed."""
    await products.turn("gb18030")
    person = newcomer()
    for (kind, _), shown in (await cards(products.well, person)).items():
        assert ("ok", own(products, kind, person)) == (shown.json()["state"], titles(shown))


async def test_a_text_cut_within_a_character_costs_only_that_character(
    products: Rig, newcomer: Newcomers
) -> None:
    """All rows are there, and what can be read of each."""
    await products.turn("broken-utf-8")
    person = newcomer()
    for (kind, _), shown in (await cards(products.well, person)).items():
        assert ("ok", 4) == (shown.json()["state"], len(titles(shown)))
        cut = {title.rstrip("〕") for title in own(products, kind, person)}
        assert cut == {title.rstrip("〕\ufffd") for title in titles(shown)}


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind != "landray-ekp"]
)  # EKP never says whose a row is
async def test_rows_of_somebody_else_are_shown_to_nobody_and_counted(
    products: Rig, newcomer: Newcomers, kind: str
) -> None:
    """Failed, not empty, not theirs; and a figure that somebody should be woken by."""
    metric = f'portal_widgets_foreign_rows_total{{source="{kind}-oa"}}'
    before = await products.figure(metric)
    await products.turn("someone-else", kind)
    shown = await products.complete(newcomer(), f"campus={kind}")
    assert ("failed", []) == (shown.json()["state"], shown.json()["items"])
    assert before < await products.figure(metric)


async def test_a_fault_of_one_campus_changes_nothing_for_the_others(
    products: Rig, newcomer: Newcomers
) -> None:
    """Six campuses, one silent: the others' items are all there at once, and the card names who is missing."""
    person = newcomer()
    await products.turn("black-hole", "seeyon-v5")
    shown = (await products.complete(person, "limit=50")).json()
    others = set[str]().union(*(own(products, kind, person) for kind in KINDS if kind != "seeyon-v5"))
    assert ("partial", ["seeyon-v5"]) == (shown["state"], shown["missing"])
    assert others == {item["title"] for item in shown["items"]}
