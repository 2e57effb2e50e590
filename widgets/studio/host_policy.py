"""A portal's own content security policy, asked whether it lets us in (CSP 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from widgets.studio.host_html import HostPage

Directives: TypeAlias = Mapping[str, tuple[str, ...]]
_FALLBACKS: Final = {"frame-src": ("frame-src", "child-src", "default-src")}


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a page: each of them must allow what is loaded."""

    each: tuple[Directives, ...]
    here: str | None
    """The page's own origin, which `'self'` means."""

    @classmethod
    def of(cls, page: HostPage, here: str | None) -> Policies:
        texts = [page.headers.get("content-security-policy", "")]
        texts += [
            meta.get("content")
            for meta in page.all("meta")
            if meta.get("http-equiv").lower() == "content-security-policy"
        ]
        return cls(tuple(_read(part) for text in texts for part in text.split(",") if part.strip()), here)

    def allow(self, directive: str, place: str) -> bool:
        """Whether an origin may be loaded from, by each policy."""
        return all(self._allows(policy, directive, place) for policy in self.each)

    def _allows(self, policy: Directives, directive: str, place: str) -> bool:
        chain = _FALLBACKS.get(directive, (directive, "default-src"))
        sources = next((policy[each] for each in chain if each in policy), None)
        return sources is None or any(self._matches(source, place) for source in sources)

    def _matches(self, source: str, place: str) -> bool:
        """CSP 3 §6.7.2.8, for an origin without a path."""
        if source == "'self'":
            return place == self.here
        return source in ("*", f"{place.partition(':')[0]}:") or _names(source, place)


def _names(source: str, place: str) -> bool:
    try:
        wanted = urlsplit(place)
        given = urlsplit(source if "://" in source else f"{wanted.scheme}://{source}")
        host, rule = wanted.hostname or "", given.hostname or ""
        port = given.netloc.endswith(":*") or _port(given.netloc) == _port(wanted.netloc)
    except ValueError:
        return False
    fits = host.endswith(rule[1:]) if rule.startswith("*.") else host == rule
    return (
        fits
        and port
        and (given.scheme == wanted.scheme or (given.scheme, wanted.scheme) == ("http", "https"))
    )


def _port(netloc: str) -> str:
    return netloc.rpartition(":")[2] if ":" in netloc else ""


def _read(policy: str) -> Directives:
    """By name; the first of a name counts (CSP 3 §2.2.1)."""
    found: dict[str, tuple[str, ...]] = {}
    for part in policy.split(";"):
        name, *sources = part.lower().split() or [""]
        found.setdefault(name, tuple(sources))
    return found
