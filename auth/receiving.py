"""POST /auth/redeem: a card takes over the sign-in of the window that it opened."""

from __future__ import annotations

from typing import Any

import orjson
from quart import Response, request

from audit.trail import Action, Outcome
from auth.desk import Parts, make_room, with_cookie, write_down
from auth.errors import AuthError, SignInRefused, SignInUnavailable
from auth.guard import cookie_header


class Receiving:
    """Turns a code, or six digits, into a session of the card's own jar."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def redeem(self) -> Response:
        """204 with the session's cookie; 400 or 503 with the code of what is wrong as plain text."""
        parts = self._parts
        asked = await _asked()
        try:
            redeemed = await parts.handover.redeem(
                asked.get("ticket"),
                asked.get("code"),
                asked.get("number"),
                request.headers.get("Origin"),
                cookie_header(request),
            )
        except (SignInRefused, SignInUnavailable) as error:
            return await self._refused(error)
        vouched = redeemed.vouched
        await make_room(parts, vouched.who)
        await write_down(parts, Action.SIGN_IN, Outcome.OK, who=vouched.who)
        _, cookie = await parts.sessions.start(
            vouched.who,
            vouched.tokens,
            vouched.provider_sid,
            vouched.expires_at,
            asked_at=vouched.asked_at,
            partitioned=True,
        )
        answer = _told(204)
        for each in (cookie, *redeemed.forget):
            with_cookie(answer, each)
        return answer

    async def _refused(self, error: AuthError) -> Response:
        await write_down(self._parts, Action.SIGN_IN, Outcome.REFUSED, reason=error.full_code)
        return _told(503 if isinstance(error, SignInUnavailable) else 400, error.full_code)


async def _asked() -> dict[str, str]:
    """The texts of a JSON object. Its content type makes browsers ask first (Fetch §3.2.2), unlike a form's.

    Quart's own reader fails on bytes that are no text and on lists in lists in lists.
    """
    try:
        told: Any = orjson.loads(await request.get_data(as_text=False)) if request.is_json else None
    except orjson.JSONDecodeError:
        told = None
    given = told.items() if isinstance(told, dict) else ()
    return {name: value for name, value in given if isinstance(value, str)}


def _told(status: int, code: str = "") -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(code, status, content_type="text/plain; charset=utf-8", headers=headers)
