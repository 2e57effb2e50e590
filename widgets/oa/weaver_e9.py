"""泛微 Weaver e-cology 9: to-dos of workflows, notices as the documents of chosen directories (知识目录).

No cookie is ever kept: E9 answers a kept session with another person's data.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Final, Literal
from urllib.parse import quote, urlencode

from auth.principal import Principal
from widgets.items import Kind, Listing, Notice, Reference, TodoItem, Urgency
from widgets.links import origin, rebuild
from widgets.oa import OABadAnswer, OADenied, OAError
from widgets.oa.gathering import PAGE, account, counted, kept, latest, newest, own_address
from widgets.oa.outbound import HttpClient, ask
from widgets.oa.reading import clean, excerpt, fields, identifier, moment, own_words, rows
from widgets.oa.weaver_token import Credentials, Entrance
from widgets.oa.weaver_users import Users

URGENCY: Final[Mapping[str, Urgency]] = {"0": "normal", "1": "high", "2": "critical"}
"""正常, 重要, 紧急. E9 ships three levels as the card has three, so its highest is our highest. Levels that a
site added come from the configuration; one nobody named is 普通, because a false alarm costs trust."""
_WORKFLOW: Final = "/api/workflow/paService"
_DOCUMENTS: Final = "/api/doc/mobile/systemDoc/getCategoryDocList"
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=_.-]{32,1024}")


class WeaverE9:
    """One E9 as an OAClient.

    `base_url` is where the service reaches it, `open_url` where browsers do. `directories` are the (category
    id, 发布部门 or None) whose documents are notices. With `sso_app_id` links carry a single-sign-on token;
    `sso_login` says by what E9 knows the person there: the 工号 (`account`) or its own login name (`login`).
    `zone` is that of E9's times; `service_user` the internal id in whose name people are looked up.
    """

    def __init__(
        self,
        *,
        source: str,
        campus: str,
        base_url: str,
        open_url: str,
        app_id: str,
        credentials: Credentials,
        zone: tzinfo,
        http: HttpClient,
        now: Callable[[], datetime],
        directories: Sequence[tuple[str, str | None]] = (),
        urgency: Mapping[str, Urgency] | None = None,
        sso_app_id: str | None = None,
        sso_login: Literal["account", "login"] = "account",
        service_user: str = "1",
    ) -> None:
        self._source, self._campus, self._zone, self._http, self._now = source, campus, zone, http, now
        self._base, self._open = base_url.rstrip("/"), open_url.rstrip("/")
        self._allowed = frozenset({origin(open_url)})
        self._directories, self._urgency = tuple(directories), {**URGENCY, **(urgency or {})}
        self._sso_app_id, self._sso_login = sso_app_id, sso_login
        self._entrance = Entrance(http, base_url, app_id, credentials, now)
        self._users = Users(self._entrance, service_user, now)

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """The newest `PAGE` to-dos, newest first; `total` is None when E9 did not count. Raises OAError."""
        number = account(who)
        user = await self._users.find(number)
        try:
            listed, total = await asyncio.gather(self._workflows(user.id), self._count(user.id))
        except OADenied:
            self._users.forget(number)
            raise
        items, dropped = kept(listed, self._todo)
        return Listing(newest(items), total, self._now(), dropped=dropped)

    async def notices(self, who: Principal) -> Listing[Notice]:
        """The documents of all directories that this person may read, newest first. Raises OAError.

        E9 says no total; it is known only while every directory fits into one page.
        """
        if not self._directories:
            raise OADenied("no document directory is configured for notices")
        user = await self._users.find(account(who))
        pages = await asyncio.gather(
            *(self._documents(user.id, category) for category, _ in self._directories)
        )
        notices: dict[str, Notice] = {}
        dropped = 0
        for (_, department), page in zip(self._directories, pages, strict=True):
            found, bad = kept(page, partial(self._notice, department))
            notices.update((notice.id, notice) for notice in found)
            dropped += bad
        total = len(notices) + dropped if all(len(page) < PAGE for page in pages) else None
        return Listing(latest(notices.values()), total, self._now(), dropped=dropped)

    async def link(self, who: Principal, item: Reference) -> str:
        """The item's address, with a fresh `ssoToken` where single sign-on is configured. Raises OAError."""
        url = own_address(item, self._open, self._allowed)
        if self._sso_app_id is None:
            return url
        token = await self._sso_token(self._sso_app_id, await self._login(who))
        # E9's filter sees the server's part of the address only, so the token stands before the fragment.
        front, hash, fragment = url.partition("#")
        return f"{front}{'&' if '?' in front else '?'}ssoToken={quote(token, safe='')}{hash}{fragment}"

    def home(self, kind: Kind) -> str:
        """E9's page of everything that waits; for notices its portal page, where the site shows them."""
        return f"{self._open}/wui/index.html#/main" + ("/workflow/listDoing" if kind == "todos" else "")

    async def ping(self) -> None:
        """Raises OAError unless token and user look-up work now."""
        await self._users.ping()

    async def _workflows(self, user_id: str) -> list[object]:
        form = {
            "pageNo": "1",
            "pageSize": str(PAGE),
            "conditions": "{}",
            "isMergeShow": "false",
            "isNeedOs": "false",
        }
        path = f"{_WORKFLOW}/getToDoWorkflowRequestList"
        return rows(await self._entrance.call("POST", path, user_id, form), "to-do list")

    async def _count(self, user_id: str) -> int | None:
        path = f"{_WORKFLOW}/getToDoWorkflowRequestCount"
        try:
            told = await self._entrance.call("POST", path, user_id, {"conditions": "{}"})
        except OAError:
            return None
        return counted(told, 0)

    async def _documents(self, user_id: str, category: str) -> list[object]:
        query = urlencode({"categoryid": category, "pagenum": "1", "pagesize": str(PAGE)})
        answer = fields(await self._entrance.call("GET", f"{_DOCUMENTS}?{query}", user_id))
        if answer.get("api_status") is not True:
            raise OABadAnswer(f"documents: {own_words(answer.get('msg'))}")
        return rows(answer.get("docs"), "docs")

    def _todo(self, row: Mapping[str, object]) -> TodoItem | None:
        id, title = identifier(row.get("requestId")), clean(row.get("requestName"))
        if id is None or title is None:
            return None
        process = clean(fields(row.get("workflowBaseInfo")).get("workflowName"))
        query = f"requestid={quote(id, safe='')}"
        return TodoItem(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            url=self._address(f"/spa/workflow/static4form/index.html#/main/workflow/req?{query}"),
            mobile_url=self._address(f"/spa/workflow/static4mobileform/index.html#/req?{query}"),
            step=clean(row.get("currentNodeName")) or clean(row.get("status")) or process,
            urgency=self._urgency.get(identifier(row.get("requestLevel")) or "", "normal"),
            received_at=moment(row.get("receiveTime"), self._zone),
            sender=clean(row.get("creatorName")),
            process=process,
            unread=identifier(row.get("viewtype")) == "0",
        )

    def _notice(self, department: str | None, row: Mapping[str, object]) -> Notice | None:
        id, title = identifier(row.get("docid")), clean(row.get("docTitle"))
        published = moment(row.get("createTime"), self._zone)
        if id is None or title is None or published is None:
            return None
        path = f"/spa/document/index.jsp?id={quote(id, safe='')}&router=1#/main/document/detail"
        return Notice(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            published_at=published,
            url=self._address(path),
            department=department,
            unread=identifier(row.get("isnew")) == "1",
        )

    def _address(self, path: str) -> str | None:
        return rebuild(self._open + path, self._open, self._allowed)

    async def _login(self, who: Principal) -> str:
        number = account(who)
        if self._sso_login == "account":
            return number
        login = (await self._users.find(number)).login
        if login is None:
            raise OABadAnswer("user look-up: no login name")
        return login

    async def _sso_token(self, app_id: str, login: str) -> str:
        form = {"appid": app_id, "loginid": login}
        answer = await ask(self._http, "POST", f"{self._base}/ssologin/getToken", form=form)
        token = answer.accepted().decode("utf-8", "replace").strip()
        if token.startswith("Token获取失败"):
            raise OADenied(own_words(token))
        if not _TOKEN.fullmatch(token):
            raise OABadAnswer(f"single sign-on: no token: {excerpt(answer.body)}")
        return token
