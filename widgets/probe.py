"""`portal-widgets oa probe`: one person's lists, and every step on the way to them, on a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from json import dumps
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from auth.principal import Principal
from widgets.flights import Source
from widgets.items import Kind, Listing, Notice, Reference, TodoItem
from widgets.masking import Mask, secrets_in, tokens_in
from widgets.oa import OAError
from widgets.oa.rest import Rest, RowTold
from widgets.settings_rest import RestSource
from widgets.settings_sources import AnySource
from widgets.sources import connect

Say = Callable[[str], None]
_DULL: Final = frozenset(
    {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "date", "server"}
)
_PERSONAL: Final = frozenset({"title", "sender"})
_NOT_SHOWN: Final = frozenset({"source", "campus", "opens", "key"})
_QUOTED: Final = re.compile("'([^']*)'")
_ROWS: Final = 5
"""Rows of which every field is shown; those about which there is something to say come first."""


async def probe(
    configured: AnySource,
    zone: ZoneInfo,
    employee: str,
    kinds: tuple[Kind, ...],
    clicks: bool,
    personal: bool,
) -> bool:
    """Asks one configured source for one person, onto the terminal. False when something is wrong."""
    (source,) = connect([configured], zone, lambda: datetime.now(UTC))
    tokens = tokens_in(configured.mapped().system) if isinstance(configured, RestSource) else frozenset()
    mask = Mask(secrets_in(configured), personal, tokens)
    click.echo(f"{configured.id} ({configured.kind}) at {configured.base_url}, for {employee}\n")
    async with source.way.http:
        return await Probe(source, zone, mask, click.echo).run(
            Principal(employee, employee, ""), kinds, clicks
        )


class Probe:
    """One source, watched while it is asked for one person. `say` gets each line."""

    def __init__(self, source: Source, zone: ZoneInfo, mask: Mask, say: Say) -> None:
        self._source, self._zone, self._mask, self._say = source, zone, mask, say
        self._rows: list[RowTold] = []
        source.way.http.event_hooks = {"request": [self._asked], "response": [self._answered]}
        if isinstance(source.client, Rest):
            source.client.tell = self._rows.append

    async def run(self, who: Principal, kinds: tuple[Kind, ...], clicks: bool) -> bool:
        """Asks for the lists, and for the address of a click if wanted. False when something is wrong."""
        results = [await self._list(who, kind, clicks) for kind in kinds]
        return all(results)

    async def _list(self, who: Principal, kind: Kind, clicks: bool) -> bool:
        self._rows.clear()
        self._say(f"=== {kind}\n")
        asking = self._source.client.todos if kind == "todos" else self._source.client.notices
        try:
            listing: Listing[Any] = await asking(who)
        except OAError as error:
            self._say(f"WRONG ({error.code}): {self._mask.text(str(error))}")
            return False
        for line in self._told(listing):
            self._say(line)
        clicked = await self._click(who, kind, listing) if clicks else True
        return clicked and not (listing.dropped and not listing.items)

    async def _click(self, who: Principal, kind: Kind, listing: Listing[Any]) -> bool:
        item = next((each for each in listing.items if each.url), None)
        if item is None:
            self._say("no item has an address to click on\n")
            return True
        try:
            url = await self._source.client.link(who, Reference(self._source.id, kind, item.id, item.url))
        except OAError as error:
            self._say(f"WRONG click ({error.code}): {self._mask.text(str(error))}")
            return False
        self._say(f"click on {item.id} leads to {self._mask.address(url)}\n")
        return True

    def _told(self, listing: Listing[Any]) -> Iterator[str]:
        total = "unknown" if listing.total is None else listing.total
        yield f"{len(listing.items)} items, total {total}, {listing.dropped} dropped, {listing.foreign} foreign\n"
        notes = {row.item.id: row.wrong for row in self._rows if row.item}
        for item in sorted(listing.items, key=lambda item: not notes.get(item.id))[:_ROWS]:
            yield from self._item(item)
            yield from (f"   note         {self._noted(each)}" for each in notes.get(item.id, ()))
            yield ""
        if len(listing.items) > _ROWS:
            yield f"… {len(listing.items) - _ROWS} more items\n"
        yield from self._dropped(listing)

    def _item(self, item: TodoItem | Notice) -> Iterator[str]:
        for each in fields(item):
            value = getattr(item, each.name)
            if each.name not in _NOT_SHOWN:
                yield f"   {each.name:<12} {self._shown(each.name, value)}"

    def _shown(self, name: str, value: object) -> str:
        if isinstance(value, datetime):
            return value.astimezone(self._zone).isoformat(sep=" ", timespec="minutes")
        if isinstance(value, bool):
            return "yes" if value else "no"
        if value is None or value == "":
            return "–"
        return self._mask.plain(name, str(value)) if name in _PERSONAL else self._mask.text(str(value))

    def _noted(self, wrong: str) -> str:
        """A sentence about a field: what it quotes may be anybody's affairs."""
        name = wrong.partition(":")[0]
        if name == "urgency":  # a level is nobody's affair, and whoever maps it has to know it
            return wrong
        return _QUOTED.sub(lambda found: f"'{self._mask.plain(name, found[1])}'", wrong)

    def _dropped(self, listing: Listing[Any]) -> Iterator[str]:
        dropped = [row for row in self._rows if row.item is None]
        for row in dropped[:_ROWS]:
            yield f"dropped: {'; '.join(map(self._noted, row.wrong)) or 'it is no object'}"
            yield self._mask.body(dumps(row.row, ensure_ascii=False).encode(), "") + "\n"
        if listing.foreign:
            yield f"dropped: {listing.foreign} rows that are another person's (owner)\n"
        if listing.dropped - listing.foreign > 0 and not dropped:
            yield "dropped: this dialect does not say why; look at the answer above\n"

    async def _asked(self, request: Any) -> None:
        self._say(f"→ {request.method} {self._mask.address(str(request.url))}")
        for name, value in request.headers.items():
            if name not in _DULL:
                self._say(f"  {name}: {self._mask.header(name, value)}")
        if request.content:
            self._say(_indented(self._mask.body(request.content, request.headers.get("content-type", ""))))

    async def _answered(self, response: Any) -> None:
        kind = response.headers.get("content-type", "no type")
        self._say(f"← {response.status_code}, {kind}, {len(response.content)} bytes")
        self._say(_indented(self._mask.body(response.content, kind)) + "\n")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
