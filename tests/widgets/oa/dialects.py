"""Every dialect with what the shared suite needs to know of its product: names, envelopes, a demo OA."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from demo import oa_ekp, oa_o2oa, oa_plain, oa_seeyon, oa_seeyon8
from demo.installed_oa import PATTERNS, quoted
from demo.oa import DemoOA
from demo.oa_gate import APP_ID, SSO_APP_ID
from demo.oa_seed import DIRECTORIES
from widgets.oa import OAClient
from widgets.oa.landray_ekp import LandrayEKP
from widgets.oa.o2oa import O2OA
from widgets.oa.outbound import HttpClient
from widgets.oa.rest import Rest
from widgets.oa.seeyon_v5 import SeeyonV5
from widgets.oa.seeyon_v8 import SeeyonV8
from widgets.oa.weaver_e9 import WeaverE9
from widgets.oa.weaver_token import Credentials
from widgets.settings_rest import RestSource
from widgets.settings_secrets import Surroundings
from widgets.sources_rest import rest_client
from widgets.tickets import Tickets

OA = "https://oa.hospital.example"
OPEN = "https://oa.hospital.example:8443"
ZONE = ZoneInfo("Asia/Shanghai")


class Connect(Protocol):
    def __call__(self, oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient: ...


@dataclass(frozen=True)
class Dialect:
    """One product. Addresses may hold `{account}` and `{login}` of the person who asks."""

    kind: str
    connect: Connect
    todos: str
    """Where to-dos are asked for."""
    row: Mapping[str, Any]
    """A good to-do as the product writes it."""
    names: Mapping[str, str]
    """Our `id`, `title`, `received` → the product's names."""
    listed: Callable[[list[Any]], Any]
    """Rows → a whole answer with to-dos."""
    notices: str | None = None
    notice: Mapping[str, Any] = field(default_factory=dict)
    notice_names: Mapping[str, str] = field(default_factory=dict)
    noticed: Callable[[list[Any]], Any] = list
    owner: str | None = None
    """The name of the field that says whose a row is, where there is one."""
    sso: str | None = None
    """Where single sign-on is asked for at a click; None: the OA is not asked."""
    asks_back: bool = False
    """Whether it asks us about tickets, or brings tokens."""
    context: str = ""
    """Below which path the product lives."""
    expires: bool = True
    """Whether it hands out tokens that expire."""
    tells_sender: bool = True
    levels: Mapping[str, str] = field(default_factory=lambda: {"0": "normal", "1": "high", "2": "critical"})
    """What becomes of the three levels of the demo world."""
    bad_lists: tuple[bytes, ...] = ()
    """What this product says instead of a list when it will not give one."""

    def answer(self, *rows: Any) -> bytes:
        return json.dumps(self.listed(list(rows))).encode()

    def todo(self, **ours: Any) -> dict[str, Any]:
        """A row with our names in it: `id`, `title`, `received`."""
        return {**self.row, **{self.names[name]: value for name, value in ours.items()}}


def common(http: HttpClient, now: Callable[[], datetime], context: str) -> dict[str, Any]:
    """What every dialect is given."""
    return {
        "source": "main-oa",
        "campus": "main",
        "base_url": OA + context,
        "open_url": OPEN + context,
        "zone": ZONE,
        "http": http,
        "now": now,
    }


