"""Who asks: one checked person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from auth.claims import CheckedClaims, CheckedUserinfo
from auth.errors import SignInRefused

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_SUBJECT: Final = 255
_LONGEST_NAME: Final = 64
_LONGEST_LIST: Final = 600


@dataclass(frozen=True, slots=True)
class Principal:
    """A person whom the identity centre vouched for. Tokens never come in here."""

    subject: str
    """The centre's own id for the person (`sub`), unique within its issuer."""
    account: str | None
    """工号, by which the OA knows the person; None when the centre sent none: signed in, but not entitled."""
    name: str
    campuses: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


def principal_from(
    claims: CheckedClaims, account_claim: str, userinfo: CheckedUserinfo | None = None
) -> Principal:
    """The person of checked claims. Where both speak, the signed ID token overrules userinfo.

    The 工号 comes from `account_claim` alone; no other claim ever stands in for it.
    """
    values = {**(userinfo.values if userinfo else {}), **claims.values}
    return principal_told(claims.subject, values, account_claim)


def principal_told(subject: str, values: Mapping[str, Any], account_claim: str) -> Principal:
    """The person of what a centre without ID tokens told us itself, in answer to a call of ours.

    A subject that is empty, unprintable or longer than 255 bytes is a SignInRefused.
    """
    if not subject.isprintable() or not 0 < len(subject.encode(errors="replace")) <= _LONGEST_SUBJECT:
        raise SignInRefused("person-unnamed")
    return Principal(
        subject=subject,
        account=_account(values.get(account_claim)),
        name=_name(values),
        campuses=_names(values.get("campuses")),
        roles=_names(values.get("roles")),
    )


def _account(value: object) -> str | None:
    """A 工号 as the OA writes it; None for what merely resembles one: a number, a list, full-width digits."""
    return value if isinstance(value, str) and _ACCOUNT.fullmatch(value) else None


def _name(values: Mapping[str, Any]) -> str:
    for claim in ("name", "preferred_username"):
        value = values.get(claim)
        shown = "".join(filter(str.isprintable, value)).strip() if isinstance(value, str) else ""
        if shown:
            return shown[:_LONGEST_NAME]
    return ""


def _names(value: object) -> tuple[str, ...]:
    """The texts of a list, up to 600 bytes in all: a session has to fit into one cookie."""
    kept: list[str] = []
    room = _LONGEST_LIST
    for text in value if isinstance(value, list) else []:
        if isinstance(text, str) and text.isprintable() and 0 < len(text.encode()) <= room:
            kept.append(text)
            room -= len(text.encode()) + 3
    return tuple(kept)
