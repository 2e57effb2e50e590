"""How a caller wants a card to look. Unknown values fall back silently; nothing here ever chooses whose list it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast, get_args
from urllib.parse import urlencode

from widgets.names import is_name
from widgets.views import Language, Mask, Scheme, Size

ROWS: Final[dict[Size, int]] = {"compact": 3, "list": 6, "full": 20}
MOST_ROWS: Final = 50
_LONGEST_CAMPUS: Final = 32


_SIZES: Final = get_args(Size)
_SCHEMES: Final = get_args(Scheme)
_LANGUAGES: Final = get_args(Language)
_MASKS: Final = get_args(Mask)


@dataclass(frozen=True, slots=True)
class Layout:
    """The query parameters of a widget (the contract's §4), each already one of its allowed values."""

    campus: str | None
    limit: int
    size: Size
    scheme: Scheme
    lang: Language
    heading: int
    theme: str | None
    """A theme's name, whether or not there is one of that name."""
    mask: Mask | None
    """Whether titles are hidden until pointed at; None leaves it to the service."""
    query: str
    """The same layout as a query string, in one canonical order."""

    @classmethod
    def read(cls, query: Mapping[str, str], language: Language) -> Layout:
        """The layout that a query asks for, over the service's own language."""
        return _layout(*map(query.get, _NAMES), language)


_NAMES: Final = ("campus", "limit", "size", "scheme", "lang", "heading", "theme", "mask")


@lru_cache(maxsize=512)
def _layout(
    campus: str | None,
    limit: str | None,
    size: str | None,
    scheme: str | None,
    lang: str | None,
    heading: str | None,
    theme: str | None,
    mask: str | None,
    language: Language,
) -> Layout:
    chosen = cast(Size, _one_of(size, _SIZES, "list"))
    asked: dict[str, Any] = {
        "campus": campus[:_LONGEST_CAMPUS] if campus else None,
        "limit": _number(limit, 1, MOST_ROWS, ROWS[chosen]),
        "size": chosen,
        "scheme": _one_of(scheme, _SCHEMES, "auto"),
        "lang": _one_of(lang, _LANGUAGES, language),
        "heading": _number(heading, 2, 6, 2),
        "theme": theme if theme and is_name(theme) else None,
        "mask": mask if mask in _MASKS else None,
    }
    return Layout(
        **asked, query=urlencode({name: value for name, value in asked.items() if value is not None})
    )


def _one_of(value: str | None, allowed: tuple[str, ...], default: str) -> str:
    return value if value in allowed else default


def _number(value: str | None, low: int, high: int, default: int) -> int:
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 4):
        return default
    return int(value) if low <= int(value) <= high else default
