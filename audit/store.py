"""Where the trail is kept: SQLite beside one instance, PostgreSQL where several share one trail."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    create_engine,
    event,
    false,
    insert,
    make_url,
    select,
)

from audit.trail import LIMITS, Action, AuditEvent, plain

_META: Final = MetaData()
_ID: Final = BigInteger().with_variant(Integer, "sqlite")
TRAIL: Final = Table(
    "trail",
    _META,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("at", String(27), nullable=False, index=True),
    Column("action", String(32), nullable=False),
    Column("actor", String(LIMITS["actor"]), index=True),
    Column("campus", String(LIMITS["campus"]), nullable=False),
    Column("object", String(LIMITS["object"]), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(LIMITS["reason"]), nullable=False),
    Column("request_id", String(LIMITS["request_id"]), nullable=False),
    Column("peer", String(LIMITS["peer"]), nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, even after the newest line was cut off
)
"""`at` is UTC text of fixed width, so that it sorts, and reads without us: `2026-11-23T01:02:03.456789Z`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as it was stored; words this version does not know stay readable."""

    id: int
    at: datetime
    """Aware, UTC."""
    action: str
    actor: str | None
    campus: str
    object: str
    outcome: str
    reason: str
    request_id: str
    peer: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines to read; an absent field asks for nothing."""

    since: datetime | None = None
    """Aware; inclusive."""
    until: datetime | None = None
    """Aware; exclusive."""
    actor: str | None = None
    action: Action | None = None
    before: int | None = None
    """The `id` of the last line of the page before."""

    def conditions(self) -> list[ColumnElement[bool]]:
        column = TRAIL.c
        wanted = [
            self.since and column.at >= _text(self.since),
            self.until and column.at < _text(self.until),
            self.actor is not None and column.actor == plain(self.actor, LIMITS["actor"]),
            self.action and column.action == self.action.value,
            self.before is not None and column.id < self.before,
        ]
        return [each for each in wanted if isinstance(each, ColumnElement)]


class Store:
    """The table `trail`, made on first use. Calls block: `Trail` runs them in a thread.

    `url` is an SQLAlchemy URL. Making a Store does no I/O, so the service starts while its database is away;
    the calls raise SQLAlchemyError or OSError.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._ready = False

    def append(self, events: Sequence[AuditEvent]) -> None:
        """All of them in this order, on the disk when it returns; or none, and an exception."""
        self._prepare()
        with self._engine.begin() as connection:
            connection.execute(insert(TRAIL), [_row(each) for each in events])

    def page(self, wanted: Filter = Filter(), limit: int = 100) -> tuple[Entry, ...]:
        """At most `limit` lines, the newest first."""
        self._prepare()
        query = select(TRAIL).where(*wanted.conditions()).order_by(TRAIL.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return tuple(_entry(row) for row in connection.execute(query))

    def rehearse(self) -> None:
        """Raises what `append` would raise; leaves no line and uses up no number."""
        self._prepare()
        nothing = select(TRAIL).where(false())
        with self._engine.begin() as connection:
            connection.execute(insert(TRAIL).from_select([column.name for column in TRAIL.c], nothing))

    def room(self) -> int | None:
        """Bytes that are left where the file is; None for a store that is not a file of ours. Raises OSError."""
        if self._engine.dialect.name != "sqlite" or not self._engine.url.database:
            return None
        return shutil.disk_usage(Path(self._engine.url.database).absolute().parent).free

    def close(self) -> None:
        self._engine.dispose()

    def _prepare(self) -> None:
        if not self._ready:
            _protected(self._engine)
            _META.create_all(self._engine)
            self._ready = True


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": 3})  # libpq's name
    engine = create_engine(address, connect_args={"timeout": 1.0})
    event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _: object) -> None:
    """WAL: reading never waits for writing. FULL: less would lose the last commits when the power fails."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _protected(engine: Engine) -> None:
    """The trail names people: a new SQLite file is readable by its owner only."""
    name = engine.url.database
    if engine.dialect.name == "sqlite" and name and name != ":memory:":
        Path(name).touch(mode=0o600)


def _row(each: AuditEvent) -> dict[str, object]:
    return asdict(each) | {"at": _text(each.at), "action": each.action.value, "outcome": each.outcome.value}


def _entry(row: Row[Any]) -> Entry:
    fields = row._asdict()
    return Entry(**fields | {"at": datetime.fromisoformat(fields["at"])})


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
