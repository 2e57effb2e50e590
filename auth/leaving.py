"""The views of signing out: a person presses it, or the centre tells us, itself or through the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

import orjson
import structlog
from quart import Request, Response, request
from werkzeug.exceptions import HTTPException

from audit.trail import Action, Outcome
from auth.desk import Parts, refusal, with_cookie, write_down
from auth.ended import Ending
from auth.errors import AuthError, CentreUnavailable, SignInRefused, TokenRefused
from auth.guard import cookie_header, see_other
from auth.logout_token import CheckedLogout
from auth.metadata import origin_of
from auth.session import UNCHECKED, Session

log = structlog.get_logger()

PATIENCE: Final = 3.0
"""Seconds for reading and checking a logout token, the centre's keys included."""
_LONGEST_SID: Final = 255


class Leaving:
    """Ends sessions over HTTP."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._base_url = parts, parts.base_url.rstrip("/")
        self._own = {origin_of(parts.base_url), *map(origin_of, parts.portals)}

    async def leave(self) -> Response:
        """A person presses sign-out, on a page of ours or of a portal."""
        parts = self._parts
        if not _is_ours(request, self._own):
            await write_down(parts, Action.SIGN_OUT, Outcome.REFUSED, reason="origin-foreign")
            return refusal(parts, "origin-foreign", 403)
        session = await self._session()
        target = await self._end(session) if session else None
        if _is_script(request):
            answer = Response(b"", 204, headers={"Cache-Control": "no-store"})
        else:
            answer = see_other(target or self._base_url + "/auth/logout")
        for cookie in parts.sessions.clear_cookies():
            with_cookie(answer, cookie)
        return answer

    async def told_by_centre(self) -> Response:
        """The centre's server says that somebody left (Back-Channel Logout 1.0 §2.5, §2.8): 200, or else 400."""
        try:
            async with asyncio.timeout(PATIENCE):
                told = await self._parts.centre.check_logout_token(await _logout_token(request))
            await self._hear(told)
        except TimeoutError:
            return await self._not_heard(CentreUnavailable("too-slow"))
        except AuthError as error:
            return await self._not_heard(error)
        return Response("", 200, headers={"Cache-Control": "no-store"})

    async def told_by_browser(self) -> Response:
        """A page of the centre loads us in a frame (Front-Channel Logout 1.0 §2).

        Its browser may send us no cookie there, so `iss` and `sid` alone say whose session is over.
        """
        parts, (issuer, sid) = self._parts, (request.args.getlist(name) for name in ("iss", "sid"))
        if issuer != [parts.issuer] or len(sid) != 1 or not 0 < len(sid[0]) <= _LONGEST_SID:
            return Response("", 400, headers={"Cache-Control": "no-store"})
        await self._note(await parts.sessions.end_unproven(sid[0]), "front-channel")
        # Only the centre's pages may frame this answer, and there is nothing in it.
        policy = f"default-src 'none'; frame-ancestors {origin_of(parts.issuer)}"
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
        return Response("", 200, headers=headers)

    async def _hear(self, told: CheckedLogout) -> None:
        """Ends what the token names. Raises TokenRefused for one that was here before."""
        sessions = self._parts.sessions
        if not await sessions.once.claim(f"{self._parts.issuer}\n{told.id}", told.useless_after):
            raise TokenRefused("replayed")
        ended = await sessions.end_named(subject=told.subject, sid=told.sid)
        if not ended:
            # Nobody was found, or Redis is away: the trail has it all the same.
            who = told.subject or f"sid {told.sid}"
            await write_down(self._parts, Action.SIGN_OUT, Outcome.OK, actor=who, reason="back-channel")
        await self._note(ended, "back-channel")

    async def _note(self, ended: Sequence[Ending], reason: str) -> None:
        """One line a session that the centre ended."""
        for ending in ended:
            await write_down(self._parts, Action.SIGN_OUT, Outcome.OK, actor=ending.actor, reason=reason)

    async def _not_heard(self, error: AuthError) -> Response:
        """400 in the form of RFC 6749 §5.2."""
        code = error.full_code
        log.warning("auth.sign_out_refused", code=code)
        await write_down(self._parts, Action.SIGN_OUT, Outcome.REFUSED, reason=code)
        body = orjson.dumps({"error": "invalid_request", "error_description": code})
        return Response(body, 400, headers={"Cache-Control": "no-store"}, content_type="application/json")

    async def _end(self, session: Session) -> str | None:
        """Ends the session, and every other that began at the same session of the centre: a tab beside the card, or
        another portal's jar. Where the centre wants to hear of it."""
        sessions = self._parts.sessions
        record = await sessions.vault.read(session)
        await sessions.end(session)
        await write_down(self._parts, Action.SIGN_OUT, Outcome.OK, who=session.who)
        if session.provider_sid:
            ended = await sessions.end_named(subject=None, sid=session.provider_sid)
            await self._note([each for each in ended if each.id != session.id], "beside")
        return await self._parts.centre.farewell(record.tokens if record else None)

    async def _session(self) -> Session | None:
        session = self._parts.sessions.recognise(cookie_header(request))
        if session is None:
            return None
        checked = await self._parts.sessions.check(session)
        return session if checked.why == UNCHECKED else checked.session


async def _logout_token(asked: Request) -> str:
    """The one `logout_token` of the form; what else stands in it does not count."""
    try:
        given = (await asked.form).getlist("logout_token")
    except HTTPException:  # too long, or too slow
        raise TokenRefused("too-large") from None
    if len(given) > 1:
        raise SignInRefused("parameter-duplicated")
    if not given:
        raise TokenRefused("malformed")
    return str(given[0])


def _is_ours(asked: Request, own: Collection[str]) -> bool:
    """Whether one of our pages sends this form: by Origin, or by Sec-Fetch-Site where there is no Origin."""
    origin = asked.headers.get("Origin")
    if origin is None:
        return asked.headers.get("Sec-Fetch-Site") in ("same-origin", "same-site")
    return origin in own


def _is_script(asked: Request) -> bool:
    """A fetch or an htmx request is never sent to another origin."""
    return "HX-Request" in asked.headers or asked.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
