"""蓝凌 Landray EKP: to-dos (待审 and 暂挂), asked for by 工号. It has no interface that reads notices."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import quote, urlencode

from auth.principal import Principal
from widgets.items import Kind, Listing, Notice, Reference, TodoItem, Urgency
from widgets.links import origin, rebuild
from widgets.oa import OABadAnswer, OADenied
from widgets.oa.gathering import PAGE, Row, account, counted, kept, newest, own_address
from widgets.oa.outbound import HttpClient, ask
from widgets.oa.reading import clean, fields, identifier, moment, own_words, read_json, rows

URGENCY: Final[Mapping[str, Urgency]] = {"1": "critical", "2": "high", "3": "normal"}
"""紧急, 急, 一般: the lowest number is the highest level, other than with every other product."""
WAITING: Final = 13
"""EKP's `type` for what waits for a decision: 1 待审 and 3 暂挂."""
_TODOS: Final = "/api/sys-notify/sysNotifyTodoRestService/getTodo"
_SESSION: Final = "/api/sys-authentication/loginService/getLoginSessionId"
_ENTRANCE: Final = "/sys/authentication/sso/login_auto.jsp"
_NOTHING_FOUND: Final = "未找到相应的记录"
_SESSION_ID: Final = re.compile(r"[A-Za-z0-9+/=_.:-]{16,512}")


class LandrayEKP:
    """One EKP as an OAClient.

    `base_url` and `open_url` carry EKP's context path where it has one (`https://oa.hospital.example/ekp`).
    `user` and `password` are those of the REST service's policy; without a user none are sent. With `sso` a
    click arrives signed in; EKP must then know people by a login name that is the 工号.
    """

    def __init__(
        self,
        *,
        source: str,
        campus: str,
        base_url: str,
        open_url: str,
        zone: tzinfo,
        http: HttpClient,
        now: Callable[[], datetime],
        user: str | None = None,
        password: str = "",
        todo_type: int = WAITING,
        urgency: Mapping[str, Urgency] | None = None,
        sso: bool = False,
    ) -> None:
        self._source, self._campus, self._zone, self._http, self._now = source, campus, zone, http, now
        self._base, self._open = base_url.rstrip("/"), open_url.rstrip("/")
        self._allowed = frozenset({origin(open_url)})
        self._headers = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
        if user is not None:
            proof = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["authorization"] = f"Basic {proof}"  # RFC 7617
        self._todo_type, self._urgency, self._sso = todo_type, {**URGENCY, **(urgency or {})}, sso

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """The newest `PAGE` to-dos. EKP's rows do not say whose they are. Raises OAError."""
        state, message = await self._ask_for(account(who), PAGE)
        told = _told(state, message)
        if told is None:
            return Listing((), 0, self._now())
        listed = rows(told.get("docs"), "docs")
        items, dropped = kept(listed, self._todo)
        return Listing(newest(items), counted(told.get("count"), len(listed)), self._now(), dropped=dropped)

    async def notices(self, who: Principal) -> Listing[Notice]:
        """Raises OADenied: EKP's own news can be read with a person's session only."""
        raise OADenied("EKP has no interface that reads notices")

    async def link(self, who: Principal, item: Reference) -> str:
        """The item's address, through EKP's sign-in page where single sign-on is configured. Raises OAError."""
        url = own_address(item, self._open, self._allowed)
        if not self._sso:
            return url
        session = await self._session(account(who))
        target = quote(url.removeprefix(self._open), safe="")
        return f"{self._open}{_ENTRANCE}?sessionId={quote(session, safe='')}&target={target}"

    def home(self, kind: Kind) -> str:
        """EKP's first page: where it lists to-dos differs from site to site."""
        return f"{self._open}/"

    async def ping(self) -> None:
        """Asks for the to-dos of nobody. Raises OAError unless the service answers in its own form."""
        await self._ask_for("0", 1)

    async def _ask_for(self, number: str, most: int) -> tuple[str, object]:
        """`returnState` and `message` of one page of to-dos."""
        wanted = {
            "targets": json.dumps({"PersonNo": number}),
            "type": self._todo_type,
            "otherCond": "",
            "rowSize": most,
            "pageNo": 1,
        }
        body = json.dumps(wanted).encode()
        answer = await ask(self._http, "POST", self._base + _TODOS, headers=self._headers, body=body)
        told = fields(read_json(answer.accepted()))
        state = identifier(told.get("returnState"))
        if state not in ("0", "1", "2"):
            raise OABadAnswer("to-dos: no returnState")
        return state, told.get("message")

    def _todo(self, row: Row) -> TodoItem | None:
        id, title = identifier(row.get("id")), clean(row.get("subject"))
        if id is None or title is None:
            return None
        return TodoItem(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            url=self._address(row.get("link")),
            mobile_url=self._address(row.get("mobileLink")),
            urgency=self._urgency.get(identifier(row.get("level")) or "", "normal"),
            received_at=moment(row.get("createTime"), self._zone),
            sender=clean(row.get("creatorName")),
            process=clean(row.get("moduleName")) or clean(row.get("appName")),
        )

    def _address(self, link: object) -> str | None:
        """EKP's links begin below its context path; those that other systems pushed may lead anywhere."""
        if not isinstance(link, str) or not link:
            return None
        inside = link.startswith("/") and not link.startswith("//")
        return rebuild(self._open + link if inside else link, self._open, self._allowed)

    async def _session(self, login: str) -> str:
        url = f"{self._base}{_SESSION}?{urlencode({'loginName': login})}"
        answer = await ask(self._http, "POST", url, headers=self._headers, body=b"{}")
        told = fields(read_json(answer.accepted()))
        session = told.get("sessionId")
        if told.get("result") is not True:
            raise OADenied(f"single sign-on: {own_words(told.get('errorMsg'))}")
        if not isinstance(session, str) or not _SESSION_ID.fullmatch(session):
            raise OABadAnswer("single sign-on: no session id")
        return session


def _told(state: str, message: object) -> Row | None:
    """What `message` says; None: EKP says in so many words that nothing was found. Raises OABadAnswer."""
    if state != "2" or not isinstance(message, str):
        raise OABadAnswer(f"to-dos: returnState {state}: {own_words(message)}")
    told = fields(read_json(message.encode("utf-8", "replace")))
    if identifier(told.get("errorPage")) == "true":
        if _NOTHING_FOUND in (clean(told.get("message")) or ""):
            return None
        raise OABadAnswer(f"to-dos: {own_words(told.get('message'))}")
    return told
