"""Opening a signed token in compact form (RFC 7515 §3.1): its signature first, and nothing unsigned ever.

JWT practice from RFC 8725. What the claims say is for `claims`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from auth.errors import TokenRefused
from auth.keys import Keys
from auth.sealing import from_text

LARGEST: Final = 65_536


def opened(token: str, keys: Keys, algorithms: Collection[str]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and algorithm of a token whose signature holds; its header chooses among our keys.

    Raises TokenRefused. What the claims say is not looked at.
    """
    if not isinstance(token, str) or len(token) > LARGEST:
        raise TokenRefused("too-large" if isinstance(token, str) else "malformed")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise TokenRefused("malformed")
    header = _object(parts[0])
    alg = _algorithm(header, algorithms, keys)
    _check_signature(parts, alg, header.get("kid"), keys)
    return header, _object(parts[1]), alg


def _algorithm(header: Mapping[str, Any], algorithms: Collection[str], keys: Keys) -> str:
    alg = header.get("alg")
    if not isinstance(alg, str):
        raise TokenRefused("malformed")
    if alg.lower() == "none":
        raise TokenRefused("alg-none")
    if alg not in algorithms or not keys.understand(alg):
        raise TokenRefused("alg-not-allowed")
    if "crit" in header or "b64" in header:  # RFC 7515 §4.1.11: we understand no extension
        raise TokenRefused("critical-header")
    return alg


def _check_signature(parts: list[str], alg: str, kid: object, keys: Keys) -> None:
    signature = from_text(parts[2])
    if signature is None or not isinstance(kid, str | None):
        raise TokenRefused("malformed")
    candidates = keys.for_token(alg, kid)
    if not candidates:
        raise TokenRefused("key-unknown")
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not any(key.verifies(alg, signed, signature) for key in candidates):
        raise TokenRefused("signature")


def _object(part: str) -> dict[str, Any]:
    """One part of a token: base64url of a JSON object in UTF-8, each name once (RFC 7519 §4)."""
    data = from_text(part)
    try:
        value = json.loads((data or b"").decode(), object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(value, dict):
        raise TokenRefused("malformed")
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name is there twice")
    return made


def unproven(token: str) -> dict[str, Any]:
    """The claims of a token that we opened before and kept sealed: its signature is not looked at again."""
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenRefused("malformed")
    return _object(parts[1])
