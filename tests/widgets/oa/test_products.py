"""What one product alone does: its handshake, its codes, its bad habits. What all owe is in test_contract.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from demo import oa_ekp, oa_o2oa, oa_seeyon, oa_seeyon8
from demo.oa import DemoOA
from demo.oa_world import Canned
from demo.people import GU, HAN, SHEN, WEN, ZHOU
from tests.widgets.oa.conftest import Clock, Installed, asked_back, who, wire
from tests.widgets.oa.dialects import EKP, O2, OPEN, V5, V8, Dialect, common
from widgets.items import Reference
from widgets.oa import OABadAnswer, OABarred, OADenied, OAError, OAForeign, OAUnavailable
from widgets.oa.landray_ekp import LandrayEKP
from widgets.oa.o2oa import O2OA
from widgets.oa.outbound import HttpClient
from widgets.oa.seeyon_v5 import SeeyonV5
from widgets.oa.seeyon_v8 import SeeyonV8
from widgets.tickets import Tickets

Make = Callable[..., Any]


def of(dialect: Dialect) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("dialect", [dialect], ids=[dialect.kind])


@pytest.fixture
def oa(dialect: Dialect, installed: Installed, tickets: Tickets) -> DemoOA:
    made = installed(dialect.kind)
    made.world.asks_back = "http://widgets.example/oa/main-oa"
    made.world.way_back = wire(asked_back(tickets))
    return made


@pytest.fixture
def make(dialect: Dialect, http: HttpClient, clock: Clock, tickets: Tickets) -> Make:
    """The dialect as the demo hospital configures it; keyword arguments replace parts of that."""
    usual: dict[str, tuple[type, dict[str, Any]]] = {
        "seeyon-v5": (
            SeeyonV5,
            {
                "user": oa_seeyon.USER,
                "password": oa_seeyon.PASSWORD,
                "tickets": tickets,
                "sso_from": oa_seeyon.SSO_FROM,
            },
        ),
        "seeyon-v8": (SeeyonV8, {"app_key": oa_seeyon8.APP_KEY, "app_secret": oa_seeyon8.APP_SECRET}),
        "landray-ekp": (LandrayEKP, {"user": oa_ekp.USER, "password": oa_ekp.PASSWORD}),
        "o2oa": (O2OA, {"client": oa_o2oa.CLIENT, "key": oa_o2oa.KEY, "categories": oa_o2oa.CATEGORIES}),
    }
    product, given = usual[dialect.kind]
    return lambda **more: product(**{**common(http, clock, dialect.context), **given, **more})


def says(oa: DemoOA, path: str, body: Any, status: int = 200) -> None:
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    oa.world.canned[path.format(account=SHEN.account, login=SHEN.login)] = Canned(told, status)


async def first(oa: DemoOA, source: Any, dialect: Dialect, **row: Any) -> Any:
    """The item that a list of one such row becomes."""
    says(oa, dialect.todos, dialect.listed([{**dialect.row, **row}]))
    return (await source.todos(who(SHEN))).items[0]


# Seeyon V5

TOKEN = "/seeyon/rest/token"
MEMBERS = "/seeyon/rest/orgMembers/code/10086"


@of(V5)
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"id":"-1"}', OABarred),
        (b'"-1"', OABarred),
        (b"-1", OABarred),
        (b'{"bindingUser":null}', OABadAnswer),
        (b"", OABadAnswer),
        (b"<html>", OABadAnswer),
    ],
)
async def test_v5_without_a_token_gives_no_list(
    oa: DemoOA, make: Make, body: bytes, error: type[OAError]
) -> None:
    says(oa, TOKEN, body)
    with pytest.raises(error) as raised:
        await make().todos(who(SHEN))
    assert type(raised.value) is error


@of(V5)
async def test_v5_may_answer_the_token_bare(oa: DemoOA, make: Make) -> None:
    says(oa, TOKEN, oa.world.gate.hand_out(900).encode())
    assert len((await make().todos(who(SHEN))).items) == 6


@of(V5)
async def test_v5_never_sees_the_password_in_an_address(make: Make, asked: list[Any]) -> None:
    await make().todos(who(SHEN))
    assert (asked[0].method, [each for each in asked if oa_seeyon.PASSWORD in str(each.url)]) == ("POST", [])


@of(V5)
async def test_v5_says_with_a_code_that_a_token_is_over(oa: DemoOA, make: Make, asked: list[Any]) -> None:
    says(oa, V5.todos, {"code": "1010", "message": "Invalid token"})
    with pytest.raises(OAUnavailable):
        await make().todos(who(SHEN))
    assert [each.url.path for each in asked].count(TOKEN) == 2


@of(V5)
async def test_v5_renews_a_token_before_it_dies_of_idleness(
    make: Make, asked: list[Any], clock: Clock
) -> None:
    source = make()
    for minutes in (0, 11, 2):
        clock.pass_(minutes=minutes)
        await source.todos(who(SHEN))
    assert [each.url.path for each in asked].count(TOKEN) == 2


@of(V5)
async def test_v5_rows_of_others_whose_number_begins_alike_are_dropped(oa: DemoOA, make: Make) -> None:
    oa.world.odd_rows = [{**V5.row, "id": 1, "memberId": -7}, {**V5.row, "id": 2, "memberId": "-8"}]
    listing = await make().todos(who(SHEN))
    assert (len(listing.items), listing.foreign, listing.dropped) == (6, 2, 2)


@of(V5)
@pytest.mark.parametrize(
    ("found", "error"),
    [
        ([], OADenied),
        ([{"id": 1, "code": "100861", "loginName": "x"}], OAForeign),
        ([{"id": 1, "code": "10086", "loginName": "x"}, {"id": 2, "code": "10086", "loginName": "y"}], OADenied),
        ([{"id": 1, "code": "10086", "loginName": "x", "enabled": False}], OADenied),
        ([{"id": None, "code": "10086", "loginName": "x"}], OABadAnswer),
    ],
    ids=["nobody", "somebody-else", "two", "locked", "no-id"],
)  # fmt: skip
async def test_v5_must_know_exactly_one_enabled_member(
    oa: DemoOA, make: Make, found: Any, error: type[OAError]
) -> None:
    says(oa, MEMBERS, found)
    with pytest.raises(error) as raised:
        await make().todos(who(SHEN))
    assert type(raised.value) is error


@of(V5)
@pytest.mark.parametrize(
    ("row", "url"),
    [
        (
            {"app": 1},
            "/seeyon/collaboration/collaboration.do?method=summary&openFrom=listPending&affairId=-5",
        ),
        (
            {"app": "1"},
            "/seeyon/collaboration/collaboration.do?method=summary&openFrom=listPending&affairId=-5",
        ),
        (
            {"app": 19, "objectId": 8},
            "/seeyon/govdoc/govdoc.do?method=summary&isFromHome=true&openFrom=listPending&affairId=-5&app=4&summaryId=8",
        ),
        ({"app": 6, "objectId": 8}, "/seeyon/mtMeeting.do?method=mydetail&id=8&affairId=-5&state=10"),
        ({"app": 6, "objectId": None}, None),
        ({"app": 10}, None),
    ],
)
async def test_v5_opens_each_application_at_its_own_page(
    oa: DemoOA, make: Make, row: dict[str, Any], url: str | None
) -> None:
    item = await first(oa, make(), V5, id=-5, **row)
    assert item.url == (OPEN + url if url else None)


@of(V5)
async def test_v5_words_and_levels_of_the_site_come_from_the_configuration(oa: DemoOA, make: Make) -> None:
    source = make(steps={"fengfa": "封发"}, urgency={"9": "critical"})
    known = await first(oa, source, V5, nodePolicy="fengfa", importantLevel=9, subState=11)
    unknown = await first(oa, source, V5, nodePolicy="x1", importantLevel=None, subState=12)
    assert (known.step, known.urgency, known.unread) == ("封发", "critical", True)
    assert (unknown.step, unknown.urgency, unknown.unread) == ("x1", "normal", False)


@of(V5)
@pytest.mark.parametrize(
    ("told", "total"), [({"1": 51, "4": 9, "6": 1}, 61), ({"1": "many"}, None), ({}, None), (b"-1", None)]
)
async def test_v5_adds_the_counts_of_its_applications_up(
    oa: DemoOA, make: Make, told: Any, total: int | None
) -> None:
    says(oa, V5.todos, V5.listed([{**V5.row, "id": n} for n in range(50)]))
    says(oa, "/seeyon/rest/affair/pending/count", told)
    assert (await make().todos(who(SHEN))).total == total


@of(V5)
async def test_v5_drafts_and_deleted_bulletins_are_not_shown(oa: DemoOA, make: Make) -> None:
    rows = [{**V5.notice, "id": n, "state": state} for n, state in enumerate((0, 10, 20, 30, 40))]
    rows += [{**V5.notice, "id": 7, "deletedFlag": True}, {**V5.notice, "id": 8, "topOrder": 3}]
    says(oa, V5.notices or "", {"data": rows})
    listing = await make().notices(who(SHEN))
    assert {(each.id, each.pinned) for each in listing.items} == {("3", False), ("8", True)}
    assert (listing.total, listing.dropped) == (2, 0)


@of(V5)
async def test_v5_demands_a_persons_own_token_and_brings_it_to_us(oa: DemoOA, make: Make) -> None:
    oa.world.demands_channel = True
    with pytest.raises(OADenied):
        await make().todos(who(SHEN))
    for person in (SHEN, ZHOU):
        listing = await make(channel=oa_seeyon.CHANNEL).todos(who(person))
        assert [each.title for each in listing.items] == [each.title for each in oa.world.waiting(person)]


@of(V5)
async def test_v5_refuses_a_channel_that_it_does_not_know(oa: DemoOA, make: Make) -> None:
    with pytest.raises(OADenied, match="互信校验失败"):
        await make(channel=("portal-widgets", "guessed")).todos(who(SHEN))


@of(V5)
async def test_v5_gets_a_ticket_that_is_good_for_one_check(oa: DemoOA, make: Make, tickets: Tickets) -> None:
    source = make()
    item = (await source.todos(who(SHEN))).items[0]
    link = await source.link(who(SHEN), Reference("main-oa", "todos", item.id, item.url or ""))
    (ticket,) = parse_qs(urlsplit(link).query)["ticket"]
    assert SHEN.login not in link and (SHEN.account or "") not in link
    assert [await tickets.redeem("main-oa", ticket) for _ in range(2)] == [SHEN.login, None]


@of(V5)
async def test_v5_without_single_sign_on_opens_the_plain_address(make: Make) -> None:
    source = make(sso_from=None)
    item = (await source.todos(who(SHEN))).items[0]
    assert await source.link(who(SHEN), Reference("main-oa", "todos", item.id, item.url or "")) == item.url


# Seeyon V8


@of(V8)
@pytest.mark.parametrize("code", ["BOOT_0000", "200", 200])
async def test_v8_calls_success_by_two_codes(oa: DemoOA, make: Make, code: Any) -> None:
    says(oa, V8.todos, {**V8.listed([V8.row]), "code": code})
    assert len((await make().todos(who(SHEN))).items) == 1


@of(V8)
async def test_v8_signs_each_question_over_its_exact_body_and_never_twice_alike(
    make: Make, asked: list[Any]
) -> None:
    """The demo checks the signature; here: a new requestId of at most 32 characters, nothing secret in it."""
    source = make()
    for _ in range(2):
        await source.todos(who(SHEN))
    ids = [json.loads(each.content)["requestId"] for each in asked]
    assert len(set(ids)) == 2 and max(map(len, ids)) <= 32
    assert [] == [each for each in asked if oa_seeyon8.APP_SECRET.encode() in each.content]


@of(V8)
@pytest.mark.parametrize(("minutes", "works"), [(4, True), (6, False), (-6, False)])
async def test_v8_takes_a_clock_that_is_five_minutes_off_and_no_more(
    oa: DemoOA, make: Make, clock: Clock, minutes: int, works: bool
) -> None:
    theirs = Clock()
    oa.world.now = theirs
    clock.pass_(minutes=minutes)
    if works:
        assert (await make().todos(who(SHEN))).items
        return
    with pytest.raises(OABadAnswer, match="签名校验失败"):
        await make().todos(who(SHEN))


@of(V8)
async def test_v8_numbers_of_importance_mean_nothing_until_the_site_says_what(oa: DemoOA, make: Make) -> None:
    assert (await first(oa, make(), V8, importance=3)).urgency == "normal"
    assert (await first(oa, make(urgency={"3": "critical"}), V8, importance=3)).urgency == "critical"


@of(V8)
async def test_v8_names_the_permission_where_a_node_has_no_name(oa: DemoOA, make: Make) -> None:
    item = await first(
        oa, make(), V8, nodeName="", nodePermissionName="审批", mobileUrl="app-approval/x?id=1"
    )
    assert (item.step, item.mobile_url) == ("审批", None)


@of(V8)
async def test_v8_without_single_sign_on_opens_the_plain_address(make: Make, asked: list[Any]) -> None:
    url = f"{OPEN}/main/affair/1#/x"
    reference = Reference("main-oa", "todos", "1", url)
    assert (await make().link(who(SHEN), reference), asked) == (url, [])
    signed = urlsplit(await make(sso=True).link(who(SHEN), reference))
    assert (parse_qs(signed.query)["sytype"], signed.fragment) == (["sytoken"], "/x")


# Landray EKP


@of(EKP)
@pytest.mark.parametrize(
    ("level", "urgency"),
    [(1, "critical"), ("1", "critical"), ("2", "high"), (3, "normal"), (9, "normal"), (None, "normal")],
)
async def test_ekp_counts_urgency_the_other_way_round(
    oa: DemoOA, make: Make, level: Any, urgency: str
) -> None:
    assert (await first(oa, make(), EKP, level=level)).urgency == urgency


@of(EKP)
async def test_ekp_says_that_nothing_was_found_as_if_it_were_a_mistake(oa: DemoOA, make: Make) -> None:
    """Only in these words; every other error page is a failure and not "nothing to do"."""
    oa.world.waiting(HAN).clear()
    assert ((await make().todos(who(HAN))).items, (await make().todos(who(HAN))).total) == ((), 0)
    error = json.dumps({"errorPage": "true", "message": "很抱歉，系统繁忙！"}, ensure_ascii=False)
    says(oa, EKP.todos, {"returnState": 2, "message": error})
    with pytest.raises(OABadAnswer, match="系统繁忙"):
        await make().todos(who(SHEN))


@of(EKP)
@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/sys/notify/x.do?fdId=1", f"{OPEN}/ekp/sys/notify/x.do?fdId=1"),
        (f"{OPEN}/other/x", f"{OPEN}/other/x"),
        ("https://erp.vendor.example/x", None),
        ("//erp.vendor.example/x", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
async def test_ekp_links_begin_below_its_context_and_pushed_ones_lead_nowhere_else(
    oa: DemoOA, make: Make, link: Any, url: str | None
) -> None:
    item = await first(oa, make(), EKP, link=link, mobileLink=link)
    assert (item.url, item.mobile_url) == (url, url)


@of(EKP)
@pytest.mark.parametrize(
    ("status", "error"), [(401, OABarred), (403, OABarred), (404, OABadAnswer), (429, OAUnavailable)]
)
async def test_ekp_means_its_statuses(oa: DemoOA, make: Make, status: int, error: type[OAError]) -> None:
    """Wrong account; address refused; service stopped or not registered; asked too often."""
    says(oa, EKP.todos, b"", status)
    with pytest.raises(error) as raised:
        await make().todos(who(SHEN))
    assert type(raised.value) is error


@of(EKP)
async def test_ekp_is_asked_for_one_person_with_the_accounts_proof(make: Make, asked: list[Any]) -> None:
    await make(todo_type=1).todos(who(SHEN))
    told = json.loads(asked[-1].content)
    assert (json.loads(told["targets"]), told["type"]) == ({"PersonNo": "10086"}, 1)
    with pytest.raises(OADenied):
        await make(user=None).todos(who(SHEN))


@of(EKP)
async def test_ekp_locked_people_get_no_session(make: Make) -> None:
    with pytest.raises(OADenied, match="用户不存在"):
        await make(sso=True).link(who(WEN), Reference("main-oa", "todos", "1", f"{OPEN}/ekp/x"))


# O2OA


@of(O2)
@pytest.mark.parametrize(("seconds", "works"), [(59, True), (61, False), (-61, False)])
async def test_o2oa_takes_a_clock_that_is_a_minute_off_and_no_more(
    oa: DemoOA, make: Make, clock: Clock, seconds: int, works: bool
) -> None:
    theirs = Clock()
    oa.world.now = theirs
    clock.pass_(seconds=seconds)
    if works:
        assert (await make().todos(who(SHEN))).items
        return
    with pytest.raises(OADenied, match="单点登录失败"):
        await make().todos(who(SHEN))


@of(O2)
async def test_o2oa_refuses_administrators_and_locked_people(make: Make) -> None:
    with pytest.raises(OADenied):
        await make().todos(who(WEN))


@of(O2)
async def test_o2oa_gives_each_person_a_token_of_their_own(make: Make, asked: list[Any]) -> None:
    source = make()
    for person in (SHEN, ZHOU, SHEN, GU):
        await source.todos(who(person))
    tokens = [each.headers["x-token"] for each in asked if "x-token" in each.headers]
    assert (len(set(tokens)), tokens[0] == tokens[2]) == (3, True)


@of(O2)
async def test_o2oa_names_lose_what_stands_behind_them(oa: DemoOA, make: Make) -> None:
    item = await first(oa, make(), O2, creatorPerson="李四@lisi@P", expired=False, urged=True)
    assert (item.sender, item.urgency) == ("李四", "critical")
    assert (await first(oa, make(), O2, expired=True)).urgency == "critical"
    assert (await first(oa, make(), O2, expired="true", urged=1)).urgency == "normal"


@of(O2)
async def test_o2oa_without_categories_has_no_notices_and_says_so(make: Make) -> None:
    with pytest.raises(OADenied):
        await make(categories=()).notices(who(SHEN))


@of(O2)
def test_o2oa_takes_no_key_of_another_length(make: Make) -> None:
    with pytest.raises(ValueError, match="8 characters"):
        make(key="short")
