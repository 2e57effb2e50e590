"""致远 Seeyon V5 (A8, A8+, G6): to-dos, notices as bulletins (公告), one-time tickets at a click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Final
from urllib.parse import quote, urlsplit

from auth.principal import Principal
from widgets.items import Kind, Listing, Notice, Reference, TodoItem, Urgency
from widgets.links import origin, rebuild
from widgets.oa import OADenied, OAError, OAUnavailable
from widgets.oa.gathering import PAGE, Row, account, counted, kept, latest, newest, own_address, owned
from widgets.oa.outbound import HttpClient
from widgets.oa.reading import clean, fields, identifier, instant
from widgets.oa.seeyon_members import Member, Members, listed
from widgets.oa.seeyon_token import Channel, Entrance
from widgets.tickets import Tickets

URGENCY: Final[Mapping[str, Urgency]] = {
    "1": "normal",
    "2": "high",
    "3": "critical",
    "4": "critical",
    "5": "critical",
}
"""普通, 重要, 非常重要, and the two above for which V5 has icons."""
STEPS: Final[Mapping[str, str]] = {"shenpi": "审批", "collaboration": "协同", "inform": "知会"}
"""V5 names a node's policy, not the node. Policies that a site added come from the configuration."""
APPS: Final = "1,4,6"
"""协同, 公文, 会议: whose numbers make up the total."""
_COLLABORATION: Final = "/collaboration/collaboration.do?method=summary&openFrom=listPending&affairId={id}"
_DOCUMENT: Final = (
    "/govdoc/govdoc.do?method=summary&isFromHome=true&openFrom=listPending&affairId={id}&app=4"
    "&summaryId={object}"
)
_MEETING: Final = "/mtMeeting.do?method=mydetail&id={object}&affairId={id}&state=10"
_PAGES: Final[Mapping[str, str]] = {
    "1": _COLLABORATION,
    **dict.fromkeys(("4", "19", "20", "21"), _DOCUMENT),
    "6": _MEETING,
}
_UNREAD: Final = "11"
_PUBLISHED: Final = "30"


