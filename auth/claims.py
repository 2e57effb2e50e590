"""Pure checks of what the identity centre asserts. No I/O; raw claims go in, checked claims come out.

OpenID Connect Core 1.0 §3.1.3.7, stricter where it leaves a choice; JWT practice from RFC 8725.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Any, Final, TypeGuard

from auth.errors import TokenCode, TokenRefused
from auth.keys import ALGORITHMS, Keys
from auth.sealing import from_text, to_text

LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""
OLDEST: Final = 600
FARTHEST: Final = 86_400
LARGEST: Final = 65_536
_PROOF: Final = object()


@dataclass(frozen=True, slots=True)
class CheckedClaims:
    """Claims of an ID token that passed every check. Only this module makes one."""

    subject: str
    sid: str | None
    """The centre's session id, when it sent a usable one."""
    values: Mapping[str, Any]
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("Checked claims come from check_id_token alone.")


@dataclass(frozen=True, slots=True)
class CheckedUserinfo:
    """A userinfo answer about the very subject of the ID token. Only this module makes one."""

    values: Mapping[str, Any]
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("Checked userinfo comes from check_userinfo alone.")


def check_id_token(
    token: str,
    *,
    keys: Keys,
    issuer: str,
    client_id: str,
    algorithms: Collection[str],
    nonce: str,
    now: datetime,
    access_token: str | None,
    max_age: int | None = None,
    trusted_audiences: frozenset[str] = frozenset(),
) -> CheckedClaims:
    """The claims of an ID token in compact form, or `TokenRefused` with the code of the first check it fails.

    `max_age` in seconds asks for a recent `auth_time`. `access_token`, when given, must match `at_hash` where
    the token has one.
    """
    header, claims, alg = _opened(token, keys, algorithms)
    if "events" in claims or _type_is_foreign(header):
        raise TokenRefused("type")
    if claims.get("iss") != issuer:
        raise TokenRefused("issuer")
    _check_audience(claims, client_id, trusted_audiences)
    _check_times(claims, now.timestamp(), max_age)
    subject = claims.get("sub")
    if not _is_name(subject):
        raise TokenRefused("subject")
    if not nonce or not _same(claims.get("nonce"), nonce):
        raise TokenRefused("nonce")
    if access_token is not None and "at_hash" in claims:
        _check_at_hash(claims["at_hash"], alg, access_token)
    sid = claims.get("sid")
    return CheckedClaims(subject, sid if _is_name(sid) else None, claims, _PROOF)


def check_userinfo(answer: object, subject: str) -> CheckedUserinfo:
    """The userinfo answer, if it is about the ID token's subject (OIDC Core §5.3.2)."""
    if not isinstance(answer, dict):
        raise TokenRefused("userinfo")
    if not _same(answer.get("sub"), subject):
        raise TokenRefused("userinfo-subject")
    return CheckedUserinfo(answer, _PROOF)


def _opened(
    token: str, keys: Keys, algorithms: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and algorithm of a token whose signature holds; its header chooses among our keys."""
    if not isinstance(token, str) or len(token) > LARGEST:
        raise TokenRefused("too-large" if isinstance(token, str) else "malformed")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise TokenRefused("malformed")
    header = _object(parts[0])
    alg = _algorithm(header, algorithms)
    _check_signature(parts, alg, header.get("kid"), keys)
    return header, _object(parts[1]), alg


def _algorithm(header: Mapping[str, Any], algorithms: Collection[str]) -> str:
    alg = header.get("alg")
    if not isinstance(alg, str):
        raise TokenRefused("malformed")
    if alg.lower() == "none":
        raise TokenRefused("alg-none")
    if alg not in algorithms or alg not in ALGORITHMS:
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


def _type_is_foreign(header: Mapping[str, Any]) -> bool:
    """Whether it says to be no ID token but an `at+jwt`, a `logout+jwt` … (RFC 8725 §3.11)."""
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str):
        return True
    return kind.lower().removeprefix("application/") not in ("jwt", "id_token", "id_token+jwt", "id+jwt")


def _check_audience(claims: Mapping[str, Any], client_id: str, trusted: frozenset[str]) -> None:
    aud = claims.get("aud")
    named = [aud] if isinstance(aud, str) else aud
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise TokenRefused("audience")
    others = set(named) - {client_id}
    if client_id not in named or not others <= trusted:
        raise TokenRefused("audience")
    if claims.get("azp", None if others else client_id) != client_id:
        raise TokenRefused("azp")


def _check_times(claims: Mapping[str, Any], now: float, max_age: int | None) -> None:
    exp, iat, nbf, auth_time = (claims.get(name) for name in ("exp", "iat", "nbf", "auth_time"))
    if not _is_time(exp) or exp > now + FARTHEST:
        raise TokenRefused("expiry")
    if exp + LEEWAY <= now:
        raise TokenRefused("expired")
    if not _is_time(iat) or not now - OLDEST <= iat <= now + LEEWAY:
        raise TokenRefused("issued-at")
    if "nbf" in claims and (not _is_time(nbf) or nbf > now + LEEWAY):
        raise TokenRefused("not-yet")
    if max_age is not None:
        recent = _is_time(auth_time) and now - max_age - LEEWAY <= auth_time <= now + LEEWAY
        _demand(recent, "auth-time")


def _check_at_hash(given: object, alg: str, access_token: str) -> None:
    """OIDC Core §3.1.3.6: half of the access token's hash, hashed as the ID token's own algorithm does."""
    data = access_token.encode(errors="replace")
    match alg:
        case "Ed25519":
            whole = [hashlib.sha512(data).digest()]
        case "Ed448":
            whole = [hashlib.shake_256(data).digest(114)]
        case "EdDSA":
            whole = [hashlib.sha512(data).digest(), hashlib.shake_256(data).digest(114)]
        case _:
            whole = [hashlib.new(f"sha{alg[2:5]}", data).digest()]
    _demand(any(_same(given, to_text(digest[: len(digest) // 2])) for digest in whole), "at-hash")


def _demand(holds: bool, code: TokenCode) -> None:
    if not holds:
        raise TokenRefused(code)


def _is_time(value: object) -> TypeGuard[int | float]:
    """A NumericDate (RFC 7519 §2): a finite number, no bool, no text."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_name(value: object) -> TypeGuard[str]:
    """1 to 255 bytes of printable text (OIDC Core §2 on `sub`)."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value.encode()) <= 255


def _same(given: object, expected: str) -> bool:
    """Equal texts, compared in constant time."""
    return isinstance(given, str) and hmac.compare_digest(_bytes(given), _bytes(expected))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
