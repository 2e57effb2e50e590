"""Where each field of an item comes from, as a mapping says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from widgets.oa.rest_kinds import FROM_WAY, OR_WAY, Places, Words, Written
from widgets.settings_values import Table, Text, Zone


class Item(Table):
    """Where one field of an item comes from. The first way with something at its end counts."""

    at: Places = ()
    """A way into the row, or several to be tried in turn."""
    text: Written | None = None
    """A text instead, with values of the row: `{row.date} {row.time}`, or always the same one."""
    choose: dict[str, Written] = Field(default_factory=dict)
    """A text for each value that stands at `at`; `otherwise` for the others."""
    map: dict[str, str] = Field(default_factory=dict)
    """What values mean: `{ "1" = "critical" }`."""
    above: dict[str, str] = Field(default_factory=dict)
    """The same for numbers: what they mean above a bound, the highest that fits: `{ "50" = "high" }`."""
    otherwise: Written | None = None
    """What stands there if nothing else does."""
    before: Text | None = None
    """Only the part before this: `"@"` makes `李四` of `李四@lisi@P`."""
    html: bool = False
    """Whether it is HTML, of which only the text is wanted."""
    formats: tuple[Text, ...] = ("epoch", "iso")
    """For times: `epoch` (seconds or milliseconds), `iso`, or patterns such as `%Y/%m/%d %H:%M`."""
    zone: Zone | None = None
    """For times that name none, if not `service.timezone`."""
    yes: Words = ("true", "1", "y", "yes")
    """For `unread` and `pinned`: what means yes."""


Given = Annotated[Item, FROM_WAY, OR_WAY]


class TodoFields(Table):
    """The fields of a to-do (contract §7)."""

    id: Given
    """Its id, as text."""
    title: Given
    """事务标题"""
    step: Given | None = None
    """审批节点"""
    urgency: Given | None = None
    """紧急程度: must become `critical`, `high` or `normal`; anything else is `normal`."""
    url: Given | None = None
    """事务链接: a path on the host of `open_url`, beginning with `/`, or a whole address that is allowed."""
    mobile_url: Given | None = None
    """The same for phones."""
    received_at: Given | None = None
    """When it arrived."""
    due_at: Given | None = None
    """Until when it is due."""
    sender: Given | None = None
    """Who sent it."""
    process: Given | None = None
    """What kind of matter it is."""
    unread: Given | None = None
    """Whether it has not been looked at."""


class NoticeFields(Table):
    """The fields of a notice (contract §7)."""

    id: Given
    """Its id, as text."""
    title: Given
    """公告标题"""
    published_at: Given
    """发布日期"""
    department: Given | None = None
    """发布部门"""
    url: Given | None = None
    """公告链接: a path on the host of `open_url`, beginning with `/`, or a whole address that is allowed."""
    mobile_url: Given | None = None
    """The same for phones."""
    pinned: Given | None = None
    """Whether it stands above the others (置顶)."""
    category: Given | None = None
    """What kind of notice it is."""
    unread: Given | None = None
    """Whether it has not been looked at."""
