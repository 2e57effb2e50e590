"""The centre's word that a session is over: a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from auth.claims import FARTHEST, LEEWAY, check_audience, demand, is_name, is_time
from auth.errors import TokenRefused
from auth.keys import Keys
from auth.opening import opened

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_TYPES: Final = ("logout+jwt", "jwt")
"""Centres from before the final text write `JWT` or nothing; `events` tells such a token from an ID token."""
_PROOF: Final = object()


@dataclass(frozen=True, slots=True)
class CheckedLogout:
    """A logout token that passed every check. Only this module makes one, and no ID token can become one."""

    subject: str | None
    sid: str | None
    """The centre's session; None: all sessions of the subject. One of the two is there."""
    id: str
    """The token's own name (`jti`), for seeing it a second time."""
    useless_after: datetime
    """Nobody believes it any more."""
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("Checked logouts come from check_logout_token alone.")


def check_logout_token(
    token: str,
    *,
    keys: Keys,
    issuer: str,
    client_id: str,
    algorithms: Collection[str],
    now: datetime,
    trusted_audiences: frozenset[str] = frozenset(),
) -> CheckedLogout:
    """Who is to be signed out, or `TokenRefused` with the code of the first check that the token fails.

    Stricter than the standard: `jti`, `iat` and `exp` must make sense, and `events` holds this one event, empty.
    """
    header, claims, _ = opened(token, keys, algorithms)
    demand(_is_logout(header, claims), "type")
    demand(claims.get("iss") == issuer, "issuer")
    check_audience(claims, client_id, trusted_audiences)
    useless_after = _check_times(claims, now.timestamp())
    demand("nonce" not in claims, "nonce")  # §2.4 forbids it, so that an ID token is never one
    name, subject, sid = (claims.get(claim) for claim in ("jti", "sub", "sid"))
    if not is_name(name):
        raise TokenRefused("jti")
    demand(all(value is None or is_name(value) for value in (subject, sid)), "subject")
    demand(subject is not None or sid is not None, "subject")
    return CheckedLogout(subject, sid, name, datetime.fromtimestamp(useless_after, UTC), _PROOF)


def _is_logout(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    kind = header.get("typ", "JWT")
    said = isinstance(kind, str) and kind.lower().removeprefix("application/") in _TYPES
    return said and claims.get("events") == {EVENT: {}}


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """When it is worth nothing any more.

    It may be a day old: a centre delivers again what it could not deliver at once.
    """
    exp, iat, nbf = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not is_time(exp) or exp > now + FARTHEST:
        raise TokenRefused("expiry")
    demand(exp + LEEWAY > now, "expired")
    demand(is_time(iat) and now - FARTHEST <= iat <= now + LEEWAY, "issued-at")
    demand("nbf" not in claims or (is_time(nbf) and nbf <= now + LEEWAY), "not-yet")
    return float(exp) + LEEWAY
