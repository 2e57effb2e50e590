"""The table of the trail: what goes in comes out, in order, filtered, and on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from audit.store import Entry, Filter, Store
from audit.trail import Action, AuditEvent, Outcome
from tests.audit.conftest import NOON

Happened = Callable[..., AuditEvent]


def test_an_event_comes_back_as_it_went_in(store: Store, happened: Happened) -> None:
    store.append(
        [
            happened(
                outcome=Outcome.REFUSED,
                reason="not-yours",
                object="main-oa/todos/1",
                campus="main",
                request_id="r1",
                peer="10.1.2.3",
            )
        ]
    )
    expected = Entry(
        1, NOON, "open-item", "10086", "main", "main-oa/todos/1", "refused", "not-yours", "r1", "10.1.2.3"
    )
    assert (expected,) == store.page()


def test_nobody_stays_nobody(store: Store, happened: Happened) -> None:
    store.append([happened(actor=None)])
    assert store.page()[0].actor is None


def test_times_are_kept_in_utc_whatever_zone_they_came_in(store: Store, happened: Happened) -> None:
    beijing = timezone(timedelta(hours=8))
    store.append([happened(at=datetime(2026, 11, 23, 7, 30, tzinfo=beijing))])
    assert datetime(2026, 11, 22, 23, 30, tzinfo=UTC) == store.page()[0].at


def test_the_newest_line_comes_first_and_pages_do_not_overlap(store: Store, happened: Happened) -> None:
    store.append([happened(object=str(n)) for n in range(5)])
    first = store.page(limit=2)
    second = store.page(Filter(before=first[-1].id), limit=2)
    assert ["4", "3", "2", "1"] == [entry.object for entry in (*first, *second)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(actor="10010"), ["b"]),
        (Filter(action=Action.SIGN_IN), ["c"]),
        (Filter(since=NOON + timedelta(hours=1)), ["b", "c"]),
        (Filter(until=NOON + timedelta(hours=1)), ["a"]),
        (Filter(since=NOON, until=NOON + timedelta(hours=2), actor="10086"), ["a"]),
        (Filter(actor=""), []),
        (Filter(actor="' OR 1=1 --"), []),
    ],
)
def test_a_filter_gives_exactly_its_lines(
    store: Store, happened: Happened, wanted: Filter, expected: list[str]
) -> None:
    store.append(
        [
            happened(object="a"),
            happened(object="b", actor="10010", at=NOON + timedelta(hours=1)),
            happened(object="c", action=Action.SIGN_IN, at=NOON + timedelta(hours=2)),
        ]
    )
    assert expected == [entry.object for entry in reversed(store.page(wanted))]


def test_a_line_of_a_later_version_stays_readable(store: Store, happened: Happened, folder: Path) -> None:
    store.append([happened()])
    with sqlite3.connect(folder / "audit.db") as database:
        database.execute("UPDATE trail SET action = 'theme-installed', outcome = 'undone'")
    assert ("theme-installed", "undone") == (store.page()[0].action, store.page()[0].outcome)


def test_the_database_writes_ahead_and_waits_for_the_disk(store: Store, happened: Happened) -> None:
    store.append([happened()])
    with store._engine.connect() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    assert ["wal", 2] == modes


def test_only_the_owner_may_read_the_file(store: Store, happened: Happened, folder: Path) -> None:
    store.append([happened()])
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_a_number_is_never_given_twice(store: Store, happened: Happened, folder: Path) -> None:
    store.append([happened(), happened()])
    with sqlite3.connect(folder / "audit.db") as database:
        database.execute("DELETE FROM trail WHERE id = 2")
    store.append([happened()])
    assert [3, 1] == [entry.id for entry in store.page()]


def test_making_a_store_touches_nothing(url: str, folder: Path) -> None:
    Store(url)
    assert not folder.exists()


def test_a_missing_folder_is_an_error_of_the_call(url: str, happened: Happened) -> None:
    with pytest.raises((OSError, SQLAlchemyError)):
        Store(url).append([happened()])


def test_what_was_written_survives_an_unclean_end(store: Store, happened: Happened, url: str) -> None:
    """The second reader sees it while the writer has neither closed nor checkpointed."""
    store.append([happened(object="kept")])
    assert ["kept"] == [entry.object for entry in Store(url).page()]
