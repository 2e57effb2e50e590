"""Rows as they are remembered: two releases at once read each other's."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pytest

from widgets.items import Kind, Notice, TodoItem
from widgets.kept import keep, read

NOON = datetime(2026, 11, 20, 4, 0, 5, 999, UTC)
ITEMS: dict[Kind, TodoItem | Notice] = {
    "todos": TodoItem("1", "oa", "main", "请假", received_at=NOON),
    "notices": Notice("1", "oa", "main", "停水", NOON),
}


@pytest.mark.parametrize("kind", ["todos", "notices"])
def test_a_field_of_a_newer_release_is_left_out(kind: Kind) -> None:
    rows = keep([ITEMS[kind]], ZoneInfo("Asia/Shanghai"), lambda item: "sealed")
    newer = orjson.dumps([[*row, "what nobody here knows"] for row in orjson.loads(rows)])
    assert read(kind, newer) == read(kind, rows)


@pytest.mark.parametrize("kind", ["todos", "notices"])
def test_times_are_kept_as_a_card_shows_them(kind: Kind) -> None:
    """In the zone of the hospital, to the second."""
    (row,) = read(kind, keep([ITEMS[kind]], ZoneInfo("Asia/Shanghai"), lambda item: ""))
    assert "2026-11-20T12:00:05+08:00" in row
