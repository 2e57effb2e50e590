"""The trail on a terminal: a table whose columns stand under each other, Chinese or not; or JSON lines."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

from audit.store import Entry

_HEADS = ("time", "action", "who", "campus", "object", "outcome", "reason", "peer", "request")


def as_json(entries: Sequence[Entry]) -> Iterator[str]:
    """One object a line, with the fields of `Entry`; `at` in ISO 8601, UTC."""
    for entry in entries:
        yield json.dumps(asdict(entry) | {"at": entry.at.isoformat()}, ensure_ascii=False)


def as_table(entries: Sequence[Entry], zone: ZoneInfo) -> Iterator[str]:
    """A head and a line for each entry, times in `zone`."""
    rows = [_HEADS, *(_cells(entry, zone) for entry in entries)]
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _cells(entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
    at = entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    rest = (entry.campus, entry.object, entry.outcome, entry.reason, entry.peer, entry.request_id)
    return (at, entry.action, *(text or "-" for text in (entry.actor, *rest)))


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none (Unicode UAX #11)."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
