"""Which URL may ever reach a browser: checked as text, matched to the allow-list, rebuilt from its parts.

Python and browsers disagree about addresses (`https://evil.example\\@oa.example`, `https:///evil.example`,
`%2e` and `。` in hosts), so everything on which two parsers could differ is refused before anything is parsed
(RFC 3986, WHATWG URL §4).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote

LONGEST: Final = 4096
"""Characters of a rebuilt address; more does not fit every gateway's header buffer."""
_DEFAULT_PORT: Final = {"http": 80, "https": 443}
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f\s\\\ud800-\udfff]|%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
"""Backslash, whitespace, lone surrogates, controls: percent-encoded too, as gateways may decode them."""
_ABSOLUTE: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+(?:[0-9.]+)?\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.IGNORECASE | re.ASCII,  # else the long s and the Kelvin sign count as letters of a host
)
_KEPT: Final = "!$%&'()*+,/:;=?@[]^{|}~"
"""Stays as it is; double quotes, angle brackets, backticks and non-ASCII are percent-encoded."""


def origin(url: str) -> str:
    """`scheme://host[:port]` of an http(s) address, lower case, default port left out. Else ValueError."""
    parts = None if _FORBIDDEN.search(url) else _ABSOLUTE.fullmatch(url)
    if parts is None:
        raise ValueError(f"not an absolute http or https address: {url[:80]!r}")
    return _origin(parts)


def rebuild(url: str, base: str, allowed: Collection[str]) -> str | None:
    """`url` as a browser may have it, or None.

    `allowed` holds origins as `origin` writes them. What begins with `/`, `?` or `#` belongs to `base`, the
    address that browsers use for the OA.
    """
    if not url or len(url) > LONGEST or _FORBIDDEN.search(url) or url.startswith("//"):
        return None
    try:
        parts = _ABSOLUTE.fullmatch(_joined(url, base))
        if parts is None or _origin(parts) not in allowed:
            return None
    except ValueError:
        return None
    rebuilt = _origin(parts) + _written(parts)
    return rebuilt if len(rebuilt) <= LONGEST else None


def _joined(url: str, base: str) -> str:
    if url[0] == "/":
        return origin(base) + url
    return re.split("[?#]", base, maxsplit=1)[0] + url if url[0] in "?#" else url


def _origin(parts: re.Match[str]) -> str:
    scheme, host = parts["scheme"].lower(), parts["host"].lower()
    port = int(parts["port"] or _DEFAULT_PORT[scheme])
    if not 0 < port < 65536:
        raise ValueError(f"no such port: {port}")
    return f"{scheme}://{host}" if port == _DEFAULT_PORT[scheme] else f"{scheme}://{host}:{port}"


def _written(parts: re.Match[str]) -> str:
    path = quote(parts["path"] or "/", safe=_KEPT)
    query = quote(parts["query"] or "", safe=_KEPT)
    fragment = parts["fragment"] or ""
    return path + query + (f"#{quote(fragment[1:], safe=_KEPT + '#')}" if fragment else "")
