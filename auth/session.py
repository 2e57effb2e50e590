"""Session: one signed-in browser, as its sealed cookie carries it, and what a check finds out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from auth.cookies import cookie_name
from auth.ended import Ending, tombstone
from auth.principal import Principal

FRAME: Final = cookie_name("frame", secure=True)
"""The cookie for pages of another site. Browsers keep such cookies on https only."""
UNCHECKED: Final = "unchecked"
"""Nobody could tell for long whether a session was ended."""
_FORM: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long sessions live, and how many a person may have."""

    lifetime: timedelta = timedelta(hours=12)
    """One shift."""
    idle: timedelta = timedelta(minutes=15)
    """Without anything that the person does."""
    recheck: timedelta = timedelta(minutes=10)
    """After that long the centre is asked again; so late may a revocation be seen that reached nobody."""
    seen: timedelta = timedelta(minutes=1)
    """A page that is loaded so long after the centre last vouched in this very browser asks again who is there."""
    most: int = 10
    """Of one person."""


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
    seen_at: datetime
    """When it last did so in this very browser: after that somebody else may have sat down here."""
    active_at: datetime
    """When the person last did something, to the minute; a card that asks by itself is nothing that they did."""
    provider_sid: str | None
    """The centre's own id of its session (`sid`), for its sign-out messages."""
    partitioned: bool = False
    """It lives in the cookie for pages of another site."""
    quiet: bool = False
    """It began without a page of the centre: in this browser the centre can be asked so again."""

    @property
    def tombstone(self) -> str:
        """The key in Redis that says it was ended."""
        return tombstone(self.slot, self.id)

    @property
    def ending(self) -> Ending:
        """What ends it."""
        return Ending(self.slot, self.id, self.expires_at, self.who.account or self.who.subject)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the centre issued. Never in a template, a log line or a Principal."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. `set_cookie` belongs on the answer whenever there is one."""

    session: Session | None
    """None: it was ended."""
    values: list[bytes | None]
    """Those of the caller's keys."""
    why: str = ""
    """Why it was ended, where the person is to be told; or `UNCHECKED`: it may go on when Redis is back."""
    set_cookie: str | None = None
    """The Set-Cookie value of the session sealed anew."""
    ask_again: bool = False
    """A page that is loaded had better ask the centre through the browser: for want of a refresh token nobody else can,
    or the centre vouched for the person in this browser a while ago, and somebody else may sit there now."""


def packed(session: Session) -> bytes:
    """What the cookie seals."""
    times = (
        *(session.started_at, session.expires_at),
        *(session.checked_at, session.seen_at, session.active_at),
    )
    who = session.who
    person = [who.subject, who.account, who.name, who.campuses, who.roles]
    kept = [session.provider_sid, session.partitioned, session.quiet]
    return orjson.dumps(
        [_FORM, session.id, session.slot, *(int(t.timestamp()) for t in times), *kept, *person]
    )


def unpacked(plain: bytes) -> Session | None:
    """The session of a cookie that opened, so ours; None when an older or newer release made it."""
    fields = orjson.loads(plain)
    if len(fields) != 16 or fields[0] != _FORM:
        return None
    started, expires, checked, seen, active = (datetime.fromtimestamp(each, UTC) for each in fields[3:8])
    subject, account, name, campuses, roles = fields[11:]
    who = Principal(subject, account, name, tuple(campuses), tuple(roles))
    return Session(fields[1], fields[2], who, started, expires, checked, seen, active, *fields[8:11])
