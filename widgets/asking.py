"""What a request for a card asks, freed of HTTP: the same for the route and for the poll that never reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from widgets.cards import Ask
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
    return Ask(
        name,
        Layout.read(given, language),
        cookie,
        is_framed(given, headers),
        given.get("v"),
        "no-cache" in headers.get("cache-control", ""),
    )


def is_fragment(query: Mapping[str, str], headers: Headers) -> bool:
    """A fragment for a page that is already there, or a document for a frame or a tab."""
    return query.get("as") == "fragment" or headers.get("hx-request", "") == "true"


def is_framed(query: Mapping[str, str], headers: Headers) -> bool:
    """False when the card is the whole page: a document in a tab of its own, and that page's refreshes.

    Unknown counts as framed: links then open a new tab, which is right in both places.
    """
    if query.get("tab") == "1":
        return False
    return is_fragment(query, headers) or headers.get("sec-fetch-dest", "") != "document"


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
