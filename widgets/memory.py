"""Remembered listings in Redis, one record for each person, source and widget, sealed to their owner.

A record outlives every outage of the OA for 24 hours. Its head can be read without its items, so that a poll that
already holds the current version costs no parsing. Redis away means "no memory", never "no page".
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.sealing import KeyRing
from auth.session import Session
from widgets.items import Kind, Listing, Missing, MissingCode, Notice, Reference, TodoItem
from widgets.kept import FORM, keep, read
from widgets.references import References

log = structlog.get_logger()

KEEP: Final = timedelta(hours=24)
JUST_OPENED: Final = timedelta(minutes=10)
_FREE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one source last said about one person, and how the last attempt to ask it ended."""

    source: str
    kind: Kind
    as_of: datetime | None
    """When the items were taken from the OA; None: it never answered."""
    tried_at: datetime
    total: int | None
    digest: str
    """Changes exactly when the rows or the total change."""
    body: bytes
    """The rows as `kept` made them; read only when they are to be shown."""
    failure: MissingCode | None = None
    failing_since: datetime | None = None

    def rows(self) -> list[Any]:
        """`KeptTodo` or `KeptNotice`, in the order of a card."""
        return read(self.kind, self.body)

    def missing(self) -> tuple[Missing, ...]:
        if self.failure is None:
            return ()
        return (Missing(self.source, self.failure, self.failing_since or self.tried_at),)


def failed(source: str, kind: Kind, last: Remembered | None, code: MissingCode, now: datetime) -> Remembered:
    """The record of a failure: the last good items stay, the reason is written beside them."""
    if last is None:
        return Remembered(source, kind, None, now, None, "", b"[]", code, now)
    since = last.failing_since if last.failure else now
    return replace(last, tried_at=now, failure=code, failing_since=since)


class Memory:
    """Reads and writes the records. Reading is split: the names go into somebody's MGET, the blobs come back here."""

    def __init__(self, redis: Redis, keys: KeyRing, now: Callable[[], datetime], zone: ZoneInfo) -> None:
        """`zone` is the one that people are shown times in."""
        self._redis, self._keys, self._now, self._zone = redis, keys, now, zone
        self._references = References(keys)
        self._mark = secrets.token_hex(8)
        """What a claim of this instance says."""

    def names(self, session: Session, sources: Sequence[str], kind: Kind) -> list[str]:
        """The Redis keys of one card: whether the person has just opened an item, then one key a source."""
        head = f"pw:{{{session.slot}}}:"
        return [head + "opened", *(f"{head}list:{source}:{kind}" for source in sources)]

    def read(self, session: Session, source: str, kind: Kind, blob: bytes | None) -> Remembered | None:
        """One record; None for anything absent, foreign or damaged. No list is older than 24 hours."""
        if blob is None:
            return None
        plain = self._keys.open("list", _owner(session, source, kind), blob)
        if plain is None:
            log.warning("memory.unreadable", source=source, kind=kind)
            return None
        record = _unpacked(source, kind, plain)
        if record and record.as_of and self._now() - record.as_of > KEEP:
            return replace(record, as_of=None, total=None, digest="", body=b"[]") if record.failure else None
        return record

    def answered(self, session: Session, source: str, kind: Kind, listing: Listing[Any]) -> Remembered:
        """The record of an answer."""
        body = keep(listing.items, self._zone, partial(self._link, session, kind))
        digest = blake2b(body + repr(listing.total).encode(), digest_size=8).hexdigest()
        return Remembered(source, kind, listing.as_of, self._now(), listing.total, digest, body)

    def _link(self, session: Session, kind: Kind, item: TodoItem | Notice) -> str:
        if item.url is None:
            return ""
        reference = Reference(item.source, kind, item.id, item.url)
        return self._references.seal(session.who.account or "", reference)

    async def write(self, session: Session, record: Remembered, *, over_a_list: bool = True) -> None:
        """Keeps the record. Unless `over_a_list`, a failure alone takes no list's place.

        For a writer who could not see what is there: Redis may have been away when it was read.
        """
        blob = self._keys.seal("list", _owner(session, record.source, record.kind), _packed(record))
        name = self.names(session, [record.source], record.kind)[1]
        try:
            await self._redis.set(name, blob, ex=KEEP, nx=record.as_of is None and not over_a_list)
        except (RedisError, OSError) as error:
            log.warning("memory.not_written", error=type(error).__name__)

    async def claim(
        self, session: Session, source: str, kind: Kind, seconds: float
    ) -> tuple[bool, Remembered | None]:
        """Whether this instance is to ask for the list, alone among all, and what is remembered now.

        Should it die meanwhile, another may ask after `seconds`. Redis away: it is to ask, and nothing is remembered.
        """
        pipe = self._redis.pipeline(transaction=False)
        pipe.set(_claim(session, source, kind), self._mark, nx=True, px=round(seconds * 1000))
        pipe.get(self.names(session, [source], kind)[1])
        try:
            claimed, blob = await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("memory.not_claimed", error=type(error).__name__)
            return True, None
        found = self.read(session, source, kind, blob) if isinstance(blob, bytes) else None
        return claimed is not None, found  # nil alone says that another holds it

    async def release(self, session: Session, source: str, kind: Kind) -> None:
        """Gives the claim back."""
        try:
            await self._redis.eval(_FREE, 1, _claim(session, source, kind), self._mark)
        except (RedisError, OSError) as error:
            log.warning("memory.not_written", error=type(error).__name__)

    async def just_opened(self, session: Session) -> None:
        """Somebody who has just opened an item is likely to finish it: look more often for a while."""
        try:
            await self._redis.set(self.names(session, [], "todos")[0], b"1", ex=JUST_OPENED)
        except (RedisError, OSError) as error:
            log.warning("memory.not_written", error=type(error).__name__)


def _claim(session: Session, source: str, kind: Kind) -> str:
    return f"pw:{{{session.slot}}}:asking:{source}:{kind}"


def _owner(session: Session, source: str, kind: Kind) -> str:
    return f"{source}\n{kind}\n{session.who.account}"


def _packed(record: Remembered) -> bytes:
    head = {
        "form": FORM,
        "as_of": record.as_of,
        "tried_at": record.tried_at,
        "total": record.total,
        "digest": record.digest,
        "failure": record.failure,
        "since": record.failing_since,
    }
    return orjson.dumps(head) + b"\n" + record.body


def _unpacked(source: str, kind: Kind, plain: bytes) -> Remembered | None:
    head, _, body = plain.partition(b"\n")
    try:
        read = orjson.loads(head)
        if read.get("form", 1) != FORM:
            return None
        return Remembered(
            source,
            kind,
            _moment(read["as_of"]),
            datetime.fromisoformat(read["tried_at"]),
            read["total"],
            read["digest"],
            body,
            read["failure"],
            _moment(read["since"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("memory.unreadable", source=source, kind=kind)
        return None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
