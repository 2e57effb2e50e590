"""How a portal stands to us: whether browsers send our cookies from its pages, and which form of them they keep.

Two addresses are of one site when scheme and registrable domain agree (HTML, "schemefully same site"). The public
suffix list knows where registrable domains begin: `h.com.cn` is one, `com.cn` is none. What no rule of the list
names follows its rule `*`, as in browsers: `portal.hosp.local` and `widgets.hosp.local` are one site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from auth.metadata import origin_of

Relation = Literal["same-origin", "same-site", "cross-site"]
_TRUSTWORTHY: Final = ("localhost", ".localhost")
"""Browsers keep Secure cookies of these on plain http, too (Secure Contexts §3.1)."""


def relation_of(portal: str, base_url: str) -> Relation:
    """How an origin stands to our base address."""
    if origin_of(portal) == origin_of(base_url):
        return "same-origin"
    return "same-site" if site_of(portal) == site_of(base_url) else "cross-site"


def site_of(url: str) -> tuple[str, str]:
    """Scheme and registrable domain. An IP address is a site of its own, and so is a bare name; ports never count."""
    parts = urlsplit(origin_of(url))
    host = parts.hostname or ""
    return parts.scheme, host if _is_address(host) else _registrable(host)


def keeps_no_session(portal: str, relation: Relation, base_url: str) -> bool:
    """Whether nobody can ever be signed in there: from another site browsers send Secure cookies alone."""
    host = urlsplit(base_url).hostname or ""
    secure = base_url.startswith("https://") or host.endswith(_TRUSTWORTHY)
    return relation == "cross-site" and not secure


def standing(portal: str, configured: str, base_url: str) -> Relation | Literal["no-session", "mistaken"]:
    """What browsers make of a portal that is configured so, `auto` or a relation; or what is wrong with that."""
    seen = relation_of(portal, base_url)
    if keeps_no_session(portal, seen, base_url):
        return "no-session"
    return seen if configured in ("auto", seen) else "mistaken"


@dataclass(frozen=True, slots=True)
class Portals:
    """The configured portals by origin, and which of them a request comes from."""

    relations: Mapping[str, Relation]

    @classmethod
    def of(cls, base_url: str, configured: Iterable[tuple[str, str]]) -> Portals:
        """From (origin, relation) pairs as configured, where `auto` leaves it to the addresses."""
        return cls(
            {
                origin: relation_of(origin, base_url) if said == "auto" else cast(Relation, said)
                for origin, said in configured
            }
        )

    def without_session(self, base_url: str) -> list[str]:
        """The portals where nobody can ever be signed in."""
        return [
            portal
            for portal, relation in self.relations.items()
            if keeps_no_session(portal, relation, base_url)
        ]

    def of_request(self, headers: Mapping[str, str]) -> str | None:
        """The portal whose page asks: by Origin, else by Referer; None when neither names one."""
        for name in ("origin", "referer"):
            said = _origin(headers.get(name, ""))
            if said in self.relations:
                return said
        return None

    def is_from_another_site(self, headers: Mapping[str, str], *, chained: bool = False) -> bool:
        """Whether our cookies need their partitioned form for this request.

        `Sec-Fetch-Storage-Access` is there in requests from another site only, but not every browser sends it. Where
        no header names a portal, `Sec-Fetch-Site` says who began the navigation; that is no help when the way here
        led over the identity centre (`chained`): then the centre's site is in it, too.
        """
        if "cross-site" not in self.relations.values():
            return False
        if headers.get("sec-fetch-storage-access"):
            return True
        portal = self.of_request(headers)
        if portal is not None:
            return self.relations[portal] == "cross-site"
        framed = headers.get("sec-fetch-dest", "document") not in ("document", "empty")
        return framed and not chained and headers.get("sec-fetch-site") == "cross-site"


def _origin(url: str) -> str | None:
    try:
        return origin_of(url)
    except ValueError:
        return None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()


def _registrable(host: str) -> str:
    return _list().privatesuffix(host.rstrip(".")) or host
