"""What the views of /auth/* share: the parts they are made of, the trail, and the page of a refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from quart import Response, request

from audit.trail import Action, AuditEvent, Outcome
from auth.centre import Centre
from auth.flood import Flood
from auth.guard import cookie_header
from auth.handover import Given, Handover, Ticket
from auth.login import Login
from auth.principal import Principal
from auth.relation import Portals
from auth.sessions import Sessions

log = structlog.get_logger()

RETRY_AFTER: Final = "10"
"""Seconds."""
_SIDE_BY_SIDE: Final = timedelta(seconds=60)


class Pages(Protocol):
    """Draws the few pages of this room."""

    def signed_in(self) -> Response: ...

    def signed_out(self) -> Response: ...

    def handed_over(self, text: str, ticket: Ticket, given: Given) -> Response:
        """The window's last page. `text` is the ticket as the card wrote it."""
        ...

    def refused(self, code: str, reference: str, status: int) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the views are made of; `app` puts them together."""

    centre: Centre
    issuer: str
    """The centre's own name, by which it announces people."""
    login: Login
    handover: Handover
    sessions: Sessions
    pages: Pages
    record: Callable[[AuditEvent], Awaitable[None]]
    now: Callable[[], datetime]
    request_id: Callable[[], str]
    peer: Callable[[], str]
    """Address of the person's machine as the trusted proxy saw it."""
    base_url: str
    portals: Collection[str]
    """Origins of the portals, which may offer a sign-out button of their own."""
    flood: Flood
    """What each of those machines may still ask."""
    embedding: Portals
    """The same portals, and how each stands to us."""
    entry: str | None = None
    """Path of ours for people who open the callback itself, where the centre's portal uses it as our entry."""
    client_keys: Mapping[str, Any] = field(default_factory=lambda: {"keys": []})
    """Our own public keys, by which the centre knows us (RFC 7517 §5)."""


async def write_down(
    parts: Parts,
    action: Action,
    outcome: Outcome,
    *,
    who: Principal | None = None,
    actor: str | None = None,
    reason: str = "",
) -> None:
    """One line of the trail about this request; `actor` where there is no more than a name."""
    if outcome is Outcome.REFUSED:
        parts.flood.refused(parts.peer())
    await parts.record(
        AuditEvent(
            at=parts.now(),
            action=action,
            actor=(who.account or who.subject) if who else actor,
            outcome=outcome,
            reason=reason,
            request_id=parts.request_id(),
            peer=parts.peer(),
        )
    )


def refusal(parts: Parts, code: str, status: int) -> Response:
    """The page with the end of the request id, which the trail and the log also carry, as its number."""
    reference = parts.request_id()[-8:].upper()
    log.warning("auth.refused", code=code, reference=reference)
    return unkept(parts.pages.refused(code, reference, status))


async def make_room(parts: Parts, who: Principal, *, beside: bool = False) -> None:
    """Ends the session that this jar held before somebody signed in: what stood there is not promoted.

    It stays when it is the same person's and began a moment ago, for two frames may sign one person in at once, and
    neither may end what the other is about to use; or when it is theirs and the new one lives `beside` it.
    """
    held = parts.sessions.recognise(cookie_header(request))
    if held is None:
        return
    if held.who.subject != who.subject:
        await parts.sessions.revoke(held, "another-person")
    elif not beside and parts.now() - held.started_at >= _SIDE_BY_SIDE:
        await parts.sessions.end(held)


def too_fast(parts: Parts) -> Response:
    """The page for an address that asks too much (RFC 6585 §4). Nothing is written down: what led here was."""
    page = unkept(parts.pages.refused("too-fast", "", 429))
    page.headers["Retry-After"] = RETRY_AFTER
    return page


def with_cookie(answer: Response, cookie: str) -> Response:
    answer.headers.add("Set-Cookie", cookie)
    return answer


def unkept(page: Response) -> Response:
    page.headers["Cache-Control"] = "no-store"
    return page
