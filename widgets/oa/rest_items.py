"""From the rows of an answer to items: one field at a time, and why a row came to nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from html import unescape
from typing import Final, cast

from widgets.items import Notice, TodoItem, Urgency
from widgets.links import rebuild
from widgets.oa.reading import clean, identifier, moment
from widgets.oa.rest_calls import Names
from widgets.oa.rest_fields import Item, NoticeFields, TodoFields
from widgets.oa.rest_paths import word
from widgets.oa.rest_templates import Template

URGENCIES: Final = ("critical", "high", "normal")
_TAGS: Final = re.compile(r"<(?:script|style)\b.*?</(?:script|style)\s*>|<!--.*?-->|<[^<>]*>", re.I | re.S)
_EPOCH: Final = re.compile(r"-?\d{9,13}(?:\.\d{1,6})?")
_LARGEST_SECOND: Final = 10**11
"""What is larger counts milliseconds: 10¹¹ s are beyond the year 5000, 10¹¹ ms are in 1973."""
_LONGEST_HTML: Final = 20_000


@dataclass(slots=True)
class Sought:
    """One row under reading, and what was wrong with it."""

    row: object
    names: Names
    wrong: list[str] = field(default_factory=list)

    def found(self, item: Item | None) -> str | None:
        """What a field says, before it is read as a title, a time or an address."""
        if item is None:
            return None
        value = self._plain(item)
        if item.before and value is not None:
            value = value.partition(item.before)[0]
        if item.html and value is not None:
            value = unescape(_TAGS.sub(" ", value[:_LONGEST_HTML]))
        if value is not None and item.map:
            value = item.map.get(value)
        if value is not None and item.above:
            value = _above(value, item.above)
        if value is None or not value.strip():
            return item.otherwise.write(self.names) if item.otherwise else None
        return value

    def address(self, item: Item | None) -> str | None:
        """The same for an address: what templates put into it is percent-encoded."""
        if item is None:
            return None
        for template in self._templates(item):
            if template and (written := template.write_address(self.names)):
                return written
        return None if item.choose or item.text else self.found(item)

    def _templates(self, item: Item) -> tuple[Template | None, ...]:
        if item.choose:
            return (item.choose.get(self._at(item) or ""), item.otherwise)
        return (item.text, item.otherwise) if item.text else ()

    def nothing(self, item: Item) -> str:
        """Why a field says nothing."""
        there = self._at(item)
        if there is not None and (item.map or item.choose or item.above):
            return f"{there[:20]!r} is not mapped"
        where = " or ".join(str(way) for way in item.at) or (item.text.text if item.text else "")
        return f"nothing at {where}"

    def is_rounded(self, item: Item) -> bool:
        """Whether it is a fraction or a truth: neither is anybody's id, though both could be written as one."""
        found = next((value for way in item.at if (value := way.find(self.row)) is not None), None)
        return not item.text and isinstance(found, bool | float)

    def _plain(self, item: Item) -> str | None:
        if item.text:
            return item.text.write(self.names)
        if item.choose:
            chosen = item.choose.get(self._at(item) or "")
            return chosen.write(self.names) if chosen else None
        return self._at(item)

    def _at(self, item: Item) -> str | None:
        for way in item.at:
            value = word(way.find(self.row))
            if value is not None and value.strip():
                return value
        return None


