"""/auth/*: sign-in and sign-out over HTTP. What a sign-in is, `login` knows; what a session is, `session`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from quart import Blueprint, Request, Response, request

from audit.trail import Action, AuditEvent, Outcome
from auth.errors import AuthError, CentreError, SignInRefused, SignInUnavailable
from auth.guard import anyone, as_protocol, cookie_header, see_other
from auth.login import DONE, Login, NotSignedIn, SignedIn
from auth.logout import Logout
from auth.metadata import origin_of
from auth.paths import own_path
from auth.principal import Principal
from auth.session import Session, Sessions

log = structlog.get_logger()

_OUT_OF_ORDER: Final = ("centre-", "store-")
_SIDE_BY_SIDE: Final = timedelta(seconds=60)


class Pages(Protocol):
    """Draws the few pages of this room."""

    def signed_in(self) -> Response: ...

    def signed_out(self) -> Response: ...

    def refused(self, code: str, reference: str, status: int) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes are made of; `app` puts them together."""

    login: Login
    logout: Logout
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


def blueprint(parts: Parts) -> Blueprint:
    auth = Blueprint("auth", __name__)
    desk = _Desk(parts)

    @auth.get("/auth/login")
    @as_protocol
    async def login() -> Response:
        return await desk.begin()

    @auth.get("/auth/callback")
    @as_protocol
    async def callback() -> Response:
        return await desk.finish()

    @auth.get("/auth/done")
    @anyone
    async def done() -> Response:
        return _unkept(parts.pages.signed_in())

    @auth.post("/auth/logout")
    @as_protocol
    async def logout() -> Response:
        return await desk.leave()

    @auth.get("/auth/logout")
    @anyone
    async def left() -> Response:
        return _unkept(parts.pages.signed_out())

    return auth


class _Desk:
    """Answers the three requests that change something."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._base_url = parts.base_url.rstrip("/")
        self._own = {origin_of(parts.base_url), *map(origin_of, parts.portals)}

    async def begin(self) -> Response:
        silent, wanted = request.args.get("silent") == "1", request.args.get("return")
        try:
            started = await self._parts.login.begin(
                silent=silent, return_path=wanted, cookie_header=cookie_header(request)
            )
        except (CentreError, SignInUnavailable) as error:
            return await self._refuse(error, (own_path(wanted) or DONE) if silent else None)
        return _with_cookie(see_other(started.url), started.set_cookie)

    async def finish(self) -> Response:
        try:
            finished = await self._parts.login.finish(
                list(request.args.items(multi=True)), cookie_header(request)
            )
        except SignInRefused as refused:
            return await self._refuse(refused, refused.return_path)
        except SignInUnavailable as error:
            return await self._refuse(error, None)
        if isinstance(finished, NotSignedIn):
            return see_other(self._base_url + finished.return_path)
        return await self._welcome(finished)

    async def leave(self) -> Response:
        parts = self._parts
        if not _is_ours(request, self._own):
            return await self._refuse_leaving()
        session = await self._session()
        target = await self._end(session) if session else None
        if _is_script(request):
            answer = Response(status=204, headers={"Cache-Control": "no-store"})
        else:
            answer = see_other(target or self._base_url + "/auth/logout")
        return _with_cookie(answer, parts.sessions.clear_cookie())

    async def _welcome(self, finished: SignedIn) -> Response:
        sessions = self._parts.sessions
        previous = sessions.recognise(cookie_header(request))
        if previous is not None and not self._beside(previous, finished.who):
            await sessions.end(previous)
        await self._record(Action.SIGN_IN, Outcome.OK, who=finished.who)
        _, cookie = await sessions.start(
            finished.who, finished.tokens, finished.provider_sid, finished.expires_at
        )
        return _with_cookie(see_other(self._base_url + finished.return_path), cookie)

    def _beside(self, previous: Session, who: Principal) -> bool:
        """Whether two frames sign one person in at once: neither may end what the other is about to use."""
        same = previous.who.subject == who.subject
        return same and self._parts.now() - previous.started_at < _SIDE_BY_SIDE

    async def _end(self, session: Session) -> str | None:
        """Ends the session; where the centre wants to hear of it."""
        tokens = await self._parts.sessions.tokens(session)
        await self._parts.sessions.end(session)
        await self._record(Action.SIGN_OUT, Outcome.OK, who=session.who)
        return await self._parts.logout.url(tokens)

    async def _session(self) -> Session | None:
        session = self._parts.sessions.recognise(cookie_header(request))
        return (await self._parts.sessions.check(session))[0] if session else None

    async def _refuse(self, error: AuthError, back: str | None) -> Response:
        """Silent attempts go back where they came from, whose address says that it was tried; others end on a page."""
        code = error.full_code
        await self._record(Action.SIGN_IN, Outcome.REFUSED, reason=code)
        if back is not None:
            return see_other(self._base_url + back)
        return self._page(code, 503 if code.startswith(_OUT_OF_ORDER) else 400)

    async def _refuse_leaving(self) -> Response:
        await self._record(Action.SIGN_OUT, Outcome.REFUSED, reason="origin-foreign")
        return self._page("origin-foreign", 403)

    def _page(self, code: str, status: int) -> Response:
        """The page with the end of the request id, which the trail and the log also carry, as its number."""
        reference = self._parts.request_id()[-8:].upper()
        log.warning("auth.refused", code=code, reference=reference)
        return _unkept(self._parts.pages.refused(code, reference, status))

    async def _record(
        self, action: Action, outcome: Outcome, *, who: Principal | None = None, reason: str = ""
    ) -> None:
        parts = self._parts
        await parts.record(
            AuditEvent(
                at=parts.now(),
                action=action,
                actor=(who.account or who.subject) if who else None,
                outcome=outcome,
                reason=reason,
                request_id=parts.request_id(),
                peer=parts.peer(),
            )
        )


def _is_ours(asked: Request, own: Collection[str]) -> bool:
    """Whether one of our pages sends this form: by Origin, or by Sec-Fetch-Site where there is no Origin."""
    origin = asked.headers.get("Origin")
    if origin is None:
        return asked.headers.get("Sec-Fetch-Site") in ("same-origin", "same-site")
    return origin in own


def _is_script(asked: Request) -> bool:
    """A fetch or an htmx request is never sent to another origin."""
    return "HX-Request" in asked.headers or asked.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def _with_cookie(answer: Response, cookie: str) -> Response:
    answer.headers.add("Set-Cookie", cookie)
    return answer


def _unkept(page: Response) -> Response:
    page.headers["Cache-Control"] = "no-store"
    return page
