"""One fault of the provider at a time: what it would say honestly goes in, what it says comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.conformance.keyset import Claims, Keyset, signed

Change = Callable[[dict[str, Any]], dict[str, Any]]
Signing = Callable[[Keyset, Claims], str]


def honest(said: dict[str, Any]) -> dict[str, Any]:
    return said


def with_rs256(keys: Keyset, claims: Claims) -> str:
    return signed("RS256", keys.rsa, claims)


def as_logout(keys: Keyset, claims: Claims) -> str:
    return signed("RS256", keys.rsa, claims, typ="logout+jwt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the provider; by default nothing."""

    metadata: Change = honest
    answer: Change = honest
    """Parameters of the authorization response."""
    tokens: Change = honest
    """Members of the token response."""
    claims: Change = honest
    """Of the ID token that answers a code."""
    refreshed: Change = honest
    """Of the ID token that answers a refresh token."""
    sign: Signing = with_rs256
    userinfo: Change = honest
    userinfo_signed: bool = False
    rotates_before_signing: bool = False
    single_key: bool = False
    """No second key in the key set fits what the signing key signs."""
    logout: Change = honest
    """Claims of the logout token."""
    sign_logout: Signing = as_logout
    farewell: Change = honest
    """Parameters with which a browser comes back from signing out."""


NONE = Fault()


def changed(**changes: Any) -> Change:
    """Other values; `...` leaves a member out; a function makes the new value from the honest one."""

    def change(said: dict[str, Any]) -> dict[str, Any]:
        made = {name: new(said.get(name)) if callable(new) else new for name, new in changes.items()}
        return {name: value for name, value in {**said, **made}.items() if value is not ...}

    return change


def one_behind(value: str) -> str:
    """How the foundation spoils issuers and audiences."""
    return value + "1"


def first(params: Mapping[str, Any], name: str) -> str:
    """A parameter, empty when it is absent."""
    return str(params.get(name, ""))