def _e9(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    credentials = Credentials(*oa.world.gate.register())
    return WeaverE9(
        app_id=APP_ID, credentials=credentials, directories=DIRECTORIES[:1], sso_app_id=SSO_APP_ID, **usual
    )


def _ekp(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    return LandrayEKP(user=oa_ekp.USER, password=oa_ekp.PASSWORD, sso=True, **usual)


def _v5(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    return SeeyonV5(
        user=oa_seeyon.USER,
        password=oa_seeyon.PASSWORD,
        tickets=tickets,
        sso_from=oa_seeyon.SSO_FROM,
        **usual,
    )


def _v8(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    return SeeyonV8(
        app_key=oa_seeyon8.APP_KEY,
        app_secret=oa_seeyon8.APP_SECRET,
        urgency=oa_seeyon8.URGENCY,
        sso=True,
        **usual,
    )


def _o2oa(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    return O2OA(client=oa_o2oa.CLIENT, key=oa_o2oa.KEY, categories=oa_o2oa.CATEGORIES, **usual)


def mapped(text: str, usual: dict[str, Any], **hidden: str) -> Rest:
    """The client of a source of kind `rest`, from its TOML; its secrets are these, by their names.

    Raises AssertionError for a mapping that the service would not start with.
    """
    source = _checked(text, usual["base_url"], usual["open_url"], tuple(hidden.items()))
    return rest_client(source, usual["http"], usual["zone"], usual["now"])


@cache
def _checked(text: str, base_url: str, open_url: str, hidden: tuple[tuple[str, str], ...]) -> RestSource:
    """Read once: that takes longer than most tests."""
    table = tomllib.loads(text)["sources"][0]
    table["base_url"], table["open_url"] = base_url, open_url
    table["secrets"] = {name: {"env": name} for name, _ in hidden}
    table.pop("push_secret", None)
    source = RestSource.model_validate(table, context=Surroundings(dict(hidden), Path()))
    assert [] == list(source.disagreements())
    return source


def _rest(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    """As the demo hospital configures it."""
    names = dict.fromkeys(("oa", "oa_here", "push", "secret"), '""')
    text = Template((PATTERNS / "rest.toml").read_text("utf-8")).substitute(names, app=quoted(oa_plain.APP))
    return mapped(text, usual, app=oa_plain.SECRET)


def _enclosed(data: object) -> dict[str, Any]:
    return {"code": 0, "msg": "ok", "data": json.dumps(data)}


def _upended(row: Any) -> Any:
    """A row as columns under each other."""
    return [{"property": name, "value": each} for name, each in row.items()] if isinstance(row, dict) else row


E9 = Dialect(
    kind="weaver-e9",
    connect=_e9,
    todos="/api/workflow/paService/getToDoWorkflowRequestList",
    row={"requestId": "7", "requestName": "请假申请", "receiveTime": "2026-11-20 10:01:05"},
    names={"id": "requestId", "title": "requestName", "received": "receiveTime"},
    listed=list,
    notices="/api/doc/mobile/systemDoc/getCategoryDocList",
    notice={"docid": "9", "docTitle": "停机公告", "createTime": "2026-11-20 10:01:05"},
    notice_names={"id": "docid", "title": "docTitle", "published": "createTime"},
    noticed=lambda rows: {"api_status": True, "docs": rows},
    bad_lists=(b'{"code":-1,"status":false,"msg":"x"}', b'{"api_status":true,"docs":[]}'),
    sso="/ssologin/getToken",
)
EKP = Dialect(
    kind="landray-ekp",
    connect=_ekp,
    todos="/ekp/api/sys-notify/sysNotifyTodoRestService/getTodo",
    row={
        "id": "18f0a",
        "subject": "请审批：用印申请",
        "level": 3,
        "createTime": "2026-11-20 10:01:05",
        "link": "/sys/notify/sys_notify_todo/sysNotifyTodo.do?method=view&fdId=18f0a",
    },
    names={"id": "id", "title": "subject", "received": "createTime"},
    listed=lambda rows: {
        "returnState": 2,
        "message": json.dumps({"pageCount": 1, "pageno": 1, "count": len(rows), "docs": rows}),
    },
    bad_lists=(
        b'{"returnState":1,"message":"\\u65e0\\u6743"}',
        b'{"returnState":0,"message":""}',
        b'{"returnState":2,"message":"\\u65e0"}',
        b'{"returnState":2,"message":"{}"}',
        b'{"returnState":2,"message":{"docs":[]}}',
        b'{"returnState":2,"message":"{\\"errorPage\\":\\"true\\",\\"message\\":\\"x\\"}"}',
    ),
    sso="/ekp/api/sys-authentication/loginService/getLoginSessionId",
    context="/ekp",
    expires=False,
)
V5 = Dialect(
    kind="seeyon-v5",
    connect=_v5,
    todos="/seeyon/rest/affairs/pending/code/{account}",
    row={
        "id": -5873412098123456789,
        "subject": "设备采购审批",
        "app": 1,
        "objectId": 7712098123456789001,
        "importantLevel": 2,
        "nodePolicy": "shenpi",
        "receiveTime": 1795140065000,
    },
    names={"id": "id", "title": "subject", "received": "receiveTime"},
    listed=lambda rows: {"data": rows, "page": 1, "total": 0},
    notices="/seeyon/rest/bulletin/user/loginName/{login}",
    notice={"id": -33, "title": "停机公告", "publishDate": 1795053600000, "state": 30},
    notice_names={"id": "id", "title": "title", "published": "publishDate"},
    owner="memberId",
    asks_back=True,
    context="/seeyon",
    tells_sender=False,
    bad_lists=(b'{"code":"1010","message":"Invalid token"}', b'{"code":1,"message":"x"}', b'"-1"'),
)
V8 = Dialect(
    kind="seeyon-v8",
    connect=_v8,
    todos="/ctp-affair/affair/select-list",
    row={
        "id": "6612098123456789001",
        "title": "合同审批",
        "nodeName": "院长审批",
        "receiveTime": 1795140065000,
        "webUrl": "/main/affair/6612098123456789001",
    },
    names={"id": "id", "title": "title", "received": "receiveTime"},
    listed=lambda rows: {
        "status": 0,
        "code": "200",
        "data": {"pageInfo": {"total": len(rows)}, "content": rows},
    },
    owner="receiveMemberCode",
    sso="/service/ctp-user/auth/avoid/sytoken",
    expires=False,
    bad_lists=(
        b'{"status":1,"code":"BOOT_4001","message":"x","data":{"content":[]}}',
        b'{"status":0,"code":"500","data":{"content":[]}}',
        b'{"status":0,"code":"200","data":{"content":null}}',
        b'{"status":0,"code":"200","data":[]}',
    ),
)
O2 = Dialect(
    kind="o2oa",
    connect=_o2oa,
    todos="/x_processplatform_assemble_surface/jaxrs/task/list/my/paging/1/size/50",
    row={"id": "0c", "title": "用车申请", "work": "9d", "startTime": "2026-11-20 10:01:05"},
    names={"id": "id", "title": "title", "received": "startTime"},
    listed=lambda rows: {"type": "success", "count": len(rows), "size": len(rows), "data": rows},
    notices="/x_cms_assemble_control/jaxrs/document/filter/list/1/size/50",
    notice={"id": "d1", "title": "停机公告", "publishTime": "2026-11-20 10:01:05"},
    notice_names={"id": "id", "title": "title", "published": "publishTime"},
    noticed=lambda rows: {"type": "success", "count": len(rows), "data": rows},
    owner="person",
    levels={"0": "normal", "1": "normal", "2": "critical"},
    bad_lists=(
        b'{"type":"error","message":"x","data":[]}',
        b'{"type":"success","data":null}',
        b'{"data":[]}',
    ),
)
PLAIN = Dialect(
    kind="rest",
    connect=_rest,
    todos="/api/todo",
    row={"no": 7, "subject": "请假申请", "came": "2026/11/20 10:01:05", "to": "345"},
    names={"id": "no", "title": "subject", "received": "came"},
    listed=lambda rows: _enclosed({"list": rows, "count": len(rows)}),
    notices="/api/board",
    notice={"id": "9", "subject": "停机公告", "day": "2026-11-20", "clock": "10:01:05"},
    notice_names={"id": "id", "title": "subject", "published": "day"},
    noticed=lambda rows: _enclosed({"rows": [_upended(row) for row in rows], "next": ""}),
    owner="to",
    sso="/api/ticket",
    bad_lists=(
        b'{"code":404,"msg":"x","data":null}',
        b'{"code":0,"data":"{\\"list\\":null}"}',
        b'{"code":0,"data":"[]"}',
        b'{"code":0,"data":null}',
        b'{"code":401,"msg":"x"}',
    ),
)
EVERY = (E9, EKP, V5, V8, O2, PLAIN)
