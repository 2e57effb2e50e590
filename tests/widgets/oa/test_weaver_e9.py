"""The Weaver E9 dialect against an OA that speaks its interface."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from auth.principal import Principal
from demo.oa import DemoOA
from demo.oa_seed import Task
from demo.oa_world import Canned
from demo.people import GU, HAN, PEOPLE, SHEN, WEN, XU, ZHOU
from tests.widgets.oa.conftest import OA, OPEN, Clock, Connect, who
from widgets.items import Notice, Reference, TodoItem
from widgets.oa import OABadAnswer, OADenied, OAError, OAUnavailable
from widgets.oa.outbound import HttpClient
from widgets.oa.weaver_e9 import WeaverE9
from widgets.oa.weaver_token import Credentials, register

LIST = "/api/workflow/paService/getToDoWorkflowRequestList"
COUNT = "/api/workflow/paService/getToDoWorkflowRequestCount"
PEOPLE_PATH = "/api/hrm/resful/getHrmUserInfoWithPage"
DOCUMENTS = "/api/doc/mobile/systemDoc/getCategoryDocList"
APPLY = "/api/ec/dev/auth/applytoken"
SSO = "/ssologin/getToken"
ITEM = Reference(
    "main-oa", "todos", "1", f"{OPEN}/spa/workflow/static4form/index.html#/main/workflow/req?requestid=1"
)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "requestId": "7",
        "requestName": "请假申请",
        "requestLevel": "0",
        "receiveTime": "2026-11-20 10:01:05",
    } | changes


def answers(oa: DemoOA, path: str, value: Any) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    oa.world.canned[path] = Canned(body)


async def only(oa: DemoOA, e9: WeaverE9, **changes: Any) -> TodoItem:
    """The item that a list of one such row becomes."""
    answers(oa, LIST, [row(**changes)])
    (item,) = (await e9.todos(who(SHEN))).items
    return item


def asked(oa: DemoOA, path: str) -> int:
    return sum(call.path == path for call in oa.world.calls)


# Lists


async def test_a_to_do_has_every_field_of_the_contract(oa: DemoOA, e9: WeaverE9) -> None:
    task = Task(
        "180233",
        "扩容采购",
        "2",
        "信息科确认",
        "设备采购",
        "严叙白",
        datetime(2026, 11, 23, 1, 5, tzinfo=UTC),
    )
    oa.world.waiting(SHEN)[:] = [task]
    (item,) = (await e9.todos(who(SHEN))).items
    assert item == TodoItem(
        id="180233",
        source="main-oa",
        campus="main",
        title="扩容采购",
        url=f"{OPEN}/spa/workflow/static4form/index.html#/main/workflow/req?requestid=180233",
        mobile_url=f"{OPEN}/spa/workflow/static4mobileform/index.html#/req?requestid=180233",
        step="信息科确认",
        urgency="critical",
        received_at=datetime(2026, 11, 23, 1, 5, tzinfo=UTC),
        sender="严叙白",
        process="设备采购",
        unread=True,
    )


@pytest.mark.parametrize("person", [SHEN, ZHOU, HAN, GU], ids=lambda person: person.login)
async def test_everybody_gets_their_own_to_dos(oa: DemoOA, e9: WeaverE9, person: Any) -> None:
    listing = await e9.todos(who(person))
    assert {item.id for item in listing.items} == {task.id for task in oa.world.waiting(person)}


async def test_the_order_of_the_oa_does_not_matter(oa: DemoOA, e9: WeaverE9) -> None:
    before = (await e9.todos(who(GU))).items
    oa.world.waiting(GU).reverse()
    assert (await e9.todos(who(GU))).items == before


async def test_the_total_is_what_the_oa_counts(oa: DemoOA, e9: WeaverE9) -> None:
    answers(oa, COUNT, 1234)
    assert (await e9.todos(who(SHEN))).total == 1234


@pytest.mark.parametrize(
    "answer", [b"<html>", b"-3", b"true", b"null", b"1e400", b'{"status":false}', b"9" * 5000]
)
async def test_a_count_that_fails_is_unknown_and_costs_no_list(
    oa: DemoOA, e9: WeaverE9, answer: bytes
) -> None:
    answers(oa, COUNT, answer)
    listing = await e9.todos(who(SHEN))
    assert (listing.total, len(listing.items)) == (None, 6)


@pytest.mark.parametrize(
    ("level", "urgency"),
    [
        ("0", "normal"),
        ("1", "high"),
        ("2", "critical"),
        (2, "critical"),
        ("9", "normal"),
        (None, "normal"),
        ([], "normal"),
    ],
)
async def test_levels_become_urgency_and_an_unknown_one_is_normal(
    oa: DemoOA, e9: WeaverE9, level: Any, urgency: str
) -> None:
    assert (await only(oa, e9, requestLevel=level)).urgency == urgency


async def test_a_level_that_the_site_added_comes_from_the_configuration(oa: DemoOA, connect: Connect) -> None:
    assert (await only(oa, connect(urgency={"9": "critical"}), requestLevel="9")).urgency == "critical"


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"currentNodeName": "科主任审批", "status": "创建 至 审批"}, "科主任审批"),
        ({"currentNodeName": "", "status": "创建 至 审批"}, "创建 至 审批"),
        ({"currentNodeName": " ", "workflowBaseInfo": {"workflowName": "请假"}}, "请假"),
        ({"workflowBaseInfo": "请假"}, None),
    ],
)
async def test_the_step_falls_back_to_status_then_to_the_workflow(
    oa: DemoOA, e9: WeaverE9, fields: dict[str, Any], step: str | None
) -> None:
    assert (await only(oa, e9, **fields)).step == step


async def test_times_without_a_zone_are_in_the_configured_one(oa: DemoOA, e9: WeaverE9) -> None:
    item = await only(oa, e9, receiveTime="2026-11-20 10:01:05")
    assert item.received_at == datetime(2026, 11, 20, 2, 1, 5, tzinfo=UTC)


# Hostile rows


@pytest.mark.parametrize(
    "raw", [b'{"requestId":NaN,"requestName":"x"}', b'{"requestId":1,"requestId":2,"requestName":"x"}']
)
async def test_numbers_that_are_none_and_keys_named_twice_cost_their_row(
    oa: DemoOA, e9: WeaverE9, raw: bytes
) -> None:
    answers(oa, LIST, b"[" + raw + b"," + json.dumps(row()).encode() + b"]")
    listing = await e9.todos(who(SHEN))
    assert ([item.id for item in listing.items], listing.dropped) == (["7"], 1)


async def test_an_id_may_be_a_number(oa: DemoOA, e9: WeaverE9) -> None:
    assert (await only(oa, e9, requestId=9007199254740993)).id == "9007199254740993"


# Answers that are no lists


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'{"code":500}',
        b'"x"',
        b"[" * 100_000,
        b"[1] junk",
        b"\xff\xfe\x00",
        b"\x80\x81",
        b"<!doctype html><title>\xe7\x99\xbb\xe5\xbd\x95</title>",
    ],
)
async def test_what_is_no_list_is_a_bad_answer(oa: DemoOA, e9: WeaverE9, body: bytes) -> None:
    answers(oa, LIST, body)
    with pytest.raises(OABadAnswer):
        await e9.todos(who(SHEN))


# The token


async def test_everybody_shares_one_token(oa: DemoOA, e9: WeaverE9) -> None:
    await asyncio.gather(*(e9.todos(who(person)) for person in (SHEN, ZHOU, HAN, GU)))
    assert asked(oa, APPLY) == 1


async def test_an_expired_token_is_renewed_and_the_call_repeated(oa: DemoOA, e9: WeaverE9) -> None:
    await e9.todos(who(SHEN))
    oa.world.gate.expire()
    listing = await e9.todos(who(SHEN))
    assert (len(listing.items), listing.total, asked(oa, APPLY)) == (6, 6, 2)


async def test_a_token_is_renewed_before_its_life_is_over(oa: DemoOA, e9: WeaverE9, clock: Clock) -> None:
    await e9.todos(who(SHEN))
    clock.pass_(minutes=28)
    await e9.todos(who(SHEN))
    assert (asked(oa, APPLY), asked(oa, LIST)) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": -1, "status": False, "msg": "token不存在或者超时"}, OAUnavailable),
        ({"status": False, "errorCode": "002", "msg": "登录信息超时"}, OAUnavailable),
        ({"status": False, "errorCode": "002", "msg": ""}, OADenied),
    ],
)
async def test_a_call_is_repeated_once_and_no_more(
    oa: DemoOA, e9: WeaverE9, answer: dict[str, Any], error: type[OAError]
) -> None:
    answers(oa, LIST, answer)
    with pytest.raises(error):
        await e9.todos(who(SHEN))
    assert asked(oa, LIST) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": -1, "status": False, "msg": "secret解密失败"}, OADenied),
        ({"code": -1, "status": False, "msg": "认证信息错误,IP不允许"}, OADenied),
        ({"code": -1, "status": False, "msg": "\u202e" + "x" * 9999}, OABadAnswer),
        ({"status": True}, OABadAnswer),
        ({"status": True, "token": ""}, OABadAnswer),
        ({"status": True, "token": "a\r\nb: c"}, OABadAnswer),
        ({"status": True, "token": ["x"]}, OABadAnswer),
        ([], OABadAnswer),
    ],
)
async def test_without_a_token_there_is_no_list(
    oa: DemoOA, e9: WeaverE9, answer: Any, error: type[OAError]
) -> None:
    answers(oa, APPLY, answer)
    with pytest.raises(error):
        await e9.todos(who(SHEN))


async def test_keys_registered_anew_shut_the_old_ones_out(oa: DemoOA, e9: WeaverE9) -> None:
    oa.world.gate.register()
    with pytest.raises(OADenied):
        await e9.todos(who(SHEN))


# People


async def test_somebody_elses_user_is_refused(oa: DemoOA, e9: WeaverE9) -> None:
    oa.world.mode = "someone-else"
    with pytest.raises(OABadAnswer, match="another person"):
        await e9.todos(who(ZHOU))


async def test_a_locked_person_is_denied(e9: WeaverE9) -> None:
    with pytest.raises(OADenied):
        await e9.todos(who(WEN))


async def test_a_locked_person_is_looked_up_again(oa: DemoOA, e9: WeaverE9) -> None:
    for _ in range(2):
        with pytest.raises(OADenied):
            await e9.todos(who(WEN))
    assert asked(oa, PEOPLE_PATH) == 2


@pytest.mark.parametrize("account", ["99999", "1008", "", "10086 ", "１００８６", "10086\ud800", "' or 1=1"])
async def test_an_unknown_number_is_denied(e9: WeaverE9, account: str) -> None:
    with pytest.raises(OADenied):
        await e9.todos(Principal("s", account, "x"))


@pytest.mark.parametrize(
    ("found", "error"),
    [
        ([{"id": "345", "workcode": "10086"}, {"id": "346", "workcode": "10086"}], OADenied),
        ([{"id": "9", "workcode": "100860"}], OABadAnswer),
        ([{"id": None, "workcode": "10086"}], OABadAnswer),
        ([{"id": "0; drop", "workcode": "10086"}], OABadAnswer),
        ([{"id": "345", "workcode": ["10086"]}], OABadAnswer),
        ([None], OABadAnswer),
        (None, OADenied),
        ("x", OABadAnswer),
    ],
)
async def test_exactly_one_user_must_have_the_number(
    oa: DemoOA, e9: WeaverE9, found: Any, error: type[OAError]
) -> None:
    answers(oa, PEOPLE_PATH, {"code": "1", "data": {"dataList": found}})
    with pytest.raises(error):
        await e9.todos(who(SHEN))


async def test_a_number_that_others_begin_with_finds_its_own_user(oa: DemoOA, e9: WeaverE9) -> None:
    found = [{"id": "77", "workcode": "100861"}, {"id": "345", "workcode": "10086"}]
    answers(oa, PEOPLE_PATH, {"code": 1, "data": {"dataList": found}})
    assert len((await e9.todos(who(SHEN))).items) == 6


async def test_a_user_is_remembered_for_hours(oa: DemoOA, e9: WeaverE9, clock: Clock) -> None:
    await e9.todos(who(SHEN))
    clock.pass_(hours=3)
    await e9.todos(who(SHEN))
    clock.pass_(hours=2)
    await e9.todos(who(SHEN))
    assert asked(oa, PEOPLE_PATH) == 2


# Notices


@pytest.mark.parametrize("person", [SHEN, ZHOU, HAN, GU], ids=lambda person: person.login)
async def test_everybody_sees_the_notices_they_may_read(oa: DemoOA, e9: WeaverE9, person: Any) -> None:
    listing = await e9.notices(who(person))
    assert {notice.id for notice in listing.items} == {document.id for document in oa.world.readable(person)}


async def test_a_notice_has_every_field_of_the_contract(oa: DemoOA, connect: Connect) -> None:
    document = {
        "docid": "9012",
        "docTitle": "冬季流感防控",
        "createTime": "2026-11-19 15:20:11",
        "isnew": "1",
    }
    answers(oa, DOCUMENTS, {"api_status": True, "docs": [document]})
    (notice,) = (await connect(directories=[("11", "院感科")]).notices(who(SHEN))).items
    assert notice == Notice(
        id="9012",
        source="main-oa",
        campus="main",
        title="冬季流感防控",
        published_at=datetime(2026, 11, 19, 7, 20, 11, tzinfo=UTC),
        url=f"{OPEN}/spa/document/index.jsp?id=9012&router=1#/main/document/detail",
        department="院感科",
        unread=True,
    )


async def test_a_notice_without_a_date_is_dropped_and_counted(oa: DemoOA, connect: Connect) -> None:
    answers(
        oa,
        DOCUMENTS,
        {"api_status": True, "docs": [{"docid": "1", "docTitle": "x", "createTime": "0000-00-00"}]},
    )
    listing = await connect(directories=[("11", None)]).notices(who(SHEN))
    assert (listing.items, listing.dropped) == ((), 1)


@pytest.mark.parametrize(
    "answer", [[], {}, {"api_status": False, "msg": "x"}, {"api_status": True, "docs": {}}]
)
async def test_documents_that_are_no_list_are_a_bad_answer(oa: DemoOA, e9: WeaverE9, answer: Any) -> None:
    answers(oa, DOCUMENTS, answer)
    with pytest.raises(OABadAnswer):
        await e9.notices(who(SHEN))


async def test_notices_without_a_directory_are_denied_and_not_empty(connect: Connect) -> None:
    with pytest.raises(OADenied):
        await connect(directories=[]).notices(who(SHEN))


# Links


async def test_the_single_sign_on_token_stands_before_the_fragment(oa: DemoOA, e9: WeaverE9) -> None:
    front, _, fragment = (await e9.link(who(SHEN), ITEM)).partition("#")
    path, _, token = front.partition("?ssoToken=")
    assert (path, fragment) == (
        f"{OPEN}/spa/workflow/static4form/index.html",
        "/main/workflow/req?requestid=1",
    )
    assert oa.world.gate.redeem(token) == SHEN


async def test_the_token_joins_a_query_that_is_there_already(e9: WeaverE9) -> None:
    notice = Reference(
        "main-oa", "notices", "9", f"{OPEN}/spa/document/index.jsp?id=9&router=1#/main/document/detail"
    )
    link = await e9.link(who(SHEN), notice)
    assert link.startswith(f"{OPEN}/spa/document/index.jsp?id=9&router=1&ssoToken=")


async def test_the_login_name_can_be_used_instead_of_the_number(oa: DemoOA, connect: Connect) -> None:
    link = await connect(sso_login="login").link(who(HAN), ITEM)
    assert oa.world.gate.redeem(link.partition("ssoToken=")[2].partition("#")[0]) == HAN


async def test_without_single_sign_on_the_link_is_the_address(oa: DemoOA, connect: Connect) -> None:
    assert await connect(sso_app_id=None).link(who(SHEN), ITEM) == ITEM.url
    assert asked(oa, SSO) == 0


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("Token获取失败,IP未注册".encode(), OADenied),
        (b"<html>login</html>", OABadAnswer),
        (b"", OABadAnswer),
        (b"short", OABadAnswer),
        (b"a" * 40 + b"\r\nX: y", OABadAnswer),
        (b"a" * 40 + b"#@evil.example/", OABadAnswer),
        (b"\xff" * 40, OABadAnswer),
    ],
)
async def test_what_is_no_token_never_enters_a_link(
    oa: DemoOA, e9: WeaverE9, body: bytes, error: type[OAError]
) -> None:
    answers(oa, SSO, body)
    with pytest.raises(error):
        await e9.link(who(SHEN), ITEM)


# Ping and registration


async def test_registration_brings_credentials_that_open_the_oa(http: HttpClient, connect: Connect) -> None:
    credentials = Credentials.parse((await register(http, OA, "portal-widgets")).dump())
    assert len((await connect(credentials=credentials).todos(who(SHEN))).items) == 6


async def test_an_unknown_application_is_denied_registration(http: HttpClient) -> None:
    with pytest.raises(OADenied):
        await register(http, OA, "somebody")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"spk":"x","secret":"y"}', '{"spk":1,"secret":"y"}', "nonsense"]
)
def test_credentials_that_are_none_are_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        Credentials.parse(text)


def test_the_cast_has_somebody_locked_and_somebody_without_a_number() -> None:
    assert (WEN.oa_enabled, XU.account, len(PEOPLE)) == (False, None, 6)
