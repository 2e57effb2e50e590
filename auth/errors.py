"""What can go wrong while somebody signs in. Every error carries a stable `code`; none carries a secret.

    AuthError
    ├── CentreError             the identity centre, not the person
    │   ├── CentreUnavailable   no usable answer: try again later
    │   └── CentreMisconfigured an answer we must not work with: an operator has to act
    ├── TokenRefused            one token fails one check
    ├── SignInRefused           this attempt is over; the person may start again
    └── SignInUnavailable       our own store is away: no attempt can begin or end

A `SignInRefused` that stems from a token or from the centre carries that code behind `token-` or `centre-`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

CentreCode = Literal[
    "unavailable",  # no connection, a timeout, a status other than 200
    "too-slow",  # the whole sign-in took longer than its deadline
    "bad-answer",  # not a JSON object, or too long
    "issuer",  # metadata of another issuer
    "endpoint",  # an endpoint is missing, or stands where none of the centre's may stand
    "pkce",  # the centre offers no S256
    "keys",  # no signing key that can be read
    "pushing",  # it wants requests pushed, and does not take ours
    "renewal",  # it refuses to refresh tokens for a reason that is not the person's
]

TokenCode = Literal[
    "too-large",
    "malformed",
    "alg-none",
    "alg-not-allowed",
    "critical-header",
    "type",
    "key-unknown",
    "signature",
    "issuer",
    "audience",
    "azp",
    "expiry",  # missing, no number, or more than a day ahead
    "expired",
    "issued-at",
    "not-yet",
    "subject",
    "nonce",
    "at-hash",
    "auth-time",
    "acr",
    "jti",  # a logout token without a usable name
    "replayed",  # a logout token that was here before
    "userinfo",  # no object
    "userinfo-subject",
]

SignInCode = Literal[
    "parameter-duplicated",
    "state-missing",
    "state-unknown",
    "browser-other",
    "issuer-missing",
    "issuer-other",
    "origin-foreign",  # another page asks than the card's
    "framed",  # somebody put the centre's page into a frame
    "too-many",  # this browser has set out too often
    "ticket-unknown",  # of a card that was drawn long ago, or by nobody
    "handover-unknown",  # no such code: used, too old, or of another card
    "number-wrong",
    "initiator-other",  # another centre says that somebody is coming
    "access-denied",  # the person or the centre said no
    "declined",  # any other `error` in the centre's answer
    "code-missing",
    "code-refused",
    "tokens-malformed",
    "person-refused",  # the centre does not tell who it is
    "person-unnamed",  # the centre's answer does not say who it is about
    "renewal-refused",  # the centre no longer stands by the person
]


class AuthError(Exception):
    """Anything of this room. Its codes are stable and safe to show, to log and to record."""

    family: ClassVar[str] = ""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def full_code(self) -> str:
        """The code behind its family: one word may mean one thing in a token, another at a centre."""
        return self.family + self.code


class CentreError(AuthError):
    """The identity centre does not let us work."""

    family = "centre-"

    def __init__(self, code: CentreCode) -> None:
        super().__init__(code)
        self.reason: CentreCode = code


class CentreUnavailable(CentreError):
    """No usable answer from the centre just now."""


class CentreMisconfigured(CentreError):
    """The centre's answer contradicts our configuration or its own standard."""


class TokenRefused(AuthError):
    """A token, or an answer that stands for one, fails a check."""

    family = "token-"

    def __init__(self, code: TokenCode) -> None:
        super().__init__(code)


class SignInRefused(AuthError):
    """One attempt is over. `return_path` is where a silent attempt goes back to; None: show a page."""

    def __init__(self, cause: SignInCode | AuthError, return_path: str | None = None) -> None:
        super().__init__(cause.full_code if isinstance(cause, AuthError) else cause)
        self.return_path = return_path


class SignInUnavailable(AuthError):
    """The store of pending attempts (Redis) is away. Sessions that exist are not concerned."""

    def __init__(self) -> None:
        super().__init__("store-away")
