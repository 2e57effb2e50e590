"""Sessions: the sealed cookie is the session; Redis holds only its tokens and its end.

So an emptied or absent Redis signs nobody out, and a tombstone in Redis does.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from audit.trail import Action, AuditEvent, Outcome
from auth.ended import TOO_MANY, Ended, Ending
from auth.indexes import Indexes
from auth.jar import Jar
from auth.once import Once
from auth.principal import Principal
from auth.reads import Reads
from auth.sealing import KeyRing, to_text
from auth.session import UNCHECKED, Checked, Limits, Session, Tokens
from auth.vault import Record, Vault

log = structlog.get_logger()

_SEALED_ANEW: Final = timedelta(seconds=60)
"""How far the time of the last activity in a cookie may lag behind."""
_AWAY: Final = (RedisError, OSError)


class Sessions:
    """Starts, recognises, checks and ends sessions."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        now: Callable[[], datetime],
        *,
        secure: bool,
        limits: Limits | None = None,
        issuer: str = "",
        record: Callable[[AuditEvent], Awaitable[None]] | None = None,
        damaged: Callable[[str], None] = lambda header: None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`redis` answers bytes and has short timeouts; `secure`: the base address is https.

        `issuer` is the centre whose names for sessions these are; `record` takes a line of the trail; `damaged` hears
        of a Cookie header whose session does not open.
        """
        self._reads, self._keys, self._now, self._random = Reads(redis, now), keys, now, random
        self._limits, self._record = limits or Limits(), record
        self._jar = Jar(keys, secure=secure, damaged=damaged)
        self.vault, self.once = Vault(redis, keys, now), Once(redis, now)
        self._ended = Ended(redis, now)
        self._indexes = Indexes(redis, keys, now, self._ended, self._limits, issuer)
        self._overdue: Callable[[Session], None] = _nobody_asks

    def when_overdue(self, ask: Callable[[Session], None]) -> None:
        """`ask` begins, and does not wait, to ask the centre about a session whose `checked_at` is old."""
        self._overdue = ask

    def when_ended(self, tell: Callable[[Ending], None]) -> None:
        """`tell` hears of every session that this instance ends; it must not wait."""
        self._ended.tell = tell

    def recognise(self, cookie_header: str | None) -> Session | None:
        """Whose browser this claims to be, without I/O; None for nobody, expired, idle, damaged, or two copies.

        Where both cookies are good, the one for our own site wins.
        """
        for held in (self._jar.own, self._jar.crossing):
            session = held(cookie_header)
            if session and not self._is_over(session):
                return session
        return None

    def why_over(self, cookie_header: str | None) -> str:
        """Why this browser's session is over, if this instance ended it and the person is to be told."""
        held = (self._jar.own(cookie_header), self._jar.crossing(cookie_header))
        return next(
            (self._ended.why(each.tombstone) for each in held if each and not self._has_run_out(each)), ""
        )

    async def check(self, session: Session, beside: Sequence[str] = (), *, active: bool = False) -> Checked:
        """The session unless it was ended, and the values of the caller's keys, in one round trip.

        Every key of `beside` must carry `{slot}`. `active`: the person does something, so idle time starts anew.
        Redis away: the session stands, and all values are None; after `Limits.recheck` of that nobody's does, because
        an instance that hears of no revocation must not show lists for longer.
        """
        nothing: list[bytes | None] = [None] * len(beside)
        if self._ended.here(session.tombstone):
            return Checked(None, nothing, self._ended.why(session.tombstone))
        overdue = self._now() - session.checked_at >= self._limits.recheck
        names = [session.tombstone, *([session.ending.tokens] if overdue else []), *beside]
        try:
            values = await self._reads.mget(names)
        except _AWAY as error:
            return self._unheard(session, nothing, active, error)
        if self._ended.behind or self._indexes.behind:
            await self._indexes.settle()
            await self._ended.settle()
        tombstone = values.pop(0)
        record = self.vault.opened(session, values.pop(0)) if overdue else None
        if tombstone is not None:
            return Checked(None, values, self._ended.why(session.tombstone, tombstone))
        return self._stands(session, values, overdue, record, active)

    async def start(
        self,
        who: Principal,
        tokens: Tokens,
        provider_sid: str | None,
        expires_at: datetime | None = None,
        *,
        asked_at: datetime | None = None,
        partitioned: bool = False,
        quiet: bool = False,
    ) -> tuple[Session, str]:
        """A new session, and the Set-Cookie value that carries it. It ends at `expires_at` at the latest.

        `asked_at`: when the centre was asked; a sign-out that the centre sent after that ends the session at once.
        """
        now = self._now().replace(microsecond=0)
        end = now + self._limits.lifetime
        session = Session(
            id=to_text(self._random(18)),
            slot=self._slot(who),
            who=who,
            started_at=now,
            expires_at=min(end, expires_at) if expires_at else end,
            checked_at=now,
            seen_at=now,
            active_at=now,
            provider_sid=provider_sid,
            partitioned=partitioned,
            quiet=quiet,
        )
        await self.vault.keep(session, tokens)
        await self._index(session, asked_at or self._now())
        return session, self._jar.sealed(session)

    async def vouched_again(self, session: Session, tokens: Tokens, expires_at: datetime | None) -> str:
        """The Set-Cookie value of the same session, for whose person the centre vouched anew in this browser."""
        now = self._now().replace(microsecond=0)
        end = min(session.expires_at, expires_at) if expires_at else session.expires_at
        fresh = replace(session, expires_at=end, checked_at=now, seen_at=now, active_at=now, quiet=True)
        await self.vault.renew(fresh, tokens)
        return self._jar.sealed(fresh)

    async def end(self, session: Session) -> None:
        """Signs this browser out on every instance. Redis away: here at once, elsewhere when it is back."""
        await self._ended.add([session.ending])

    async def revoke(self, session: Session, reason: str) -> None:
        """The same where no request asks for it; a line of the trail says why."""
        await self.end(session)
        await self._note(session.ending, reason)

    async def end_named(self, *, subject: str | None, sid: str | None) -> list[Ending]:
        """Ends what the centre calls so: that session, or without a `sid` all of the subject. Those it found."""
        return await self._indexes.leave(subject=subject, sid=sid)

    async def end_unproven(self, sid: str) -> list[Ending]:
        """Ends the sessions of a `sid` that anybody may have sent; those that it found."""
        return await self._indexes.leave_unproven(sid)

    async def heal(self, session: Session) -> None:
        """Enters the session into the indexes again, which an emptied Redis forgot."""
        await self._index(session, session.started_at + timedelta(seconds=1))

    def clear_cookies(self) -> list[str]:
        """The Set-Cookie values that make the browser forget its session."""
        return self._jar.emptied()

    def _has_run_out(self, session: Session) -> bool:
        now = self._now()
        return session.expires_at <= now or session.active_at + self._limits.idle <= now

    def _is_over(self, session: Session) -> bool:
        return (
            self._has_run_out(session)
            or self._ended.here(session.tombstone)
            or self._indexes.is_gone_here(session.who.subject, session.provider_sid, session.started_at)
        )

    def _unheard(
        self, session: Session, nothing: list[bytes | None], active: bool, error: Exception
    ) -> Checked:
        """What the cookie alone is worth. It is sealed anew all the same: idle time must not end what Redis cannot."""
        log.warning("session.unchecked", error=type(error).__name__)
        stands = self._now() - self._reads.away_since(session.tombstone) < self._limits.recheck
        sealed = self._sealed_anew(session, session, active)
        return Checked(session if stands else None, nothing, "" if stands else UNCHECKED, sealed)

    def _stands(
        self,
        session: Session,
        values: list[bytes | None],
        overdue: bool,
        record: Record | None,
        active: bool,
    ) -> Checked:
        """The session that nobody ended, brought up to what Redis knows of it."""
        fresh = session
        if record and record.checked_at + self._limits.recheck > self._now():
            fresh, overdue = replace(session, checked_at=record.checked_at), False
        by_browser = overdue and (record is None or record.tokens.refresh_token is None)
        if overdue and (record is None or not by_browser):
            self._overdue(session)
        ask_again = by_browser or (session.quiet and self._now() - session.seen_at >= self._limits.seen)
        sealed = self._sealed_anew(session, fresh, active)
        return Checked(fresh, values, set_cookie=sealed, ask_again=ask_again)

    def _sealed_anew(self, before: Session, session: Session, active: bool) -> str | None:
        """The cookie, if it has to say something new."""
        now = self._now().replace(microsecond=0)
        if active and now - session.active_at >= _SEALED_ANEW:
            session = replace(session, active_at=now)
        return None if session == before else self._jar.sealed(session)

    def _slot(self, who: Principal) -> str:
        kind, name = ("account", who.account) if who.account is not None else ("subject", who.subject)
        return self._keys.digest(kind, name)

    async def _index(self, session: Session, since: datetime) -> None:
        added = await self._indexes.add(session.ending, session.who.subject, session.provider_sid, since)
        if added.gone:
            log.info("session.gone_before_it_began", slot=session.slot)
        for ending in added.pushed_out:
            await self._note(ending, TOO_MANY)

    async def _note(self, ending: Ending, reason: str) -> None:
        """Nobody's request brought this end about, so nobody else writes it down."""
        log.info("session.ended", slot=ending.slot, reason=reason)
        if self._record:
            await self._record(AuditEvent(self._now(), Action.SIGN_OUT, ending.actor, Outcome.OK, reason))


def _nobody_asks(session: Session) -> None:
    """Until somebody says who asks the centre."""
