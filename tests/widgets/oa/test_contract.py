"""What every dialect owes the rest of the service, whichever product it speaks to."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from auth.principal import Principal
from demo.oa import DemoOA
from demo.oa_browser import HOME
from demo.oa_seed import DIRECTORIES
from demo.oa_world import Canned
from demo.people import GU, HAN, SHEN, XU, ZHOU, Person
from tests.widgets.oa.conftest import Clock, Installed, asked_back, who, wire
from tests.widgets.oa.dialects import EVERY, OA, OPEN, Dialect, common
from widgets.items import Reference
from widgets.links import rebuild
from widgets.oa import OABadAnswer, OAClient, OADenied, OAError, OATooSlow, OAUnavailable
from widgets.oa.outbound import HttpClient, client
from widgets.tickets import Tickets

PEOPLE = pytest.mark.parametrize("person", [SHEN, ZHOU, HAN, GU], ids=lambda person: person.login)
BOMB = gzip.compress(b"[" + b" " * 20_000_000)
BIG = 9007199254740993
"""One more than a float can hold."""


@pytest.fixture(params=EVERY, ids=lambda each: each.kind)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def oa(dialect: Dialect, installed: Installed, tickets: Tickets) -> DemoOA:
    made = installed(dialect.kind)
    if dialect.asks_back:
        made.world.asks_back = "http://widgets.example/oa/main-oa"
        made.world.way_back = wire(asked_back(tickets))
    return made


@pytest.fixture
def source(dialect: Dialect, oa: DemoOA, http: HttpClient, clock: Clock, tickets: Tickets) -> OAClient:
    return dialect.connect(oa, common(http, clock, dialect.context), tickets)


def at(path: str, person: Person = SHEN) -> str:
    return path.format(account=person.account, login=person.login)


def answers(oa: DemoOA, path: str, body: bytes, status: int = 200, **headers: str) -> None:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    oa.world.canned[at(path)] = Canned(body, status, sent)


async def only(oa: DemoOA, source: OAClient, dialect: Dialect, **ours: Any) -> Any:
    """The item that a list of one such row becomes."""
    answers(oa, dialect.todos, dialect.answer(dialect.todo(**ours)))
    (item,) = (await source.todos(who(SHEN))).items
    return item


# To-dos


@PEOPLE
async def test_everybody_gets_their_own_to_dos_newest_first(
    oa: DemoOA, source: OAClient, person: Person
) -> None:
    waiting = sorted(oa.world.waiting(person), key=lambda task: task.received, reverse=True)
    listing = await source.todos(who(person))
    assert [item.title for item in listing.items] == [task.title for task in waiting]


@PEOPLE
async def test_a_to_do_says_when_it_came_from_whom_and_how_urgent_it_is(
    oa: DemoOA, source: OAClient, dialect: Dialect, person: Person
) -> None:
    expected = {
        task.title: (
            task.received.replace(microsecond=0),
            task.sender if dialect.tells_sender else None,
            dialect.levels[task.level],
        )
        for task in oa.world.waiting(person)
    }
    listing = await source.todos(who(person))
    found = {item.title: (item.received_at, item.sender, item.urgency) for item in listing.items}
    assert found == expected


async def test_an_item_names_its_source_and_campus(source: OAClient) -> None:
    listing = await source.todos(who(SHEN))
    assert {(item.source, item.campus) for item in listing.items} == {("main-oa", "main")}


async def test_ids_differ(source: OAClient) -> None:
    listing = await source.todos(who(GU))
    assert len({item.id for item in listing.items}) == 12


async def test_the_total_of_a_whole_list_is_known(source: OAClient) -> None:
    assert (await source.todos(who(GU))).total == 12


async def test_nothing_to_do_is_an_empty_list_with_total_zero(oa: DemoOA, source: OAClient) -> None:
    oa.world.waiting(SHEN).clear()
    listing = await source.todos(who(SHEN))
    assert (listing.items, listing.total, listing.dropped) == ((), 0, 0)


async def test_a_list_says_when_it_was_taken(source: OAClient, clock: Clock) -> None:
    assert (await source.todos(who(SHEN))).as_of == clock()


# Rows


@pytest.mark.parametrize("id", [BIG, -BIG, str(BIG), -5873412098123456789])
async def test_an_id_of_64_bits_stays_exact(oa: DemoOA, source: OAClient, dialect: Dialect, id: Any) -> None:
    assert (await only(oa, source, dialect, id=id)).id == str(id)


@pytest.mark.parametrize(
    "ours",
    [
        {"title": ""},
        {"title": None},
        {"title": ["x"]},
        {"title": "\u200b\u202e "},
        {"id": None},
        {"id": ""},
        {"id": {}},
        {"id": True},
        {"id": 1.5},
        {"id": "1&x=/../"},
        {"id": "1" * 65},
    ],
)
async def test_a_bad_row_costs_only_itself(
    oa: DemoOA, source: OAClient, dialect: Dialect, ours: dict[str, Any]
) -> None:
    answers(oa, dialect.todos, dialect.answer(dialect.todo(**ours), dialect.todo()))
    listing = await source.todos(who(SHEN))
    assert (len(listing.items), listing.dropped) == (1, 1)


@pytest.mark.parametrize("row", [None, "x", [], {}, 7])
async def test_what_is_no_row_costs_only_itself(
    oa: DemoOA, source: OAClient, dialect: Dialect, row: Any
) -> None:
    answers(oa, dialect.todos, dialect.answer(row, dialect.todo()))
    listing = await source.todos(who(SHEN))
    assert (len(listing.items), listing.dropped) == (1, 1)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u202e反向\u2066标题\u200b\ufeff", "反向标题"),
        ("一\r\n二\x00\x85三", "一 二 三"),
        ("长" * 5000, "长" * 199 + "…"),
        (10086, "10086"),
        ("{{7*7}}", "{{7*7}}"),
    ],
)
async def test_a_title_is_shown_as_typed_in_one_line_of_visible_characters(
    oa: DemoOA, source: OAClient, dialect: Dialect, title: Any, shown: str
) -> None:
    assert (await only(oa, source, dialect, title=title)).title == shown


@pytest.mark.parametrize(
    "time", ["0000-00-00", "9999-12-31 23:59:59", "", "昨天", None, -1, 10**18, 1.5, True, [], "2025-02-29"]
)
async def test_an_unreadable_arrival_leaves_the_item_without_one(
    oa: DemoOA, source: OAClient, dialect: Dialect, time: Any
) -> None:
    assert (await only(oa, source, dialect, received=time)).received_at is None


async def test_no_more_than_two_hundred_rows_are_read(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    answers(oa, dialect.todos, dialect.answer(*(dialect.todo(id=str(n)) for n in range(1000))))
    assert len((await source.todos(who(SHEN))).items) == 200


async def test_another_persons_row_is_dropped_and_counted(
    oa: DemoOA, source: OAClient, dialect: Dialect
) -> None:
    if dialect.owner is None:
        pytest.skip("its rows do not say whose they are")
    foreign = {**dialect.todo(id="8"), dialect.owner: "-1"}
    answers(oa, dialect.todos, dialect.answer(foreign, dialect.todo()))
    listing = await source.todos(who(SHEN))
    assert (len(listing.items), listing.dropped) == (1, 1)


async def test_a_list_of_another_person_is_a_bad_answer(
    oa: DemoOA, source: OAClient, dialect: Dialect
) -> None:
    if dialect.owner is None:
        pytest.skip("its rows do not say whose they are")
    answers(oa, dialect.todos, dialect.answer({**dialect.todo(), dialect.owner: "-1"}))
    with pytest.raises(OABadAnswer, match="another person"):
        await source.todos(who(SHEN))


# Answers that are no lists


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"-1",
        b'{"code":500}',
        b'{"data":null}',
        b'{"data":{}}',
        b'"x"',
        b"[" * 100_000,
        b"[1] junk",
        b"\xff\xfe\x00",
        b"\x80\x81",
        b"<!doctype html><title>\xe7\x99\xbb\xe5\xbd\x95</title>",
    ],
)
async def test_what_is_no_list_is_never_nothing_to_do(
    oa: DemoOA, source: OAClient, dialect: Dialect, body: bytes
) -> None:
    answers(oa, dialect.todos, body)
    with pytest.raises(OABadAnswer):
        await source.todos(who(SHEN))


async def test_what_the_product_says_when_it_gives_no_list_is_never_nothing_to_do(
    oa: DemoOA, source: OAClient, dialect: Dialect
) -> None:
    for body in dialect.bad_lists:
        answers(oa, dialect.todos, body)
        with pytest.raises(OAError):
            await source.todos(who(SHEN))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
async def test_a_list_in_an_encoding_that_nobody_announced_is_read(
    oa: DemoOA, source: OAClient, dialect: Dialect, encoding: str
) -> None:
    told = dialect.listed([dialect.todo(title="关于采购的请示")])
    for key, inner in told.items() if isinstance(told, dict) else ():
        if isinstance(inner, str) and inner[:1] == "{":  # JSON inside JSON
            told[key] = json.dumps(json.loads(inner), ensure_ascii=False)
    answers(oa, dialect.todos, json.dumps(told, ensure_ascii=False).encode(encoding))
    assert [item.title for item in (await source.todos(who(SHEN))).items] == ["关于采购的请示"]


async def test_a_login_page_everywhere_is_a_bad_answer(oa: DemoOA, source: OAClient) -> None:
    oa.world.mode = "garbage"
    with pytest.raises(OABadAnswer):
        await source.todos(who(SHEN))


async def test_a_stopped_oa_is_unavailable(oa: DemoOA, source: OAClient) -> None:
    oa.world.mode = "down"
    with pytest.raises(OAUnavailable):
        await source.todos(who(SHEN))


async def test_a_slow_oa_is_too_slow(oa: DemoOA, dialect: Dialect, clock: Clock, tickets: Tickets) -> None:
    oa.world.mode, oa.world.delay = "slow", 0.3
    async with client([OA], deadline=0.03, transport=wire(oa)) as hasty:
        with pytest.raises(OATooSlow):
            await dialect.connect(oa, common(hasty, clock, dialect.context), tickets).todos(who(SHEN))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, OABadAnswer) for status in (204, 301, 302, 307, 404)),
        *((status, OADenied) for status in (401, 403)),
        *((status, OAUnavailable) for status in (429, 500, 503)),
    ],
)
async def test_each_status_has_its_meaning(
    oa: DemoOA, source: OAClient, dialect: Dialect, status: int, error: type[OAError]
) -> None:
    answers(oa, dialect.todos, b"", status, Location="http://169.254.169.254/")
    with pytest.raises(error) as raised:
        await source.todos(who(SHEN))
    assert error.code == raised.value.code


async def test_a_compressed_answer_is_refused_unread(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    answers(oa, dialect.todos, BOMB, Content_Encoding="gzip")
    with pytest.raises(OABadAnswer, match="encoded"):
        await source.todos(who(SHEN))


# People and tokens


@pytest.mark.parametrize("account", ["", "10086 ", "１００８６", "10086\ud800", "' or 1=1", "../1", "a/b"])
async def test_a_number_that_no_oa_has_is_denied(source: OAClient, account: str) -> None:
    with pytest.raises(OADenied):
        await source.todos(Principal("s", account, "x"))


async def test_a_person_without_a_number_is_denied(source: OAClient) -> None:
    with pytest.raises(OADenied):
        await source.todos(who(XU))


async def test_an_expired_token_is_renewed_and_the_call_repeated(
    oa: DemoOA, source: OAClient, dialect: Dialect
) -> None:
    if not dialect.expires:
        pytest.skip("it hands out no tokens")
    await source.todos(who(SHEN))
    oa.world.gate.expire()
    assert len((await source.todos(who(SHEN))).items) == 6


async def test_no_cookie_is_ever_sent_back(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    for person in (SHEN, ZHOU, SHEN):
        await source.todos(who(person))
        if dialect.notices:
            await source.notices(who(person))
    assert {call.cookie for call in oa.world.calls} == {None}


# Notices


@PEOPLE
async def test_everybody_sees_the_notices_they_may_read(
    oa: DemoOA, source: OAClient, dialect: Dialect, person: Person
) -> None:
    if dialect.notices is None:
        pytest.skip("it has no interface that reads notices")
    directories = {id for id, _ in DIRECTORIES[:1]} if dialect.kind == "weaver-e9" else None
    readable = [
        each for each in oa.world.readable(person) if directories is None or each.directory in directories
    ]
    listing = await source.notices(who(person))
    found = [(notice.title, notice.published_at) for notice in listing.items]
    expected = [(each.title, each.published.replace(microsecond=0)) for each in readable]
    assert found == sorted(expected, key=lambda each: each[1], reverse=True)


async def test_notices_where_there_is_no_interface_are_denied_and_not_empty(
    source: OAClient, dialect: Dialect
) -> None:
    if dialect.notices is not None:
        pytest.skip("it has an interface that reads notices")
    with pytest.raises(OADenied):
        await source.notices(who(SHEN))


@pytest.mark.parametrize(
    "changes",
    [{"published": None}, {"published": "0000-00-00"}, {"title": None}, {"title": ""}, {"id": None}],
)
async def test_a_bad_notice_costs_only_itself(
    oa: DemoOA, source: OAClient, dialect: Dialect, changes: dict[str, Any]
) -> None:
    if dialect.notices is None:
        pytest.skip("it has no interface that reads notices")
    named = {dialect.notice_names[name]: value for name, value in changes.items()}
    told = dialect.noticed([{**dialect.notice, **named}, dict(dialect.notice), None])
    answers(oa, dialect.notices, json.dumps(told).encode())
    listing = await source.notices(who(SHEN))
    assert (len(listing.items), listing.dropped) == (1, 2)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"-1", b'"x"', b'{"code":1}', b"<html>"])
async def test_what_are_no_notices_is_a_bad_answer(
    oa: DemoOA, source: OAClient, dialect: Dialect, body: bytes
) -> None:
    if dialect.notices is None:
        pytest.skip("it has no interface that reads notices")
    answers(oa, dialect.notices, body)
    with pytest.raises(OABadAnswer):
        await source.notices(who(SHEN))


# Links


async def test_every_address_is_one_that_browsers_may_have(source: OAClient, dialect: Dialect) -> None:
    listed: list[Any] = [*(await source.todos(who(GU))).items]
    if dialect.notices:
        listed += (await source.notices(who(GU))).items
    addresses = [address for item in listed for address in (item.url, item.mobile_url) if address]
    assert len(addresses) >= len(listed)
    assert addresses == [rebuild(each, OPEN, {OPEN}) for each in addresses]


async def test_a_click_arrives_signed_in(oa: DemoOA, source: OAClient) -> None:
    item = (await source.todos(who(SHEN))).items[0]
    link = urlsplit(await source.link(who(SHEN), Reference("main-oa", "todos", item.id, item.url or "")))
    assert f"{link.scheme}://{link.netloc}" == OPEN
    visitor = oa.test_client()
    await visitor.get(f"{link.path}?{link.query}")
    page = await (await visitor.get(HOME)).get_data(as_text=True)
    assert item.title in page


async def test_a_click_opens_the_item_itself(oa: DemoOA, source: OAClient) -> None:
    """Followed to its end, as a browser does: the fragment of the last address that has one counts."""
    item = (await source.todos(who(SHEN))).items[0]
    link = await source.link(who(SHEN), Reference("main-oa", "todos", item.id, item.url or ""))
    task = next(task for task in oa.world.waiting(SHEN) if task.title == item.title)
    visitor, fragment = oa.test_client(), ""
    while link:
        parts = urlsplit(link)
        fragment = parts.fragment or fragment
        answer = await visitor.get(f"{parts.path}?{parts.query}")
        link = answer.headers.get("Location", "")
    assert (answer.status_code, fragment.rpartition("=")[2]) == (200, task.id)


@pytest.mark.parametrize(
    "url", ["", "https://evil.example/", "javascript:alert(1)", f"{OA}/x", "//evil.example"]
)
async def test_an_item_that_leads_elsewhere_gets_no_token(
    oa: DemoOA, source: OAClient, dialect: Dialect, url: str
) -> None:
    with pytest.raises(OABadAnswer):
        await source.link(who(SHEN), Reference("main-oa", "todos", "1", url))
    assert [call for call in oa.world.calls if call.path == dialect.sso] == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"null", b"short", b"a" * 40 + b"\r\nX: y", b"\xff" * 40, b"[]"]
)
async def test_what_is_no_token_never_enters_a_link(
    oa: DemoOA, source: OAClient, dialect: Dialect, body: bytes
) -> None:
    if dialect.sso is None:
        pytest.skip("the OA is not asked at a click")
    item = (await source.todos(who(SHEN))).items[0]
    answers(oa, dialect.sso, body)
    with pytest.raises(OAError):
        await source.link(who(SHEN), Reference("main-oa", "todos", item.id, item.url or ""))


@pytest.mark.parametrize("kind", ["todos", "notices"])
def test_the_whole_list_is_a_page_of_the_oa(source: OAClient, kind: Any) -> None:
    assert rebuild(source.home(kind), OPEN, {OPEN}) == source.home(kind)


# Ping


async def test_an_oa_that_answers_passes_the_ping(source: OAClient) -> None:
    assert await source.ping() is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("mode", ["down", "garbage"])
async def test_an_oa_that_does_not_answer_fails_the_ping(oa: DemoOA, source: OAClient, mode: Any) -> None:
    oa.world.mode = mode
    with pytest.raises(OAError):
        await source.ping()
