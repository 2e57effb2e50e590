"""`POST /push/<source>`: what the OA may say, and what nobody gets by saying it (docs/oa.md)."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest

from demo.oa_push import signed
from demo.people import GU, HAN, SHEN, ZHOU
from tests.staff import Staff
from tests.widgets.live.ear import Ear
from tests.widgets.live.pair import Pair

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = b'{"employees": ["10203"]}'
ALL = {"employees": [str(number) for number in range(1000)]}


def told(answer: httpx2.Response) -> tuple[int, Any]:
    """Status, and the code for the sender, if it says one."""
    return answer.status_code, answer.json()["error"] if answer.content else None


async def test_a_push_of_several_people_is_taken(pair: Pair) -> None:
    """204, nothing to read; and it is counted by its source."""
    name = 'portal_widgets_pushes_total{outcome="ok",source="main-oa"}'
    before = await pair.figure(name)
    answer = await pair.push(ZHOU, HAN, SHEN)
    assert ((204, None), before + 1) == (told(answer), await pair.figure(name))


@pytest.mark.parametrize("number", [1, 1000])
async def test_up_to_a_thousand_people_fit_into_one_push(pair: Pair, number: int) -> None:
    assert (204, None) == told(await pair.send({"employees": ALL["employees"][:number], "at": number}))


@pytest.mark.parametrize(
    "changes",
    [
        {"Push-Signature": "0" * 64},
        {"Push-Signature": ""},
        {"Push-Signature": "签名".encode()},
        {"Push-Timestamp": ""},
        {"Push-Timestamp": "now"},
        {"Push-Timestamp": "-1"},
        {"Push-Timestamp": "9" * 30},
        {"Push-Timestamp": f"{time.time():.3f}"},
        {"Push-Timestamp": "１７９５".encode()},
        signed(BODY, "another secret of another OA's makers"),
        signed(BODY + b" "),
        signed(BODY, at=0) | {"Push-Timestamp": "1"},
    ],
    ids=" ".join,
)
async def test_without_a_good_signature_there_is_no_such_address(
    pair: Pair, changes: dict[str, str | bytes]
) -> None:
    """404 and not a word, whatever is wrong with it."""
    assert (404, b"") == _plain(await pair.post(BODY, signed(BODY) | changes))


async def test_a_stranger_cannot_find_out_which_sources_there_are(pair: Pair) -> None:
    """A source that is not there answers a wrong signature as one that is does, and a right one too."""
    known = await pair.post(BODY, signed(BODY, "a guess"))
    unknown = await pair.post(BODY, signed(BODY), source="other-oa")
    assert _plain(known) == _plain(unknown) == (404, b"")


async def test_no_signature_at_all(pair: Pair) -> None:
    assert (404, b"") == _plain(await pair.post(BODY, {}))


@pytest.mark.parametrize("seconds", [-310, 310, -0.999 * time.time()], ids=["past", "future", "1970"])
async def test_a_clock_that_is_minutes_off_is_told_so(pair: Pair, seconds: int) -> None:
    """Whoever signs well learns what is wrong: five minutes either way are forgiven, no more.

    Seconds where milliseconds are asked for are a moment in January 1970.
    """
    body = b'{"employees": ["1"]}'
    answer = await pair.post(body, signed(body, at=time.time() + seconds))
    assert (400, "timestamp-too-far") == told(answer)


async def test_the_same_may_be_said_twice_in_one_second(pair: Pair) -> None:
    """Two approvals by one person, one right after the other: both are heard."""
    assert [(204, None)] * 2 == [told(await pair.push(GU)) for _ in range(2)]


async def test_what_was_said_once_cannot_be_said_again(pair: Pair) -> None:
    """The same bytes are refused, at the other instance too, and in capitals."""
    body = b'{"employees": ["10203"], "said": "once"}'
    headers = signed(body)
    shouted = headers | {"Push-Signature": headers["Push-Signature"].upper()}
    assert (204, None) == told(await pair.post(body, headers))
    for at in (pair.here, pair.there):
        assert (400, "replayed") == told(await pair.post(body, headers, at=at))
        assert (400, "replayed") == told(await pair.post(body, shouted, at=at))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"employees=10203", "not-json"),
        (b"\xff\xfe{", "not-json"),
        (b'{"employees": ["10203"]', "not-json"),
        (b"[" * 30_000, "not-json"),
        (b"null", "employees-missing"),
        (b'["10203"]', "employees-missing"),
        (b'{"employee": "10203"}', "employees-missing"),
        (b'{"employees": "10203"}', "employees-missing"),
        (b'{"employees": []}', "employees-missing"),
        (b'{"employees": [10203]}', "employee-not-text"),
        (b'{"employees": ["10203", null]}', "employee-not-text"),
        (b'{"employees": [""]}', "employee-not-text"),
        (b'{"employees": ["' + b"1" * 65 + b'"]}', "employee-not-text"),
        (b'{"employees": [["10203"]]}', "employee-not-text"),
        (b'{"employees": [' + b'"1",' * 1000 + b'"1"]}', "too-many-employees"),
    ],
)
async def test_a_signed_push_that_makes_no_sense_is_told_why(pair: Pair, body: bytes, code: str) -> None:
    assert (400, code) == told(await pair.send(body))


async def test_a_body_beyond_the_limit_is_not_read(pair: Pair) -> None:
    """64 KiB are enough for a thousand people; more is 413, signed or not."""
    assert 413 == (await pair.send(b" " * 65_537)).status_code


async def test_people_whom_nobody_knows_do_no_harm(pair: Pair, staff: Staff) -> None:
    """工号 of strangers, hostile ones among them, beside one who listens: that one is woken."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        strange = ["*", "pw:*", "a\nb", "\u0000", "工号", "{10203}", "../..", HAN.account]
        assert (204, None) == told(await pair.send({"employees": strange}))
        await ear.hears("todos")


async def test_other_methods_are_refused(pair: Pair, staff: Staff) -> None:
    assert 405 == (await staff.get(f"{pair.here}/push/main-oa")).status_code


def _plain(answer: httpx2.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content
