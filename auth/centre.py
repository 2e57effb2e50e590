"""What every identity centre can do for us, whichever protocol it speaks: one file a protocol stands behind this.

oidc.py     OpenID Connect Core 1.0
cas.py      CAS protocol 3.0
oauth2.py   OAuth 2.0 answers of whatever shape
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auth.logout_token import CheckedLogout
from auth.principal import Principal
from auth.session import Tokens


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way: the secrets that tie an answer to the question. Random, 128 bits or more each."""

    state: str
    nonce: str
    verifier: str
    """PKCE (RFC 7636 §4.1)."""
    silent: bool
    """The centre may show no page."""
    hint: str | None = None
    """Who is probably coming (OIDC Core §3.1.2.1 `login_hint`)."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """The centre vouched for somebody."""

    who: Principal
    tokens: Tokens
    provider_sid: str | None
    """The centre's own name for its session, by which it will announce the end."""
    expires_at: datetime | None = None
    """When the centre's session ends, where it says so."""
    asked_at: datetime | None = None
    """When we began to ask: a sign-out that the centre announced after that is newer than its word."""


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """A silent attempt found nobody: no error, nothing to show."""


class Centre(Protocol):
    """One identity centre."""

    async def address(self, attempt: Attempt) -> str:
        """Where to send the browser. Raises CentreError."""
        ...

    async def honours_silence(self) -> bool:
        """Whether a silent attempt comes back at once, tried without anybody's cookies. Raises CentreError."""
        ...

    async def judge(self, answer: Mapping[str, str], attempt: Attempt) -> Vouched | NobodyThere:
        """Who it is, from the parameters of a callback whose state and browser were checked.

        Raises SignInRefused, TokenRefused, CentreError. The caller sets the deadline.
        """
        ...

    async def farewell(self, tokens: Tokens | None) -> str | None:
        """Where a browser ends the centre's session too; None: nowhere, or the centre cannot be asked."""
        ...

    async def check_logout_token(self, token: str) -> CheckedLogout:
        """Who is to be signed out by a token that the centre sent us itself.

        Raises TokenRefused, CentreError. Protocols without logout tokens refuse every one as `type`.
        """
        ...

    def ended_by(self, told: Mapping[str, str], peer: str) -> str | None:
        """The centre's session that a sign-out message in its own form names, as `Vouched.provider_sid` did.

        None: it is no such message, or it does not come from the centre. `told` are the parameters.
        """
        ...

    async def renew(self, tokens: Tokens) -> Tokens | None:
        """Asks whether the centre still stands by the person. Fresh tokens: it does; None: it cannot be asked so.

        Raises SignInRefused when the centre's session is over, CentreError when the centre does not answer.
        """
        ...
