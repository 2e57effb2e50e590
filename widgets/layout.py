"""How a caller wants a card to look. Unknown values fall back silently; nothing here ever chooses whose list it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast, get_args
from urllib.parse import urlencode

from widgets.views import Language, Scheme, Size

ROWS: Final[dict[Size, int]] = {"compact": 3, "list": 6, "full": 20}
MOST_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """The query parameters of a widget (the contract's §4), each already one of its allowed values."""

    campus: str | None
    limit: int
    size: Size
    scheme: Scheme
    lang: Language
    heading: int

    @classmethod
    def read(cls, query: Mapping[str, str], language: Language) -> Layout:
        """The layout that a query asks for, over the service's own language."""
        size = cast(Size, _one_of(query.get("size"), get_args(Size), "list"))
        return cls(
            campus=query.get("campus") or None,
            limit=_number(query.get("limit"), 1, MOST_ROWS, ROWS[size]),
            size=size,
            scheme=cast(Scheme, _one_of(query.get("scheme"), get_args(Scheme), "auto")),
            lang=cast(Language, _one_of(query.get("lang"), get_args(Language), language)),
            heading=_number(query.get("heading"), 2, 6, 2),
        )

    def query(self) -> str:
        """The same layout as a query string, in one canonical order."""
        asked = {
            "campus": self.campus,
            "limit": self.limit,
            "size": self.size,
            "scheme": self.scheme,
            "lang": self.lang,
            "heading": self.heading,
        }
        return urlencode({name: value for name, value in asked.items() if value is not None})


def _one_of(value: str | None, allowed: tuple[str, ...], default: str) -> str:
    return value if value in allowed else default


def _number(value: str | None, low: int, high: int, default: int) -> int:
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 4):
        return default
    return min(max(int(value), low), high)
