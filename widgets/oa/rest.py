"""Any other OA, by configuration alone: its mapping says what to ask, what the answers mean, and where links lead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TypeVar
from urllib.parse import quote

import structlog

from auth.principal import Principal
from widgets.items import Kind, Listing, Notice, Reference, TodoItem
from widgets.links import origin, rebuild
from widgets.oa import OABadAnswer, OADenied, OAError, OAUnavailable
from widgets.oa.gathering import MOST, account, latest, newest, own_address, owned
from widgets.oa.outbound import HttpClient, ask
from widgets.oa.rest_answers import Told
from widgets.oa.rest_calls import Calls, Chance, Names, Values
from widgets.oa.rest_items import Reader, Sought
from widgets.oa.rest_mapping import Click, Count, Listed, Notices, Owner, Request, Todos
from widgets.oa.rest_paging import Pages, number, pages
from widgets.oa.rest_paths import word
from widgets.oa.rest_plan import System, of_request
from widgets.oa.rest_steps import Steps
from widgets.oa.rest_templates import Find

log = structlog.get_logger()
T = TypeVar("T", TodoItem, Notice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What the configuration says about one OA."""

    system: System
    todos: Todos | None = None
    notices: Notices | None = None
    click: Click
    ping: Request | None = None
    home: Mapping[Kind, str]
    """Paths below `open_url`."""


@dataclass(frozen=True, slots=True)
class RowTold:
    """What became of one row: for `portal-widgets oa probe`."""

    row: object
    item: TodoItem | Notice | None
    wrong: tuple[str, ...]


Tell = Callable[[RowTold], None]