def _above(value: str, bounds: Mapping[str, str]) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return None
    fitting = [bound for bound in bounds if number > float(bound)]
    return bounds[max(fitting, key=float)] if fitting else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes items of rows. `rebuild`s every address: what is not allowed becomes no link."""

    source: str
    campus: str
    zone: tzinfo
    open_url: str
    allowed: Collection[str]

    def todo(self, fields: TodoFields, sought: Sought) -> TodoItem | None:
        """None when id or title are missing; `sought.wrong` says so."""
        id, title = self._id(fields.id, sought), self._text("title", fields.title, sought)
        received = self._time("received_at", fields.received_at, sought)
        due = self._time("due_at", fields.due_at, sought)
        if id is None or title is None:
            return None
        return TodoItem(
            id=id,
            source=self.source,
            campus=self.campus,
            title=title,
            url=self._link("url", fields.url, sought),
            mobile_url=self._link("mobile_url", fields.mobile_url, sought),
            step=self._text("step", fields.step, sought),
            urgency=_urgency(fields.urgency, sought),
            received_at=received,
            due_at=due,
            sender=self._text("sender", fields.sender, sought),
            process=self._text("process", fields.process, sought),
            unread=_yes(fields.unread, sought),
        )

    def notice(self, fields: NoticeFields, sought: Sought) -> Notice | None:
        """None when id, title or date are missing; `sought.wrong` says so."""
        id, title = self._id(fields.id, sought), self._text("title", fields.title, sought)
        published = self._time("published_at", fields.published_at, sought)
        if id is None or title is None or published is None:
            return None
        return Notice(
            id=id,
            source=self.source,
            campus=self.campus,
            title=title,
            published_at=published,
            url=self._link("url", fields.url, sought),
            mobile_url=self._link("mobile_url", fields.mobile_url, sought),
            department=self._text("department", fields.department, sought),
            pinned=_yes(fields.pinned, sought),
            category=self._text("category", fields.category, sought),
            unread=_yes(fields.unread, sought),
        )

    def _id(self, item: Item, sought: Sought) -> str | None:
        found = sought.found(item)
        id = None if sought.is_rounded(item) else identifier(found)
        if id is None:
            sought.wrong.append(
                f"id: {sought.nothing(item)}" if found is None else f"id: no plain id in {found[:40]!r}"
            )
        return id

    def _text(self, name: str, item: Item | None, sought: Sought) -> str | None:
        text = clean(sought.found(item))
        if item is not None and text is None:
            sought.wrong.append(f"{name}: {sought.nothing(item)}")
        return text

    def _time(self, name: str, item: Item | None, sought: Sought) -> datetime | None:
        found = sought.found(item)
        if item is None or found is None:
            sought.wrong += [f"{name}: {sought.nothing(item)}"] if item else []
            return None
        zone = item.zone or self.zone
        time = next(filter(None, (_time(found.strip(), each, zone) for each in item.formats)), None)
        if time is None:
            sought.wrong.append(f"{name}: {found[:40]!r} is no time in {', '.join(item.formats)}")
        return time

    def _link(self, name: str, item: Item | None, sought: Sought) -> str | None:
        written = sought.address(item)
        if item is None or written is None:
            sought.wrong += [f"{name}: {sought.nothing(item)}"] if item else []
            return None
        # A blank inside is what browsers write as %20, too; at the ends and elsewhere nothing is forgiven.
        url = rebuild(written.strip(" ").replace(" ", "%20"), self.open_url, self.allowed)
        if url is None:
            sought.wrong.append(f"{name}: {written[:80]!r} is no address that is allowed")
        return url


def _urgency(item: Item | None, sought: Sought) -> Urgency:
    found = sought.found(item)
    if found in URGENCIES:
        return cast(Urgency, found)
    if item is not None:
        what = sought.nothing(item) if found is None else f"{found[:20]!r} is not mapped"
        sought.wrong.append(f"urgency: {what}, so it is normal")
    return "normal"


def _yes(item: Item | None, sought: Sought) -> bool:
    return item is not None and (sought.found(item) or "").strip().lower() in {
        each.lower() for each in item.yes
    }


def _time(text: str, form: str, zone: tzinfo) -> datetime | None:
    if form == "iso":
        return moment(text, zone)
    if form == "epoch":
        return _epoch(text)
    try:
        time = datetime.strptime(text[:60], form)
    except ValueError:
        return None
    return moment(time.isoformat(), zone)


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    number = float(text)
    seconds = number if abs(number) < _LARGEST_SECOND else number / 1000
    try:
        return moment(datetime.fromtimestamp(seconds, UTC).isoformat(), UTC)
    except (ValueError, OverflowError, OSError):
        return None
