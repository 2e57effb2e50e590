"""What a portal may know of our widgets beforehand: /widgets.json, and each widget as a Podium podlet.

The Podium form is the one of `@podium/schemas` 5. Nothing here depends on who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final, get_args

from widgets.items import Kind
from widgets.layout import MOST_ROWS, ROWS
from widgets.overrides import Words
from widgets.shape import REFRESH
from widgets.views import Language, Mask, Scheme, Size, State

_HEAD_AND_FOOT, _ROW, _COMPACT_ROW = 90, 65, 57
LOWEST: Final = 96
"""Pixels below which no state of a card fits."""


def height(size: Size, rows: int | None = None) -> int:
    """Pixels that a frame needs for a list of usual titles; longer ones scroll inside, or embed.js gives them room."""
    row = _COMPACT_ROW if size == "compact" else _ROW
    return round(_HEAD_AND_FOOT + row * (rows or ROWS[size]), -1)


def manifest(
    words: Words,
    campuses: Mapping[str, str],
    themes: list[str],
    base_url: str,
    language: Language,
    version: str,
) -> dict[str, Any]:
    """/widgets.json. `campuses`: names by id; `version` changes when a card's look does."""
    shared = {
        "parameters": parameters(campuses, themes, language),
        "sizes": {size: {"rows": ROWS[size], "height": height(size)} for size in get_args(Size)},
        "minimum_height": LOWEST,
        "refresh_after": REFRESH,
        "states": list(get_args(State)),
        "events": ["widget:count", "widget:state"],
    }
    widgets = [{**_widget(kind, words, base_url), **shared} for kind in get_args(Kind)]
    return {"version": version, "script": f"{base_url}/embed.js", "widgets": widgets}


def _widget(kind: Kind, words: Words, base_url: str) -> dict[str, Any]:
    address = f"{base_url}/widgets/{kind}"
    return {
        "name": kind,
        "title": {lang: said[f"title-{kind}"] for lang, said in words.items()},
        "address": address,
        "fragment": f"{address}/fragment",
        "count": f"{address}/count",
        "fallback": f"{address}/fallback",
        "podium": f"{address}/manifest.json",
    }


def parameters(campuses: Mapping[str, str], themes: list[str], language: Language) -> dict[str, Any]:
    """What may stand in a card's address, and what holds where it does not. A default of none means: all, or ours."""
    return {
        "campus": {"values": list(campuses), "names": dict(campuses), "default": None},
        "limit": {"minimum": 1, "maximum": MOST_ROWS, "default": None},
        "size": {"values": list(get_args(Size)), "default": "list"},
        "scheme": {"values": list(get_args(Scheme)), "default": "auto"},
        "theme": {"values": themes, "default": None},
        "lang": {"values": list(get_args(Language)), "default": language},
        "heading": {"minimum": 2, "maximum": 6, "default": 2},
        "mask": {"values": list(get_args(Mask)), "default": None},
    }


def podlet(kind: Kind, base_url: str, version: str) -> dict[str, Any]:
    """/widgets/<name>/manifest.json: the same widget for a Podium layout."""
    return {
        "name": kind,
        "version": version,
        "content": f"{base_url}/widgets/{kind}/fragment",
        "fallback": f"{base_url}/widgets/{kind}/fallback",
        "css": [],
        "js": [{"value": f"{base_url}/embed.js", "type": "default", "defer": True}],
        "proxy": {},
    }


def fallback(kind: Kind, words: Mapping[str, str], base_url: str) -> str:
    """What stands in a page that was put together without us: a link, which embed.js turns into the card."""
    address, title = escape(f"{base_url}/widgets/{kind}"), escape(words[f"title-{kind}"])
    link = f'<a href="{address}" target="_blank" rel="noopener">{title}</a>'
    return f'<portal-widget name="{kind}" title="{title}" mode="fragment">{link}</portal-widget>\n'
