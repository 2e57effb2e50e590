"""Who may ask: every view declares it, and a wrapper enforces it before the view runs.

    @anyone         nobody is checked; the view may look for a session itself
    @signed_in      the view gets `session`, checked in this request, as an argument of that name
    @as_protocol    a protocol decides: sign-in, sign-out and signed messages check their own proofs
    @operations     the operations network alone

A view without a declaration is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote

from quart import Quart, Request, Response, make_response, request

from auth.sessions import Sessions

View = TypeVar("View", bound=Callable[..., Any])
Answering = Callable[..., Awaitable[Any]]


class MayAsk(StrEnum):
    ANYONE = "anyone"
    SIGNED_IN = "signed-in"
    AS_PROTOCOL = "as-protocol"
    OPERATIONS = "operations"


def _declares(who: MayAsk) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.may_ask = who  # type: ignore[attr-defined]  # functions take attributes, their types do not say so
        return view

    return declare


anyone = _declares(MayAsk.ANYONE)
signed_in = _declares(MayAsk.SIGNED_IN)
as_protocol = _declares(MayAsk.AS_PROTOCOL)
operations = _declares(MayAsk.OPERATIONS)


def by_itself(view: View) -> View:
    """Beside `@signed_in`: cards ask for this view by themselves, so idle time goes on (docs/identity.md)."""
    view.by_itself = True  # type: ignore[attr-defined]
    return view


class Guard:
    """Enforces the declarations of every view of one application."""

    def __init__(
        self, sessions: Sessions, *, base_url: str, from_operations: Callable[[Request], bool]
    ) -> None:
        """`from_operations` tells whether a request comes from the operations network."""
        self._sessions, self._base_url = sessions, base_url.rstrip("/")
        self._from_operations = from_operations

    def install(self, app: Quart) -> None:
        """Closes every view that is not open to anyone. To be called when all routes are there."""
        for endpoint, view in app.view_functions.items():
            app.view_functions[endpoint] = self.guarded(view)

    def guarded(self, view: View) -> View:
        """The view behind its declaration."""
        match getattr(view, "may_ask", None):
            case MayAsk.ANYONE | MayAsk.AS_PROTOCOL:
                return view
            case MayAsk.OPERATIONS:
                return _wrapped(view, self._for_operations(view))
            case MayAsk.SIGNED_IN:
                return _wrapped(view, self._for_signed_in(view))
        return _wrapped(view, _closed)

    def _for_operations(self, view: View) -> Answering:
        async def answer(*args: Any, **named: Any) -> Any:
            return await view(*args, **named) if self._from_operations(request) else _refusal(403)

        return answer

    def _for_signed_in(self, view: View) -> Answering:
        async def answer(*args: Any, **named: Any) -> Any:
            session = self._sessions.recognise(cookie_header(request))
            # Whoever gets so far presses something, unless the view says that cards ask for it by themselves.
            active = not getattr(view, "by_itself", False)
            checked = await self._sessions.check(session, active=active) if session else None
            if checked is None or checked.session is None:
                return self._to_sign_in() if is_navigation(request) else _refusal(401)
            answer = await make_response(await view(*args, session=checked.session, **named))
            if checked.set_cookie:
                answer.headers.add("Set-Cookie", checked.set_cookie)
            return answer

        return answer

    def _to_sign_in(self) -> Response:
        query = request.query_string.decode("ascii", "replace")
        back = quote(quote(request.path) + (f"?{query}" if query else ""), safe="")
        return see_other(f"{self._base_url}/auth/login?return={back}")


async def _closed(*args: Any, **named: Any) -> Response:
    return _refusal(403)


def _wrapped(view: View, answer: Answering) -> View:
    return cast(View, wraps(view)(answer))


def cookie_header(asked: Request) -> str | None:
    """Every Cookie field of the request as one: HTTP/2 may split them (RFC 9113 §8.2.3)."""
    return "; ".join(asked.headers.getlist("Cookie")) or None


def is_navigation(asked: Request) -> bool:
    """Whether a browser goes there with a person before it; a script gets a status instead."""
    headers = asked.headers
    return (
        asked.method == "GET"
        and "text/html" in headers.get("Accept", "")
        and "HX-Request" not in headers
        and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )


def see_other(location: str) -> Response:
    """303 that no cache keeps and whose target learns nothing of the address it came from.

    Its empty body is one of bytes: Quart sends away to a thread for a body that is not there.
    """
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(b"", 303, headers=headers)


def _refusal(status: int) -> Response:
    return Response(b"", status, headers={"Cache-Control": "no-store"})
