"""What the identity centre says about itself, read with suspicion (OpenID Connect Discovery 1.0 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from auth.errors import CentreMisconfigured


@dataclass(frozen=True, slots=True)
class Metadata:
    """What we use of the centre's metadata. Every address is public: on the issuer's origin, or https."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself: bool
    """Its answers carry `iss` (RFC 9207)."""
    pushed_endpoint: str | None = None
    """Where the parameters of a sign-in may be left beforehand (RFC 9126)."""
    demands_pushing: bool = False


def read_metadata(raw: Mapping[str, Any], issuer: str) -> Metadata:
    """The metadata of exactly this issuer. Raises CentreMisconfigured."""
    if raw.get("issuer") != issuer:
        raise CentreMisconfigured("issuer")
    methods = raw.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise CentreMisconfigured("pkce")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_needed(raw, "authorization_endpoint", issuer),
        token_endpoint=_needed(raw, "token_endpoint", issuer),
        jwks_uri=_needed(raw, "jwks_uri", issuer),
        userinfo_endpoint=_endpoint(raw, "userinfo_endpoint", issuer),
        end_session_endpoint=_endpoint(raw, "end_session_endpoint", issuer),
        names_itself=raw.get("authorization_response_iss_parameter_supported") is True,
        pushed_endpoint=_endpoint(raw, "pushed_authorization_request_endpoint", issuer),
        demands_pushing=raw.get("require_pushed_authorization_requests") is True,
    )


def origin_of(url: str) -> str:
    """`scheme://host[:port]` in lower case, without the scheme's own port. ValueError: there is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not an http address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def _needed(raw: Mapping[str, Any], name: str, issuer: str) -> str:
    url = _endpoint(raw, name, issuer)
    if url is None:
        raise CentreMisconfigured("endpoint")
    return url


def _endpoint(raw: Mapping[str, Any], name: str, issuer: str) -> str | None:
    url = raw.get(name)
    if url is None:
        return None
    if not isinstance(url, str) or not _may_stand_there(url, issuer):
        raise CentreMisconfigured("endpoint")
    return url


def _may_stand_there(url: str, issuer: str) -> bool:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or "#" in url:
        return False
    try:
        origin = origin_of(url)
    except ValueError:
        return False
    return origin.startswith("https://") or origin == origin_of(issuer)
