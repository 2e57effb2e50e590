"""Views made by hand, and those of somebody who means harm, for the tests of templates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from widgets.themes.samples import (
    BASE,
    KINDS,
    LANGUAGES,
    LISTED,
    SCHEMES,
    STATES,
    at,
    card,
    notices,
    todos,
)
from widgets.views import WidgetView

__all__ = [
    "BASE",
    "HOSTILE",
    "KINDS",
    "LANGUAGES",
    "LISTED",
    "SCHEMES",
    "STATES",
    "at",
    "card",
    "hostile",
    "notices",
    "todos",
]

HOSTILE = (
    "<script>alert(1)</script>",
    '" onfocus="alert(1)" autofocus="',
    "{{ w.src }}",
    "'><img src=x onerror=alert(1)>",
    "\u202etxt.exe",
)


def hostile() -> WidgetView[Any]:
    """A card whose every text comes from somebody who means harm."""
    rows = tuple(
        replace(row, title=text, step=text, campus=text, sender=text, href=f"{BASE}/open/x")
        for row, text in zip(todos(), HOSTILE, strict=False)
    )
    return card(items=rows)
