"""What the demo centre remembers: its clients, who is signed in, and which codes and tokens are out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from demo.people import Person
from demo.tokens import b64url

CODE_LIFE = 60
"""Seconds between the redirect back and the code's end."""


@dataclass(frozen=True, slots=True)
class Client:
    """A system registered at the centre. Addresses are compared exactly (RFC 9700 §2.1)."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser signed in at the centre: the single sign-on session."""

    id: str
    """Goes into tokens as `sid`; the cookie carries another secret."""
    person: Person
    auth_time: int
    clients: set[str] = field(default_factory=set, compare=False)
    """Systems entered during this visit; they are told when it ends."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A checked authorization request (RFC 6749 §4.1.1 with RFC 7636)."""

    client: Client
    redirect_uri: str
    challenge: str
    state: str | None
    nonce: str | None
    prompts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    ask: Ask
    visit: Visit
    until: float


@dataclass(slots=True)
class Grants:
    """All of it, in this process and gone with it."""

    visits: dict[str, Visit] = field(default_factory=dict)
    codes: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Visit] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)

    def open_visit(self, person: Person, now: float) -> tuple[str, Visit]:
        """A fresh cookie value and the visit behind it."""
        cookie, visit = secrets.token_urlsafe(24), Visit(secrets.token_urlsafe(12), person, int(now))
        self.visits[cookie] = visit
        return cookie, visit

    def close_visit(self, sid: str) -> Visit | None:
        """Ends a visit and every token that came from it. None when it is over already."""
        cookie = next((each for each, visit in self.visits.items() if visit.id == sid), None)
        visit = self.visits.pop(cookie) if cookie else None
        self.access = {token: each for token, each in self.access.items() if each.id != sid}
        self.refresh = {token: each for token, each in self.refresh.items() if each.visit.id != sid}
        return visit

    def issue_code(self, ask: Ask, visit: Visit, now: float) -> str:
        """A code for the redirect back, good once."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = Grant(ask, visit, now + CODE_LIFE)
        visit.clients.add(ask.client.id)
        return code

    def redeem_code(self, code: str, now: float) -> Grant | None:
        """What the code stood for; it is gone afterwards, whether right or wrong (RFC 6749 §4.1.2)."""
        grant = self.codes.pop(code, None)
        return grant if grant and now < grant.until else None

    def issue_tokens(self, grant: Grant) -> tuple[str, str]:
        """An access token and a refresh token; each refresh token is good once."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.access[access] = grant.visit
        self.refresh[refresh] = grant
        return access, refresh


def verifier_fits(verifier: str, challenge: str) -> bool:
    """RFC 7636 §4.6, S256 only."""
    digest = b64url(hashlib.sha256(verifier.encode()).digest())
    return hmac.compare_digest(digest.encode(), challenge.encode())
