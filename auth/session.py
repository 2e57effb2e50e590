"""Session: one signed-in browser. The sealed cookie is the session; Redis holds only its tokens and its end.

So an emptied or absent Redis signs nobody out, and a tombstone in Redis does.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import InvalidResponse, RedisError

from auth.cookies import cookie_name, read_cookie, set_cookie
from auth.principal import Principal
from auth.sealing import KeyRing, from_text, to_text

log = structlog.get_logger()

LIFETIME: Final = timedelta(hours=12)
"""One shift."""
_FORM: Final = 1
_AWAY: Final = (RedisError, OSError)
_MOST_ENDED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser of one person. Times are aware, UTC, whole seconds."""

    id: str
    slot: str
    """16 hex characters for the person: the hash tag of each of their Redis keys, fixed at sign-in."""
    who: Principal
    started_at: datetime
    expires_at: datetime
    checked_at: datetime
    """When the identity centre last vouched for the person."""
    provider_sid: str | None
    """The centre's own id of its session (`sid`), for its sign-out messages."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the centre issued. Never in a template, a log line or a Principal."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


class Sessions:
    """Starts, recognises, checks and ends sessions.

    Idle expiry, the indexes by `sid` and subject, and back-channel sign-out belong here too: `start` writes
    what they need beside the tokens, `check` reads it in the same MGET, `end` stays the only way out.
    """

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        now: Callable[[], datetime],
        *,
        secure: bool,
        lifetime: timedelta = LIFETIME,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`redis` answers bytes and has short timeouts; `secure`: the base address is https."""
        self._redis, self._keys, self._now = redis, keys, now
        self._secure, self._lifetime, self._random = secure, lifetime, random
        self._cookie = cookie_name("session", secure=secure)
        self._ended: dict[str, datetime] = {}
        """What this instance ended stays ended here, whatever Redis forgets."""
        self._unwritten: dict[str, datetime] = {}

    def recognise(self, cookie_header: str | None) -> Session | None:
        """Whose browser this claims to be, without I/O; None for nobody, expired, damaged, or two copies."""
        value = read_cookie(cookie_header, self._cookie)
        blob = from_text(value) if value else None
        plain = self._keys.open("session", "", blob) if blob else None
        session = _unpacked(plain) if plain else None
        if session is None or session.expires_at <= self._now() or _ended(session) in self._unwritten:
            return None
        return session

    async def check(
        self, session: Session, beside: Sequence[str] = ()
    ) -> tuple[Session | None, list[bytes | None]]:
        """The session unless it was ended, and the values of the caller's keys, in one round trip.

        Every key of `beside` must carry `{slot}`. Redis away: the session stands, and all values are None.
        """
        if _ended(session) in self._ended:
            return None, [None] * len(beside)
        try:
            tombstone, *values = _all(await self._redis.mget([_ended(session), *beside]), 1 + len(beside))
        except _AWAY as error:
            log.warning("session.unchecked", error=type(error).__name__)
            return session, [None] * len(beside)
        if self._unwritten:
            await self._write_ends()
        return (session if tombstone is None else None), [_bytes(value) for value in values]

    async def start(
        self, who: Principal, tokens: Tokens, provider_sid: str | None, expires_at: datetime | None = None
    ) -> tuple[Session, str]:
        """A new session, and the Set-Cookie value that carries it. It ends at `expires_at` at the latest."""
        now = self._now().replace(microsecond=0)
        end = now + self._lifetime
        session = Session(
            id=to_text(self._random(18)),
            slot=self._slot(who),
            who=who,
            started_at=now,
            expires_at=min(end, expires_at) if expires_at else end,
            checked_at=now,
            provider_sid=provider_sid,
        )
        await self._keep(session, tokens)
        value = to_text(self._keys.seal("session", "", _packed(session)))
        return session, set_cookie(self._cookie, value, secure=self._secure)

    async def end(self, session: Session) -> None:
        """Signs this browser out on every instance. Redis away: here at once, elsewhere when it is back."""
        for known in (self._ended, self._unwritten):
            known[_ended(session)] = session.expires_at
            while len(known) > _MOST_ENDED:
                del known[next(iter(known))]
        await self._write_ends()
        try:
            await self._redis.delete(_tokens(session))
        except _AWAY as error:
            log.warning("session.tokens_left", error=type(error).__name__)

    async def tokens(self, session: Session) -> Tokens | None:
        """The centre's tokens of this session; None when they are gone or Redis is away."""
        try:
            blob = await self._redis.get(_tokens(session))
        except _AWAY as error:
            log.warning("session.tokens_unread", error=type(error).__name__)
            return None
        plain = self._keys.open("tokens", _tokens(session), blob) if isinstance(blob, bytes) else None
        return Tokens(*orjson.loads(plain)) if plain else None

    def clear_cookie(self) -> str:
        """The Set-Cookie value that makes the browser forget its session."""
        return set_cookie(self._cookie, "", secure=self._secure, max_age=0)

    def _slot(self, who: Principal) -> str:
        if who.account is not None:
            return self._keys.digest("account", who.account)
        return self._keys.digest("subject", who.subject)

    async def _keep(self, session: Session, tokens: Tokens) -> None:
        plain = orjson.dumps([tokens.id_token, tokens.access_token, tokens.refresh_token])
        blob = self._keys.seal("tokens", _tokens(session), plain)
        try:
            await self._redis.set(_tokens(session), blob, ex=self._left(session.expires_at))
        except _AWAY as error:
            log.warning("session.tokens_not_kept", error=type(error).__name__)

    async def _write_ends(self) -> None:
        """Writes the tombstones that Redis does not know yet. They stay in memory until it does."""
        try:
            for name, until in list(self._unwritten.items()):
                await self._redis.set(name, b"1", ex=self._left(until))
                self._unwritten.pop(name, None)
        except _AWAY as error:
            log.warning("session.end_unwritten", waiting=len(self._unwritten), error=type(error).__name__)

    def _left(self, until: datetime) -> timedelta:
        return max(until - self._now(), timedelta(seconds=1))


def _ended(session: Session) -> str:
    return f"pw:{{{session.slot}}}:ended:{session.id}"


def _tokens(session: Session) -> str:
    return f"pw:{{{session.slot}}}:tokens:{session.id}"


def _all(reply: object, count: int) -> list[object]:
    """The values of an MGET; anything else came from a connection that is out of step. Raises InvalidResponse."""
    if not isinstance(reply, list) or len(reply) != count:
        raise InvalidResponse
    return reply


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _packed(session: Session) -> bytes:
    times = [int(t.timestamp()) for t in (session.started_at, session.expires_at, session.checked_at)]
    who = session.who
    person = [who.subject, who.account, who.name, who.campuses, who.roles]
    return orjson.dumps([_FORM, session.id, session.slot, *times, session.provider_sid, *person])


def _unpacked(plain: bytes) -> Session | None:
    """The session of a cookie that opened, so ours; None when an older or newer release made it."""
    fields = orjson.loads(plain)
    if len(fields) != 12 or fields[0] != _FORM:
        return None
    started, expires, checked = (datetime.fromtimestamp(seconds, UTC) for seconds in fields[3:6])
    subject, account, name, campuses, roles = fields[7:]
    who = Principal(subject, account, name, tuple(campuses), tuple(roles))
    return Session(fields[1], fields[2], who, started, expires, checked, fields[6])