class SeeyonV5:
    """One V5 as an OAClient.

    `base_url` and `open_url` end in V5's context path, `/seeyon`. With `sso_from`, the name that V5 has for this
    service's single sign-on, a click carries a ticket of `tickets`. With `channel` (id, secret) to-dos are asked
    for with a token that V5 delivers through the trusted channel.
    """

    def __init__(
        self,
        *,
        source: str,
        campus: str,
        base_url: str,
        open_url: str,
        user: str,
        password: str,
        zone: tzinfo,
        http: HttpClient,
        now: Callable[[], datetime],
        tickets: Tickets | None = None,
        urgency: Mapping[str, Urgency] | None = None,
        steps: Mapping[str, str] | None = None,
        sso_from: str | None = None,
        channel: tuple[str, str] | None = None,
    ) -> None:
        self._source, self._campus, self._zone, self._now = source, campus, zone, now
        self._open, self._allowed = open_url.rstrip("/"), frozenset({origin(open_url)})
        self._urgency, self._steps = {**URGENCY, **(urgency or {})}, {**STEPS, **(steps or {})}
        self._sso_from, self._tickets = sso_from, tickets
        trusted = Channel(*channel, source, tickets) if channel and tickets else None
        self._entrance = Entrance(http, base_url, user, password, now, trusted)
        self._members = Members(self._entrance, now)

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """The newest `PAGE` to-dos; V5 is asked for their number only when there are more. Raises OAError."""
        number = account(who)
        member = await self._members.find(number)
        path = f"/affairs/pending/code/{quote(number, safe='')}?pageNo=1&pageSize={PAGE}"
        try:
            found = listed(await self._entrance.call(path, person=member.login), "to-dos")
        except OADenied:
            self._members.forget(number)
            raise
        mine, foreign = owned(found, partial(_is_of_another, member))
        items, dropped = kept(mine, self._todo)
        total = len(mine) if len(found) < PAGE else await self._count(member, len(mine))
        return Listing(newest(items), total, self._now(), dropped=dropped + foreign, foreign=foreign)

    async def notices(self, who: Principal) -> Listing[Notice]:
        """The bulletins that this person may read, newest first; those not published are left out. Raises OAError."""
        member = await self._members.find(account(who))
        # Only the first page: whether `firstNum` counts rows or pages is not settled.
        path = f"/bulletin/user/loginName/{quote(member.login, safe='')}?firstNum=0&pageSize={PAGE}"
        found = listed(await self._entrance.call(path), "bulletins")
        notices, dropped = kept((row for row in found if _is_out(fields(row))), self._notice)
        total = len(notices) + dropped if len(found) < PAGE else None
        return Listing(latest(notices), total, self._now(), dropped=dropped)

    async def link(self, who: Principal, item: Reference) -> str:
        """The item's address, behind V5's entrance with a fresh ticket where that is configured. Raises OAError."""
        url = own_address(item, self._open, self._allowed)
        if self._sso_from is None:
            return url
        if self._tickets is None:
            raise OAUnavailable("nobody keeps tickets here")
        member = await self._members.find(account(who))
        ticket = await self._tickets.issue(self._source, member.login)
        parts = urlsplit(url)
        target = quote(f"{parts.path}?{parts.query}" if parts.query else parts.path, safe="")
        bean = quote(self._sso_from, safe="")
        return f"{self._open}/login/sso?from={bean}&ticket={ticket}&UserAgentFrom=pc&tourl={target}"

    def home(self, kind: Kind) -> str:
        """V5's first page, from which a person reaches every list."""
        return f"{self._open}/main.do"

    async def ping(self) -> None:
        """Raises OAError unless token and member look-up work now."""
        await self._members.ping()

    async def _count(self, member: Member, at_least: int) -> int | None:
        try:
            told = await self._entrance.call(
                "/affair/pending/count", {"memberId": member.id, "appKeys": APPS}, person=member.login
            )
        except OAError:
            return None
        numbers = [counted(value, 0) for value in fields(told).values()]
        return counted(sum(number or 0 for number in numbers), at_least) if None not in numbers else None

    def _todo(self, row: Row) -> TodoItem | None:
        id, title = identifier(row.get("id")), clean(row.get("subject"))
        if id is None or title is None:
            return None
        policy = clean(row.get("nodePolicy"))
        return TodoItem(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            url=self._page(id, row),
            step=self._steps.get(policy, policy) if policy else None,
            urgency=self._urgency.get(identifier(row.get("importantLevel")) or "", "normal"),
            received_at=instant(row.get("receiveTime"), self._zone),
            unread=identifier(row.get("subState")) == _UNREAD,
        )

    def _page(self, id: str, row: Row) -> str | None:
        """The address of one item; applications whose pages nobody documented have none."""
        pattern, object = _PAGES.get(identifier(row.get("app")) or ""), identifier(row.get("objectId"))
        if pattern is None or (object is None and "{object}" in pattern):
            return None
        path = pattern.format(id=quote(id, safe=""), object=quote(object or "", safe=""))
        return rebuild(self._open + path, self._open, self._allowed)

    def _notice(self, row: Row) -> Notice | None:
        id, title = identifier(row.get("id")), clean(row.get("title"))
        published = instant(row.get("publishDate"), self._zone)
        if id is None or title is None or published is None:
            return None
        path = f"/bulData.do?method=bulView&bulId={quote(id, safe='')}"
        top = identifier(row.get("topOrder")) or "0"
        return Notice(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            published_at=published,
            url=rebuild(self._open + path, self._open, self._allowed),
            department=clean(row.get("publishDeptName")),
            pinned=top.isdecimal() and int(top) > 0,
            category=clean(row.get("typeName")),
        )


def _is_of_another(member: Member, row: object) -> bool:
    owner = fields(row).get("memberId")
    return owner is not None and identifier(owner) != member.id


def _is_out(row: Row) -> bool:
    """Whether a bulletin is published; one that does not say so is taken for published, as it was listed."""
    state = row.get("state")
    return (state is None or identifier(state) == _PUBLISHED) and row.get("deletedFlag") is not True
