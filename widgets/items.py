"""What the OA knows, in our words: plain, no I/O. `Listing` is the spine that runs from dialect to view.

Nobody changes an item once it is made. The two that a card makes by the dozen are not frozen all the same: making
such an object takes six times as long when it is frozen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar

Urgency = Literal["critical", "high", "normal"]
Kind = Literal["todos", "notices"]
MissingCode = Literal["unavailable", "too-slow", "denied", "bad-answer", "pending"]
"""Why a source gave nothing; `pending`: asked, still running, the answer is for the next look."""


@dataclass(slots=True)
class TodoItem:
    """One matter that waits for this person in the OA (待办事务). Times are aware."""

    id: str
    source: str
    campus: str
    title: str
    url: str | None = None
    """Where it opens on a desktop; None: the item has no link."""
    mobile_url: str | None = None
    step: str | None = None
    """审批节点"""
    urgency: Urgency = "normal"
    received_at: datetime | None = None
    due_at: datetime | None = None
    sender: str | None = None
    process: str | None = None
    unread: bool = False
    opens: str = ""
    """What a click carries: the item's Reference, sealed when the item was remembered."""
    key: str = ""
    """Stable and tells nothing: the end of its row's HTML id. Made when the item was remembered."""


@dataclass(slots=True)
class Notice:
    """One announcement that this person may read (公告). Times are aware."""

    id: str
    source: str
    campus: str
    title: str
    published_at: datetime
    url: str | None = None
    mobile_url: str | None = None
    department: str | None = None
    pinned: bool = False
    category: str | None = None
    unread: bool = False
    opens: str = ""
    """What a click carries: the item's Reference, sealed when the item was remembered."""
    key: str = ""
    """Stable and tells nothing: the end of its row's HTML id. Made when the item was remembered."""


_RANK: Final = {"critical": 0, "high": 1, "normal": 2}


def in_order(items: Iterable[Any]) -> list[Any]:
    """Items of one kind without doubles: to-dos by urgency, then newest; notices pinned first, then newest.

    (The contract's §7.) Two campuses may share an OA: the same id at the same address is the same item.
    """
    return sorted({(item.url or item.source, item.id): item for item in items}.values(), key=_place)


def _place(item: TodoItem | Notice) -> tuple[int, float]:
    if isinstance(item, TodoItem):
        return _RANK[item.urgency], -(item.received_at.timestamp() if item.received_at else 0.0)
    return (0 if item.pinned else 1), -item.published_at.timestamp()


@dataclass(frozen=True, slots=True)
class Missing:
    """A source that gave nothing this time, why, and since when."""

    source: str
    code: MissingCode
    since: datetime


Item = TypeVar("Item", TodoItem, Notice)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """Items with their provenance. Failure is inside it, so that it can never look like "nothing to do"."""

    items: tuple[Item, ...]
    total: int | None
    """All there are in the source, not only those listed; None: the source did not say."""
    as_of: datetime | None
    """When the (oldest) source answered; None: none ever did."""
    missing: tuple[Missing, ...] = ()
    dropped: int = 0
    """Bad items left out: no title, foreign owner, unreadable date."""
    foreign: int = 0
    """How many of the dropped were another person's."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a click on an item carries, sealed to its owner: enough to open the item without asking anybody first."""

    source: str
    kind: Kind
    id: str
    url: str
