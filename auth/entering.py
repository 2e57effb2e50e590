"""The views of signing in: /auth/login, /auth/initiate, /auth/callback. What a sign-in is, `login` knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from quart import Response, request

from audit.trail import Action, Outcome
from auth.centre import NobodyThere, Vouched
from auth.desk import Parts, make_room, refusal, too_fast, unkept, with_cookie, write_down
from auth.errors import AuthError, CentreError, SignInRefused, SignInUnavailable
from auth.guard import cookie_header, see_other
from auth.login import DONE, Finished, Wanted
from auth.metadata import origin_of
from auth.paths import own_path
from auth.session import Session

_OUT_OF_ORDER: Final = ("centre-", "store-")
_FRAMES: Final = ("iframe", "frame", "embed", "object")
_LONGEST_HINT: Final = 256


class Entering:
    """Begins and finishes sign-ins over HTTP."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._base_url = parts, parts.base_url.rstrip("/")

    async def begin(self) -> Response:
        """A page or a frame of ours sends a browser to the centre."""
        silent, back = request.args.get("silent") == "1", request.args.get("return")
        partitioned = silent and self._parts.embedding.is_from_another_site(_headers())
        return await self._set_out(
            Wanted(
                silent=silent,
                return_path=_crossing(back) if partitioned else back,
                cookie_header=cookie_header(request),
                partitioned=partitioned,
            )
        )

    async def begin_for_centre(self) -> Response:
        """The centre says that somebody is coming (OIDC Core §4): only our own centre, only to a page of ours."""
        asked = {**request.args.to_dict(), **(await request.form).to_dict()}
        if asked.get("iss") != self._parts.issuer:
            return await self._refuse(SignInRefused("initiator-other"), None)
        hint = asked.get("login_hint", "")
        return await self._set_out(
            Wanted(
                return_path=self._own_target(asked.get("target_link_uri", "")),
                cookie_header=cookie_header(request),
                hint=hint if hint.isprintable() and 0 < len(hint) <= _LONGEST_HINT else None,
            )
        )

    async def begin_for_card(self) -> Response:
        """The window that a card on another site's page opens."""
        text = request.args.get("t")
        try:
            self._parts.handover.ticket(text)
        except SignInRefused as refused:
            return await self._refuse(refused, None)
        return await self._set_out(Wanted(cookie_header=cookie_header(request), ticket=text))

    async def finish(self, state: str | None = None) -> Response:
        """The centre sends a browser back. `state` stands in the path where the protocol has no other place for it."""
        if request.method == "HEAD":  # a link scanner: it must use nothing up
            return unkept(Response(b""))
        if self._parts.entry is not None and state is None and _is_entry():
            return await self._set_out(
                Wanted(return_path=self._parts.entry, cookie_header=cookie_header(request))
            )
        asked_at, answer = self._parts.now(), await _answer(state)
        try:
            finished = await self._parts.login.finish(answer, cookie_header(request))
            if isinstance(finished.outcome, NobodyThere):
                await self._nobody_there()
                return see_other(self._base_url + finished.return_path)
            vouched = replace(finished.outcome, asked_at=asked_at)
            if finished.ticket is not None:
                return await self._hand_over(finished.ticket, vouched)
        except SignInRefused as refused:
            if refused.code == "state-unknown" and self._parts.login.may_begin_again(
                dict(answer).get("state")
            ):
                return await self._set_out(Wanted(cookie_header=cookie_header(request), again=True))
            return await self._refuse(refused, refused.return_path)
        except SignInUnavailable as error:
            return await self._refuse(error, None)
        return await self._welcome(vouched, finished)

    async def _set_out(self, wanted: Wanted) -> Response:
        """Off to the centre. Its pages stand in no frame of ours, whoever wrote the frame's address."""
        back = (own_path(wanted.return_path) or DONE) if wanted.silent else None
        try:
            if not wanted.silent and request.headers.get("Sec-Fetch-Dest") in _FRAMES:
                raise SignInRefused("framed")
            if not self._parts.flood.may_begin(self._parts.peer()):
                return too_fast(self._parts) if back is None else see_other(self._base_url + back)
            started = await self._parts.login.begin(wanted)
        except (CentreError, SignInRefused, SignInUnavailable) as error:
            return await self._refuse(error, back)
        if isinstance(started, NobodyThere):
            return see_other(self._base_url + (back or DONE))
        return with_cookie(see_other(started.url), started.set_cookie)

    async def _nobody_there(self) -> None:
        """Where the centre vouched without a page before and now does not, its session is over, and ours with it.

        Where it never did, it may be that this browser shows it no cookie in a frame: that says nothing.
        """
        session = self._parts.sessions.recognise(cookie_header(request))
        if session is not None and session.quiet:
            await self._parts.sessions.revoke(session, "nobody-there")

    async def _hand_over(self, text: str, vouched: Vouched) -> Response:
        """The window's last page: it starts no session, the card that waits for it does.

        Whoever was signed in before in the window's own jar, and is somebody else, is so no longer.
        """
        handover = self._parts.handover
        ticket = handover.ticket(text)
        await make_room(self._parts, vouched.who, beside=True)
        given = await handover.keep(ticket, vouched)
        return unkept(self._parts.pages.handed_over(text, ticket, given))

    async def _welcome(self, vouched: Vouched, finished: Finished) -> Response:
        sessions, back = self._parts.sessions, see_other(self._base_url + finished.return_path)
        if finished.silent and (held := await self._same_session(vouched, finished)):
            return with_cookie(back, await sessions.vouched_again(held, vouched.tokens, vouched.expires_at))
        await make_room(self._parts, vouched.who)
        await write_down(self._parts, Action.SIGN_IN, Outcome.OK, who=vouched.who)
        _, cookie = await sessions.start(
            vouched.who,
            vouched.tokens,
            vouched.provider_sid,
            vouched.expires_at,
            asked_at=vouched.asked_at,
            partitioned=finished.partitioned,
            quiet=finished.silent,
        )
        return with_cookie(back, cookie)

    async def _same_session(self, vouched: Vouched, finished: Finished) -> Session | None:
        """What this jar holds, if the centre vouched for it anew: the same person with the same rights, at the same
        session of the centre. Two frames of one page that ask at once then keep one session."""
        held = self._parts.sessions.recognise(cookie_header(request))
        now = (vouched.who, vouched.provider_sid, finished.partitioned)
        if held is None or (held.who, held.provider_sid, held.partitioned) != now:
            return None
        return (await self._parts.sessions.check(held)).session

    def _own_target(self, url: str) -> str | None:
        """The path of a whole address of ours; None for any other (it may be anything)."""
        try:
            ours = origin_of(url) == origin_of(self._base_url)
        except ValueError:
            return None
        parts, prefix = urlsplit(url), urlsplit(self._base_url).path
        if not ours or not parts.path.startswith(prefix + "/"):
            return None
        return own_path(parts.path.removeprefix(prefix) + (f"?{parts.query}" if parts.query else ""))

    async def _refuse(self, error: AuthError, back: str | None) -> Response:
        """Silent attempts go back where they came from, whose address says that it was tried; others end on a page."""
        code = error.full_code
        await write_down(self._parts, Action.SIGN_IN, Outcome.REFUSED, reason=code)
        if back is not None:
            return see_other(self._base_url + back)
        return refusal(self._parts, code, 503 if code.startswith(_OUT_OF_ORDER) else 400)


def _is_entry() -> bool:
    """Whether no answer of ours comes with it. A code without a state is nobody's: whoever it names, we ask anew."""
    return request.method == "GET" and "state" not in request.args and "error" not in request.args


async def _answer(state: str | None) -> list[tuple[str, str]]:
    """In the address, or posted by the browser (OAuth 2.0 Form Post Response Mode 1.0)."""
    given = await request.form if request.method == "POST" else request.args
    return [*([("state", state)] if state else []), *given.items(multi=True)]


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _crossing(back: str | None) -> str | None:
    """The way back says what it will not know any more: after the centre no header tells whose page it is."""
    return f"{back}{'&' if '?' in back else '?'}cross=1" if back else None
