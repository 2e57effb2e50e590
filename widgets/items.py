"""What the OA knows, in our words: plain, no I/O. `Listing` is what every dialect answers with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

Urgency = Literal["critical", "high", "normal"]
Kind = Literal["todos", "notices"]
MissingCode = Literal["unavailable", "too-slow", "denied", "bad-answer", "pending"]
"""Why a source gave nothing; `pending`: asked, still running, the answer is for the next look."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
