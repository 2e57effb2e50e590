"""Rows as they are remembered: what of a row depends neither on the moment nor on who looks is made here, once.

A list is fetched once and drawn many times. Order, doubles, links, ids and local times are therefore settled when it
is fetched, and kept as JSON, row by row and field by field in the order of the classes below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from widgets.items import Kind, Notice, TodoItem, Urgency

FORM: Final = 3
"""Of what is kept. A change that an older release could not read gets a new number: it then reads nothing.

A new field goes to the end of its class and has a default: older releases leave it out, and write none.
"""
Link: TypeAlias = Callable[[TodoItem | Notice], str]
"""What a click on an item carries; empty: it has no link."""
_RANK: Final[dict[Urgency, int]] = {"critical": 0, "high": 1, "normal": 2}


class KeptTodo(NamedTuple):
    """One to-do. Times are ISO 8601 to the second, in the zone that people are shown times in."""

    key: str
    """Stable and tells nothing: the end of its row's HTML id."""
    same: str
    """Equal for one item that two sources list: two campuses may share an OA."""
    title: str
    opens: str
    urgency: Urgency
    step: str | None
    campus: str
    sender: str | None
    received: str | None
    due: str | None
    unread: bool

    @property
    def place(self) -> tuple[int, float]:
        """By urgency, then newest (the contract's §7)."""
        return _RANK[self.urgency], -_seconds(self.received)


class KeptNotice(NamedTuple):
    """One notice, likewise."""

    key: str
    same: str
    title: str
    opens: str
    department: str | None
    campus: str
    published: str
    pinned: bool
    category: str | None
    unread: bool

    @property
    def place(self) -> tuple[int, float]:
        """Pinned first, then newest (the contract's §7)."""
        return 0 if self.pinned else 1, -_seconds(self.published)


Kept: TypeAlias = KeptTodo | KeptNotice
_CLASSES: Final[dict[Kind, type[Any]]] = {"todos": KeptTodo, "notices": KeptNotice}


def keep(items: Iterable[TodoItem | Notice], zone: ZoneInfo, link: Link) -> bytes:
    """The items of one source as JSON, in order."""
    return orjson.dumps(in_order(_kept(item, zone, link) for item in items), default=list)


def read(kind: Kind, rows: bytes) -> list[Any]:
    """What `keep` made."""
    made = _CLASSES[kind]
    count = len(made._fields)
    return [made(*row[:count]) for row in orjson.loads(rows)]


def in_order(rows: Iterable[Kept]) -> list[Kept]:
    """Rows of one kind, without doubles."""
    return sorted({row.same: row for row in rows}.values(), key=lambda row: row.place)


def _kept(item: TodoItem | Notice, zone: ZoneInfo, link: Link) -> Kept:
    key, same = _digest(item.source, item.id), _digest(item.url or item.source, item.id)
    return (
        KeptTodo(
            key,
            same,
            item.title,
            link(item),
            item.urgency,
            item.step,
            item.campus,
            item.sender,
            _local(item.received_at, zone) if item.received_at else None,
            _local(item.due_at, zone) if item.due_at else None,
            item.unread,
        )
        if isinstance(item, TodoItem)
        else KeptNotice(
            key,
            same,
            item.title,
            link(item),
            item.department,
            item.campus,
            _local(item.published_at, zone),
            item.pinned,
            item.category,
            item.unread,
        )
    )


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _seconds(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0


def _digest(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(errors="replace"), digest_size=5).hexdigest()