class Rest:
    """One such OA as an OAClient.

    `base_url` is where the service reaches it, `open_url` where browsers do; `also_open` are further origins that
    links may lead to. `zone` is that of its times; `token` gives random text.
    """

    def __init__(
        self,
        mapped: Mapped,
        *,
        source: str,
        campus: str,
        base_url: str,
        open_url: str,
        also_open: Collection[str] = (),
        zone: tzinfo,
        http: HttpClient,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self.tell: Tell | None = None
        """Hears what became of every row."""
        self._mapped, self._source, self._http, self._now = mapped, source, http, now
        self._base, self._open = base_url.rstrip("/"), open_url.rstrip("/")
        self._allowed = frozenset({origin(open_url), *(origin(each) for each in also_open)})
        self._reader = Reader(source, campus, zone, self._open, self._allowed)
        system = mapped.system
        personal = frozenset(name for name, step in system.steps.items() if system.is_personal(step, name))
        self._personal = personal
        self._steps = Steps(system.steps, personal, self._step, now)
        chance = Chance(lambda: now().astimezone(zone), token)
        self._calls = Calls(http, base_url, system, chance, self._steps.get, self._steps.forget)

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """The newest to-dos, newest first; `total` is None when the OA did not count. Raises OAError."""
        todos = self._mapped.todos
        if todos is None:
            raise OADenied("no to-dos are configured for this source")
        found, listing = await self._list(todos, who, lambda sought: self._reader.todo(todos.fields, sought))
        return replace(listing, items=newest(found))

    async def notices(self, who: Principal) -> Listing[Notice]:
        """The notices that this person may read, newest first. Raises OAError."""
        notices = self._mapped.notices
        if notices is None:
            raise OADenied("no notices are configured for this source")
        found, listing = await self._list(
            notices, who, lambda sought: self._reader.notice(notices.fields, sought)
        )
        return replace(listing, items=latest(found))

    async def link(self, who: Principal, item: Reference) -> str:
        """The item's address, with what single sign-on adds to it. Raises OAError."""
        url = own_address(item, self._open, self._allowed)
        click = self._mapped.click
        written = [*click.query.values(), *([click.url] if click.url else [])]
        if not written:
            return url
        steps = self._mapped.system.steps_in(written)
        more: Values = {"url": url, "path": url.removeprefix(origin(url)), "id": item.id}
        names = await self._calls.names(steps, who, more)
        try:
            signed = _signed_in(click, url, names)
        except ValueError as error:
            raise OABadAnswer(f"click: cannot be computed: {error}") from None
        rebuilt = rebuild(signed, self._open, self._allowed) if signed else None
        if rebuilt is None:
            raise OABadAnswer("click: what came out is no address of this OA")
        return rebuilt

    def home(self, kind: Kind) -> str:
        """The OA's own page with the whole list."""
        return rebuild(self._mapped.home[kind], self._open, self._allowed) or self._open + "/"

    async def ping(self) -> None:
        """The configured request, else every step that needs no person, else any answer at all. Raises OAError."""
        system, request = self._mapped.system, self._mapped.ping
        if request:
            await self._calls.tell(system.plan(request), None)
            return
        common = sorted(system.steps.keys() - self._personal)
        for step in common:
            await self._steps.get(step, None)
        if not common:
            answer = await ask(self._http, "GET", f"{self._base}/")
            if answer.status >= 500:
                raise OAUnavailable(f"HTTP {answer.status}")

    async def _step(self, name: str, who: Principal | None) -> tuple[Told, Find]:
        system = self._mapped.system
        told = await self._calls.tell(system.plan(system.steps[name], name), who)
        person = {"account": who.account, "subject": who.subject, "name": who.name} if who else {}
        return told, Names({**system.texts, **person}, system.compute)

    async def _list(
        self, listed: Listed, who: Principal, read: Callable[[Sought], T | None]
    ) -> tuple[list[T], Listing[T]]:
        account(who)
        plan = self._mapped.system.plan(listed)
        told, counted = await asyncio.gather(
            pages(listed, self._is_sized(listed), lambda more: self._calls.tell(plan, who, more)),
            self._count(listed.count, who),
        )
        names = await self._calls.names(self._of_rows(listed), who, {})
        rows, strange = self._own(listed.owner, told.rows, names)
        items, dropped = self._read(rows, names, read)
        total = _total(listed, told, counted, strange)
        return items, Listing((), total, self._now(), dropped=dropped + strange, foreign=strange)

    async def _count(self, count: Count | None, who: Principal) -> int | None:
        if count is None:
            return None
        try:
            return number(count, await self._calls.tell(self._mapped.system.plan(count), who))
        except OAError as error:
            log.info("oa.count_failed", source=self._source, error=str(error)[:200])
            return None

    def _is_sized(self, listed: Listed) -> bool:
        """Whether a page shorter than `size` is the last one: it was asked for, or is known from the OA."""
        return "size" in listed.model_fields_set | self._mapped.system.names(of_request(listed))

    def _of_rows(self, listed: Listed) -> frozenset[str]:
        return self._mapped.system.steps_in([listed.owner.equals] if listed.owner else [])

    def _own(self, owner: Owner | None, rows: list[object], names: Find) -> tuple[list[object], int]:
        if owner is None:
            return rows[:MOST], 0
        wanted = owner.equals.write(names)
        if wanted is None:
            raise OABadAnswer(f"nothing to put into {owner.equals.text}")
        return owned(rows, lambda row: isinstance(row, dict | list) and word(owner.at.find(row)) != wanted)

    def _read(
        self, rows: list[object], names: Names, read: Callable[[Sought], T | None]
    ) -> tuple[list[T], int]:
        found: dict[str, T] = {}
        dropped = 0
        for row in rows:
            sought = Sought(row, names.of(row))
            item = _safely(read, sought) if isinstance(row, dict | list) else None
            dropped += item is None
            if item is not None:
                found[item.id] = item
            if self.tell:
                self.tell(RowTold(row, item, tuple(sought.wrong)))
        return list(found.values()), dropped


def _safely(read: Callable[[Sought], T | None], sought: Sought) -> T | None:
    """A function that cannot do what a row wants of it costs that row."""
    try:
        return read(sought)
    except ValueError as error:
        sought.wrong.append(f"cannot be computed: {error}")
        return None


def _total(listed: Listed, told: Pages, counted: int | None, strange: int) -> int | None:
    """How many there are in all. A number smaller than what came is none; foreign rows make every number wrong."""
    there = len(told.rows)
    if strange:
        return None
    for stated in (counted, told.total):
        if stated is not None and stated >= there:
            return stated
    return there if listed.complete or told.ended else None


def _signed_in(click: Click, url: str, names: Find) -> str | None:
    """The address of a click. Parameters stand before the fragment, where a server sees them."""
    if click.url:
        return click.url.write_address(names)
    front, mark, fragment = url.partition("#")
    for name, template in click.query.items():
        value = template.write(names)
        if value is None:
            return None
        front += f"{'&' if '?' in front else '?'}{quote(name, safe='')}={quote(value, safe='')}"
    return front + mark + fragment
