"""Pure checks of what the identity centre asserts. No I/O; raw claims go in, checked claims come out.

OpenID Connect Core 1.0 §3.1.3.7, stricter where it leaves a choice; JWT practice from RFC 8725.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Collection, Mapping
from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Any, Final, TypeGuard

from auth.errors import TokenCode, TokenRefused
from auth.keys import Keys, half_hashes
from auth.opening import opened, unproven

LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""
OLDEST: Final = 600
FARTHEST: Final = 86_400
_PROOF: Final = object()
_UNCHANGED: Final[tuple[tuple[str, TokenCode], ...]] = (
    ("nonce", "nonce"),
    ("auth_time", "auth-time"),
    ("azp", "azp"),
)
"""What a renewed ID token may leave out, but not change."""


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
    acr_values: Collection[str] = (),
    trusted_audiences: frozenset[str] = frozenset(),
) -> CheckedClaims:
    """The claims of an ID token in compact form, or `TokenRefused` with the code of the first check it fails.

    `max_age` in seconds asks for a recent `auth_time`, `acr_values` for one of them. `access_token`, when given,
    must match `at_hash` where the token has one.
    """
    header, claims, alg = opened(token, keys, algorithms)
    subject = _check_frame(header, claims, issuer, client_id, trusted_audiences)
    _check_times(claims, now.timestamp(), max_age)
    if not nonce or not _same(claims.get("nonce"), nonce):
        raise TokenRefused("nonce")
    if acr_values and claims.get("acr") not in acr_values:
        raise TokenRefused("acr")
    if access_token is not None and "at_hash" in claims:
        _check_at_hash(claims["at_hash"], alg, access_token)
    sid = claims.get("sid")
    return CheckedClaims(subject, sid if is_name(sid) else None, claims, _PROOF)


def check_renewed_token(
    token: str,
    *,
    before: str,
    keys: Keys,
    issuer: str,
    client_id: str,
    algorithms: Collection[str],
    now: datetime,
    access_token: str,
    trusted_audiences: frozenset[str] = frozenset(),
) -> CheckedClaims:
    """The claims of an ID token that came with a refresh, if it is about what `before` was about (OIDC Core §12.2).

    `before` is the ID token that we already hold: it was checked when it came. A nonce need not be there.
    """
    header, claims, alg = opened(token, keys, algorithms)
    subject = _check_frame(header, claims, issuer, client_id, trusted_audiences)
    _check_times(claims, now.timestamp(), None)
    held = unproven(before)
    demand(_same(subject, str(held.get("sub"))), "subject")
    demand(_audiences(claims) == _audiences(held), "audience")
    for name, code in _UNCHANGED:
        demand(name not in claims or claims[name] == held.get(name), code)
    if "at_hash" in claims:
        _check_at_hash(claims["at_hash"], alg, access_token)
    sid = claims.get("sid")
    return CheckedClaims(subject, sid if is_name(sid) else None, claims, _PROOF)


def check_userinfo(answer: object, subject: str) -> CheckedUserinfo:
    """The userinfo answer, if it is about the ID token's subject (OIDC Core §5.3.2)."""
    if not isinstance(answer, dict):
        raise TokenRefused("userinfo")
    if not _same(answer.get("sub"), subject):
        raise TokenRefused("userinfo-subject")
    return CheckedUserinfo(answer, _PROOF)


def check_signed_userinfo(
    token: str,
    *,
    subject: str,
    keys: Keys,
    issuer: str,
    client_id: str,
    algorithms: Collection[str],
    now: datetime,
    trusted_audiences: frozenset[str] = frozenset(),
) -> CheckedUserinfo:
    """The same from a signed answer, `application/jwt`; `iss` and `aud` need not be there (OIDC Core §5.3.2)."""
    header, claims, _ = opened(token, keys, algorithms)
    if "events" in claims or "nonce" in claims or _type_is_foreign(header):
        raise TokenRefused("type")
    demand(claims.get("iss", issuer) == issuer, "issuer")
    if "aud" in claims:
        check_audience(claims, client_id, trusted_audiences)
    exp = claims.get("exp", math.inf)
    demand(exp == math.inf or (is_time(exp) and exp + LEEWAY > now.timestamp()), "expired")
    return check_userinfo(claims, subject)


def _check_frame(
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    issuer: str,
    client_id: str,
    trusted: frozenset[str],
) -> str:
    """That it is an ID token of this issuer for us; its subject."""
    if "events" in claims or _type_is_foreign(header):
        raise TokenRefused("type")
    if claims.get("iss") != issuer:
        raise TokenRefused("issuer")
    check_audience(claims, client_id, trusted)
    subject = claims.get("sub")
    if not is_name(subject):
        raise TokenRefused("subject")
    return subject


def _type_is_foreign(header: Mapping[str, Any]) -> bool:
    """Whether it says to be no ID token but an `at+jwt`, a `logout+jwt` … (RFC 8725 §3.11)."""
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str):
        return True
    return kind.lower().removeprefix("application/") not in ("jwt", "id_token", "id_token+jwt", "id+jwt")


def check_audience(claims: Mapping[str, Any], client_id: str, trusted: frozenset[str]) -> None:
    named = _audiences(claims)
    others = named - {client_id}
    if client_id not in named or not others <= trusted:
        raise TokenRefused("audience")
    if claims.get("azp", None if others else client_id) != client_id:
        raise TokenRefused("azp")


def _audiences(claims: Mapping[str, Any]) -> frozenset[str]:
    aud = claims.get("aud")
    named = [aud] if isinstance(aud, str) else aud
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise TokenRefused("audience")
    return frozenset(named)


def _check_times(claims: Mapping[str, Any], now: float, max_age: int | None) -> None:
    exp, iat, nbf, auth_time = (claims.get(name) for name in ("exp", "iat", "nbf", "auth_time"))
    if not is_time(exp) or exp > now + FARTHEST:
        raise TokenRefused("expiry")
    if exp + LEEWAY <= now:
        raise TokenRefused("expired")
    if not is_time(iat) or not now - OLDEST <= iat <= now + LEEWAY:
        raise TokenRefused("issued-at")
    if "nbf" in claims and (not is_time(nbf) or nbf > now + LEEWAY):
        raise TokenRefused("not-yet")
    if max_age is not None:
        recent = is_time(auth_time) and now - max_age - LEEWAY <= auth_time <= now + LEEWAY
        demand(recent, "auth-time")


def _check_at_hash(given: object, alg: str, access_token: str) -> None:
    """OIDC Core §3.1.3.6."""
    demand(any(_same(given, half) for half in half_hashes(alg, access_token)), "at-hash")


def demand(holds: bool, code: TokenCode) -> None:
    if not holds:
        raise TokenRefused(code)


def is_time(value: object) -> TypeGuard[int | float]:
    """A NumericDate (RFC 7519 §2): a finite number, no bool, no text."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def is_name(value: object) -> TypeGuard[str]:
    """1 to 255 bytes of printable text (OIDC Core §2 on `sub`)."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value.encode()) <= 255


def _same(given: object, expected: str) -> bool:
    """Equal texts, compared in constant time."""
    return isinstance(given, str) and hmac.compare_digest(_bytes(given), _bytes(expected))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
