"""What a request for a card asks, freed of HTTP: the same before the framework and behind it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from widgets.cards import Ask, Form
from widgets.items import Kind
from widgets.layout import Layout
from widgets.views import Language

_LONGEST_KEPT: Final = 512
_MOST_PARAMETERS: Final = 50


Headers: TypeAlias = Mapping[str, str]
"""Request headers, to be asked by lower-case name."""


def asked(name: Kind, query: bytes, headers: Headers, cookie: str | None, language: Language) -> Ask:
    """The card that is asked for. `language` is the service's own, where the query names none."""
    given = parameters(query)
    form = _form(given, headers)
    pressed = "no-cache" in headers.get("cache-control", "")
    return Ask(
        name=name,
        layout=Layout.read(given, language),
        cookie=cookie,
        form=form,
        framed=_is_framed(given, headers, form),
        holds=given.get("v"),
        strict="strict" in given,
        silently=form == "document" and "silent" not in given and _is_navigation(headers),
        loads=form == "fragment" and "v" not in given and ("hx-request" in headers or "loads" in given),
        pressed=pressed,
        active=pressed or given.get("active") == "1" or (form == "document" and "auto" not in given),
        headers=headers,
        cross=given.get("cross") == "1",
        chained="silent" in given,
    )


def _form(query: Mapping[str, str], headers: Headers) -> Form:
    """JSON for whoever accepts it, a fragment for a page that is already there, a document for a frame or a tab."""
    if "application/json" in headers.get("accept", ""):
        return "json"
    is_fragment = query.get("as") == "fragment" or headers.get("hx-request", "") == "true"
    return "fragment" if is_fragment else "document"


def _is_framed(query: Mapping[str, str], headers: Headers, form: Form) -> bool:
    """False when the card is the whole page: a document in a tab of its own, and that page's refreshes.

    Unknown counts as framed: links then open a new tab, which is right in both places.
    """
    if query.get("tab") == "1":
        return False
    return form == "fragment" or headers.get("sec-fetch-dest", "") != "document"


def _is_navigation(headers: Headers) -> bool:
    """Whether a browser goes there with a person before it."""
    return (
        "text/html" in headers.get("accept", "") and headers.get("sec-fetch-mode", "navigate") == "navigate"
    )


def parameters(query: bytes) -> Mapping[str, str]:
    """The parameters of a query string; the first of a name counts, and what cannot be read is not there."""
    return _parameters(query) if len(query) <= _LONGEST_KEPT else _parameters.__wrapped__(query)


@lru_cache(maxsize=2048)
def _parameters(query: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return {}
    return dict(reversed(pairs))
