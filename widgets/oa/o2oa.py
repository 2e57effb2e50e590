"""O2OA: to-dos and notices (CMS documents) with a person's own token, which single sign-on hands out.

No cookie is ever kept: O2OA believes a cookie of one person before the token of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Final
from urllib.parse import quote

from auth.principal import Principal
from widgets.items import Kind, Listing, Notice, Reference, TodoItem
from widgets.links import origin, rebuild
from widgets.oa import OADenied
from widgets.oa.gathering import PAGE, Row, account, counted, kept, latest, newest, own_address, owned
from widgets.oa.o2oa_token import Entrance
from widgets.oa.outbound import HttpClient
from widgets.oa.reading import clean, fields, identifier, moment, rows

_TODOS: Final = f"/x_processplatform_assemble_surface/jaxrs/task/list/my/paging/1/size/{PAGE}"
_NOTICES: Final = f"/x_cms_assemble_control/jaxrs/document/filter/list/1/size/{PAGE}"
_DESKTOP: Final = "/x_desktop"


class O2OA:
    """One O2OA as an OAClient.

    `client` and `key` (8 characters) are those of the single-sign-on entry that O2OA's administrator made; it is
    also the way in for questions, as O2OA tells to-dos to their owner only. `categories` are the ids of the CMS
    categories that hold notices.
    """

    def __init__(
        self,
        *,
        source: str,
        campus: str,
        base_url: str,
        open_url: str,
        client: str,
        key: str,
        zone: tzinfo,
        http: HttpClient,
        now: Callable[[], datetime],
        categories: Sequence[str] = (),
    ) -> None:
        self._source, self._campus, self._zone, self._now = source, campus, zone, now
        self._open, self._allowed = open_url.rstrip("/"), frozenset({origin(open_url)})
        self._client, self._categories = client, list(categories)
        self._entrance = Entrance(http, base_url, client, key, now)

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """The newest `PAGE` to-dos of this person. Raises OAError."""
        answer, me = await self._entrance.call("GET", _TODOS, account(who))
        found = rows(answer.get("data"), "to-dos")
        mine, foreign = owned(found, partial(_is_of_another, me))
        items, dropped = kept(mine, self._todo)
        total = None if foreign else counted(answer.get("count"), len(found))
        return Listing(newest(items), total, self._now(), dropped=dropped + foreign, foreign=foreign)

    async def notices(self, who: Principal) -> Listing[Notice]:
        """The published documents of all categories that this person may read. Raises OAError."""
        if not self._categories:
            raise OADenied("no category is configured for notices")
        wanted = {
            "categoryIdList": self._categories,
            "statusList": ["published"],
            "orderField": "publishTime",
            "orderType": "DESC",
        }
        answer, _ = await self._entrance.call("PUT", _NOTICES, account(who), wanted)
        found = rows(answer.get("data"), "documents")
        notices, dropped = kept(found, self._notice)
        total = counted(answer.get("count"), len(found))
        return Listing(latest(notices), total, self._now(), dropped=dropped)

    async def link(self, who: Principal, item: Reference) -> str:
        """The item's address behind O2OA's sign-in page, with a token that is good for a minute. Raises OAError."""
        url = own_address(item, self._open, self._allowed)
        target = quote(url.removeprefix(origin(self._open)), safe="")
        token = quote(self._entrance.proof(account(who)), safe="")
        client = quote(self._client, safe="")
        return f"{self._open}{_DESKTOP}/sso.html?client={client}&xtoken={token}&redirect={target}"

    def home(self, kind: Kind) -> str:
        """O2OA's desktop: its to-dos and notices are applications on it, without an address of their own."""
        return f"{self._open}{_DESKTOP}/index.html"

    async def ping(self) -> None:
        """Asks to come in as nobody. Raises OAError unless O2OA answers in its own form."""
        await self._entrance.ping()

    def _todo(self, row: Row) -> TodoItem | None:
        id, title = identifier(row.get("id")), clean(row.get("title"))
        if id is None or title is None:
            return None
        work = identifier(row.get("work"))
        urgent = row.get("expired") is True or row.get("urged") is True
        return TodoItem(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            url=self._address(f"/work.html?workid={quote(work, safe='')}") if work else None,
            step=clean(row.get("activityName")),
            urgency="critical" if urgent else "normal",
            received_at=moment(row.get("startTime"), self._zone),
            due_at=moment(row.get("expireTime"), self._zone),
            sender=_name(row.get("creatorPerson")),
            process=clean(row.get("processName")) or clean(row.get("applicationName")),
        )

    def _notice(self, row: Row) -> Notice | None:
        id, title = identifier(row.get("id")), clean(row.get("title"))
        published = moment(row.get("publishTime"), self._zone)
        if id is None or title is None or published is None:
            return None
        return Notice(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            published_at=published,
            url=self._address(f"/cmsdoc.html?id={quote(id, safe='')}"),
            department=_name(row.get("creatorUnitName")),
            pinned=row.get("isTop") is True,
            category=clean(row.get("categoryName")),
        )

    def _address(self, path: str) -> str | None:
        return rebuild(f"{self._open}{_DESKTOP}{path}", self._open, self._allowed)


def _name(value: object) -> str | None:
    """People and units are `name@unique@P` and `name@unique@U`."""
    text = clean(value)
    return text.partition("@")[0] or None if text else None


def _is_of_another(me: str | None, row: object) -> bool:
    owner = fields(row).get("person")
    return me is not None and owner is not None and owner != me
