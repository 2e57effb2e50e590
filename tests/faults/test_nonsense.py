"""Answers that are no lists, with HTTP 200: one person's trouble or the whole OA's, and who is asked meanwhile."""

from __future__ import annotations

import json
from itertools import cycle, islice

import pytest
from structlog.testing import capture_logs

from demo.crowd import crowd
from demo.oa_world import Canned
from demo.people import Person
from demo.rig import Rig
from tests.faults.conftest import KINDS, Newcomers
from tests.faults.test_freshness import LIST, MAIN, PRESSED, asked

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def seen(rig: Rig, person: Person, **headers: str) -> tuple[str, str | None]:
    card = (await rig.look(person, MAIN, **headers)).json()
    return card["state"], card["reason"]


@pytest.mark.parametrize("fault", ["login-page", "deep", "redirect"])
async def test_an_oa_that_makes_sense_to_nobody_is_left_alone_and_noticed_when_it_does(
    campuses: Rig, newcomer: Newcomers, fault: str
) -> None:
    """After five people in a row nobody asks for a while, whatever they press; their lists stay, marked.

    Then one question finds out that all is well, and everybody's next look brings their list.
    """
    known = [newcomer() for _ in range(5)]
    for person in known:
        await campuses.complete(person, MAIN)
    await campuses.turn(fault, "main")
    campuses.clock.later(seconds=75)
    for person in known:
        assert "stale" == (await campuses.complete(person, MAIN)).json()["state"]
    before, late = asked(campuses), newcomer()
    campuses.clock.later(seconds=3)
    assert ("failed", "bad-answer") == await seen(campuses, late, **PRESSED)
    assert ("stale", "bad-answer") == await seen(campuses, known[0], **PRESSED)
    assert before == asked(campuses)
    await campuses.turn("none", "main")
    campuses.clock.later(seconds=3)
    assert "ok" == (await campuses.complete(late, MAIN)).json()["state"]
    for person in known:
        assert "ok" == (await campuses.complete(person, MAIN)).json()["state"]


@pytest.mark.parametrize("staff", [40, 6])
async def test_it_is_left_alone_ever_longer(campuses: Rig, newcomer: Newcomers, staff: int) -> None:
    """Forty looks in seven minutes at an OA that shows its login page, by many or by few: a dozen questions more."""
    calls = campuses.oas["main"].calls
    people = [newcomer() for _ in range(staff)]
    await campuses.turn("login-page", "main")
    before = len(calls)
    for person in islice(cycle(people), 40):
        await campuses.look(person, MAIN)
        campuses.clock.later(seconds=10)
    assert 5 < len(calls) - before < 20


async def test_one_persons_odd_answer_is_their_own(campuses: Rig, newcomer: Newcomers) -> None:
    """However often they press refresh, the next person is asked for at once."""
    odd = newcomer()
    assert "ok" == (await campuses.complete(newcomer(), MAIN)).json()["state"]
    await campuses.turn("login-page", "main")
    for _ in range(8):
        await campuses.look(odd, MAIN, **PRESSED)
        campuses.clock.later(seconds=3)
    await campuses.turn("none", "main")
    assert "ok" == (await campuses.complete(newcomer(), MAIN)).json()["state"]


async def test_a_few_odd_answers_keep_no_oa_shut_that_is_well_again(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """It was odd to everybody; now it is to four, who ask in turns, one of them first after every rest."""
    await campuses.turn("login-page", "main")
    for _ in range(5):
        assert "failed" == (await campuses.complete(newcomer(), MAIN)).json()["state"]
    few = [newcomer() for _ in range(4)]
    for person in few * 2:
        campuses.clock.later(seconds=41)
        assert "failed" == (await campuses.complete(person, MAIN, **PRESSED)).json()["state"]
    await campuses.turn("none", "main")
    assert "ok" == (await campuses.complete(newcomer(), MAIN)).json()["state"]


async def test_to_dos_that_make_no_sense_leave_the_notices_alone(campuses: Rig, newcomer: Newcomers) -> None:
    campuses.oas["main"].canned[LIST] = Canned(b'{"code": 500}')
    try:
        people = [newcomer() for _ in range(7)]
        assert {"failed"} == {(await campuses.complete(each, MAIN)).json()["state"] for each in people}
        notices = await campuses.look(people[-1], MAIN, name="notices")
        assert notices.json()["state"] in ("ok", "empty", "starting")
    finally:
        del campuses.oas["main"].canned[LIST]


async def test_an_oa_that_does_not_let_the_service_in_is_asked_no_more_than_that(
    campuses: Rig, newcomer: Newcomers
) -> None:
    """Its no to us is no per person; its no to somebody is, and leaves it open for everybody else."""
    oa, strangers = campuses.oas["main"], crowd(5, 90_000)
    for stranger in strangers:
        assert "failed" == (await campuses.complete(stranger, MAIN)).json()["state"]
    assert "ok" == (await campuses.complete(newcomer(), MAIN)).json()["state"]
    oa.canned[LIST] = Canned(b"", 403)
    try:
        for _ in range(5):
            assert "failed" == (await campuses.complete(newcomer(), MAIN)).json()["state"]
        before = len(oa.calls)
        assert ("failed", "denied") == await seen(campuses, newcomer())
        assert before == len(oa.calls)
    finally:
        del oa.canned[LIST]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "seeyon-v5"])  # V5 has no words there
async def test_what_an_oa_says_of_itself_is_logged_without_whom_it_names(
    products: Rig, newcomer: Newcomers, kind: str
) -> None:
    """Each product's own error, as it comes in each field that one of them has for it."""
    oa, at, person = products.oas[kind], f"campus={kind}", newcomer()
    await products.complete(person, at)
    told = dict.fromkeys(
        ("msg", "message", "errorMsg", "errmsg"), "用户王某不存在：患者李某的会诊 a8f5f167 10086"
    )
    body = json.dumps({"code": 1001, "type": "error", "status": False, "returnState": "1", **told})
    oa.canned.update({call.path: Canned(body.encode()) for call in oa.calls})
    try:
        with capture_logs() as lines:
            products.clock.later(seconds=75)
            assert "stale" == (await products.complete(person, at)).json()["state"]
    finally:
        oa.canned.clear()
    errors = [line["error"] for line in lines if line["event"] == "oa.failed"]
    assert [] == [each for each in errors if "用户…不存在" not in each], errors
    assert errors
    assert [] == [word for word in ("王某", "李某", "会诊", "a8f5", "10086") if word in str(errors)]
