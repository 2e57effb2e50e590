"""Page after page of one list, until there is no more, or enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from widgets.oa import OABadAnswer
from widgets.oa.gathering import MOST, counted
from widgets.oa.rest_answers import Told, one_holds
from widgets.oa.rest_calls import Values
from widgets.oa.rest_mapping import Count, Listed
from widgets.oa.rest_paths import opened, word

_END: Final = ("", "0", "false", "-1", "null")
"""What stands for the next cursor when there is no next page."""
Ask = Callable[[Values], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Pages:
    """The rows of all pages that were asked for."""

    rows: list[object]
    total: int | None
    """What the answer says there are."""
    ended: bool
    """Whether the last page was the last one there is."""


async def pages(listed: Listed, sized: bool, ask: Ask) -> Pages:
    """`sized`: it is known how many a page holds, so that a shorter one is the last. Raises OAError."""
    rows: list[object] = []
    total: int | None = None
    cursor = ""
    for number in range(listed.pages):
        place: Values = {"page": listed.first_page + number, "offset": number * listed.size, "cursor": cursor}
        told = await ask({**place, "size": listed.size})
        page = _rows(listed, told)
        rows += page[:MOST]
        if number == 0 and listed.total:
            total = counted(word(listed.total.find(told.value)), 0)
        following = word(listed.next.find(told.value)) or "" if listed.next else ""
        ended = following.lower() in _END if listed.next else sized and len(page) < listed.size
        if ended or not page or following == cursor != "" or len(rows) >= MOST:
            return Pages(rows, total, ended or (not page and number > 0))
        cursor = following
    return Pages(rows, total, False)


def _rows(listed: Listed, told: Told) -> list[object]:
    if one_holds(listed.empty, told):
        return []
    rows = opened(listed.rows.find(told.value))
    if not isinstance(rows, list):
        raise OABadAnswer(f"{listed.rows} is no list")
    return rows


def number(count: Count, told: Told) -> int | None:
    """What a request for the number says; None when it says none."""
    value = opened(count.total.find(told.value))
    if not count.sum:
        return counted(word(value), 0)
    parts = [counted(word(each), 0) for each in _leaves(value)]
    known = [each for each in parts if each is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]
