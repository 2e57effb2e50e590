"""One case of the embed doctor: a portal's page, what of ours is in it, and what is configured here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from widgets.links import origin
from widgets.studio.host_html import SSI, Element, HostPage

_CARD: Final = re.compile(r"/widgets/(?:todos|notices)(?:/fragment)?/?$")
_PLACES: Final = re.compile(r"/widgets/(?:todos|notices)(?:/fragment|/fallback|/count)?")
"""What a page may ask for below the service's address."""
_INCLUDED: Final = re.compile(r"/widgets/(?:todos|notices)/fragment")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is configured here."""

    base_url: str
    centre: str
    """The identity centre's origin."""
    portals: Mapping[str, str]
    """By origin, the relation as configured."""

    @classmethod
    def of(cls, base_url: str, issuer: str, portals: Iterable[tuple[str, str]]) -> Facts:
        return cls(base_url.rstrip("/"), origin(issuer), dict(portals))


@dataclass(frozen=True, slots=True)
class Case:
    """The page, and what of ours is in it."""

    page: HostPage
    facts: Facts
    origin: str | None
    """The page's own; None for a saved page that does not say where it is from."""
    frames: tuple[Element, ...]
    elements: tuple[Element, ...]
    fetched: tuple[Element, ...]
    """Elements with `hx-get`."""
    has_loader: bool

    @classmethod
    def of(cls, page: HostPage, facts: Facts) -> Case:
        here = page.address or facts.base_url
        scripts = page.all("script")
        return cls(
            page,
            facts,
            _origin(page.address),
            tuple(each for each in page.all("iframe") if _CARD.search(_path(each.get("src"), here))),
            tuple(page.all("portal-widget")),
            tuple(each for each in page.elements if _CARD.search(_path(each.get("hx-get"), here))),
            any(_path(each.get("src"), here).endswith("/embed.js") for each in scripts),
        )

    @property
    def own(self) -> str:
        """The service's origin."""
        return origin(self.facts.base_url)

    def astray(self) -> list[str]:
        """Addresses below ours, of frames and of what htmx or an element asks for, under which there is no card."""
        asked = [each.get("hx-get") for each in self.page.elements if each.has("hx-get")]
        asked += [each.get("src") for each in self.page.all("iframe", "portal-widget") if each.get("src")]
        base = urlsplit(self.facts.base_url)
        here = self.page.address or self.facts.base_url
        paths = {each: _path(each, here) for each in asked if _origin(_whole(each, here)) == self.own}
        return [
            each
            for each, path in paths.items()
            if path.startswith(f"{base.path}/") and not _PLACES.fullmatch(path, len(base.path))
        ]

    def includes(self) -> list[str]:
        """The kinds of includes of ours that stand in the page as they were written: `ESI`, `SSI`."""
        found = {
            "ESI": [each.get("src") for each in self.page.all("esi:include")],
            "SSI": [each.get("") for each in self.page.all(SSI)],
        }
        return [kind for kind, texts in found.items() if any(_INCLUDED.search(text) for text in texts)]

    @property
    def is_far(self) -> bool:
        """The page has another origin than the service."""
        return self.origin is not None and self.origin != self.own


def _origin(address: str | None) -> str | None:
    try:
        return origin(address) if address else None
    except ValueError:
        return None


def _whole(address: str, here: str) -> str:
    try:
        return urljoin(here, address.strip()) if address else ""
    except ValueError:
        return ""


def _path(address: str, here: str) -> str:
    try:
        return urlsplit(_whole(address, here)).path
    except ValueError:
        return ""
