"""The view models: exactly what a template may read. Each field has its help; docs/theming.md is made from it.

Nobody changes one once it is made, and a template cannot. They are not frozen all the same: making one takes
three to six times as long when it is frozen, and a card makes thirty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from widgets.items import Kind, Urgency

State = Literal[
    "ok", "empty", "partial", "stale", "failed", "signed-out", "forbidden", "not-configured", "starting"
]
Language = Literal["zh-CN", "en"]
Scheme = Literal["auto", "light", "dark"]
SignInBy = Literal["page", "popup", "number"]
Size = Literal["compact", "list", "full"]
Mask = Literal["on", "off"]


def told(help: str, **options: Any) -> Any:
    """A dataclass field with the sentence that designers read about it."""
    return field(metadata={"help": help}, **options)


@dataclass(slots=True)
class When:
    """A moment, ready to be shown."""

    iso: str = told("ISO 8601 with offset, for the `datetime` attribute")
    text: str = told("short words in the card's language: `12 分钟前`, `今天 08:10`, `11-20 16:30`")
    full: str = told("the exact value for hover text: `2026-11-20 16:30`")


@dataclass(slots=True)
class TodoRow:
    """One to-do as `_todo.html` sees it."""

    id: str = told(
        "stable across refreshes, no personal data; an HTML id when prefixed with the widget's `uid`"
    )
    title: str = told("事务标题")
    href: str | None = told("opens the item through /open/…; none when the OA gave no usable link")
    urgency: Urgency = told("`critical`, `high` or `normal`: drives the style")
    urgency_text: str = told("特急 / 紧急 / 普通 in the card's language")
    step: str | None = told("审批节点, or none")
    campus: str | None = told("name of the campus; none when the list is of one campus only")
    sender: str | None = told("who sent it, or none")
    received: When | None = told("arrival, or none")
    due: When | None = told("deadline, or none")
    unread: bool = told("the OA says that the person has not opened it yet")


@dataclass(slots=True)
class NoticeRow:
    """One notice as `_notice.html` sees it."""

    id: str = told(
        "stable across refreshes, no personal data; an HTML id when prefixed with the widget's `uid`"
    )
    title: str = told("公告标题")
    href: str | None = told("opens the notice through /open/…; none when the OA gave no usable link")
    department: str | None = told("发布部门, or none")
    campus: str | None = told("name of the campus; none when the list is of one campus only")
    published: When = told("发布日期")
    pinned: bool = told("置顶")
    is_new: bool = told("published within the last three days")
    category: str | None = told("the source's own category, or none")
    unread: bool = told("the OA says that the person has not read it yet")


Row = TypeVar("Row", TodoRow, NoticeRow)


@dataclass(slots=True)
class WidgetView(Generic[Row]):
    """One card in one state, as the templates see it (`w`)."""

    name: Kind = told("`todos` or `notices`: address, template and CSS hook share it")
    uid: str = told("prefix of every id in this card, so that two cards may share a page")
    title: str = told("待办 or 公告, in the card's language")
    state: State = told("one of the contract's states; names the part `_state_<name>.html`")
    items: tuple[Row, ...] = told("rows to show: sorted, deduplicated, limited")
    total: int | None = told("how many there are in all; none when unknown")
    total_text: str = told("`6`, `99+`, or `?` when unknown")
    urgent: int = told("how many of all the items are 特急 (to-dos), or new (notices)")
    as_of: When | None = told("when the data was taken from the OA; none when there is none")
    reason: str | None = told(
        "why it is stale or failed: `unavailable`, `too-slow`, `denied`, `bad-answer`, or `unchecked`: nobody can tell "
        "whether the person is still signed in; why it is signed out: `elsewhere`, the person signed in too often "
        "elsewhere; why it is starting: `asking`, the centre is asked first who is there"
    )
    reference: str | None = told("short number a person can read out to the help desk; on failures")
    more_url: str | None = told("the whole list in the OA, through /open/…; none when unknown")
    direct_url: str | None = told("the OA's own front door, for a card that has nothing to show")
    sign_in_url: str | None = told("starts signing in; only when signed out")
    src: str = told("this card's own address: refreshes and the no-script link go there")
    framed: bool = told("true inside a frame or a portal's page, false when the card is the whole page")
    version: str = told("changes exactly when something visible changes; callers send it back as `v`")
    refresh_after: int = told("seconds until the next look")
    lang: Language = told("`zh-CN` or `en`")
    scheme: Scheme = told("`auto`, `light` or `dark`")
    size: Size = told("`compact`, `list` or `full`")
    heading: int = told("level of the heading, 2 to 6")
    sign_in_by: SignInBy = told(
        "`page`: the address is a link; `popup`: the script opens it and waits; `number`: or takes six digits",
        default="page",
    )
    masked: bool = told("titles are hidden until their row is pointed at or focused", default=False)
    missing: tuple[str, ...] = told("names of the campuses that did not answer", default=())
    missing_since: When | None = told(
        "since when the first of them has not answered; none when unknown", default=None
    )
