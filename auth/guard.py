"""Who may ask: every view declares it, and one hook enforces it before the view runs.

    @anyone         nobody is checked; the view may look for a session itself
    @signed_in      the view gets `session`, checked in this request, as an argument of that name
    @as_protocol    a protocol decides: sign-in, sign-out and signed messages check their own proofs
    @operations     the operations network alone

A view without a declaration is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote

from quart import Quart, Request, Response, current_app, request

from auth.session import Sessions

View = TypeVar("View", bound=Callable[..., Any])


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


class Guard:
    """Enforces the declarations of every view of one application."""

    def __init__(
        self, sessions: Sessions, *, base_url: str, from_operations: Callable[[Request], bool]
    ) -> None:
        """`from_operations` tells whether a request comes from the operations network."""
        self._sessions, self._base_url = sessions, base_url.rstrip("/")
        self._from_operations = from_operations

    def install(self, app: Quart) -> None:
        app.before_request(self.enforce)

    async def enforce(self) -> Response | None:
        """The refusal, or None to let the view run."""
        rule = request.url_rule
        if rule is None or (request.method == "OPTIONS" and rule.provide_automatic_options):
            return None
        match getattr(current_app.view_functions[rule.endpoint], "may_ask", None):
            case MayAsk.ANYONE | MayAsk.AS_PROTOCOL:
                return None
            case MayAsk.OPERATIONS if self._from_operations(request):
                return None
            case MayAsk.SIGNED_IN:
                return await self._hand_over_session()
        return _refusal(403)

    async def _hand_over_session(self) -> Response | None:
        session = self._sessions.recognise(cookie_header(request))
        if session is not None:
            session, _ = await self._sessions.check(session)
        if session is None:
            return self._to_sign_in() if is_navigation(request) else _refusal(401)
        request.view_args = {**(request.view_args or {}), "session": session}
        return None

    def _to_sign_in(self) -> Response:
        query = request.query_string.decode("ascii", "replace")
        back = quote(quote(request.path) + (f"?{query}" if query else ""), safe="")
        return see_other(f"{self._base_url}/auth/login?return={back}")


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
    """303 that no cache keeps and whose target learns nothing of the address it came from."""
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(status=303, headers=headers)


def _refusal(status: int) -> Response:
    return Response(status=status, headers={"Cache-Control": "no-store"})
