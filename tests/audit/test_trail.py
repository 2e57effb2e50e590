"""Handing events over: durable before the answer, in order, and never a failure for the person."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from audit.store import Store
from audit.trail import AuditEvent, Trail
from tests.audit.conftest import Ledger

Happened = Callable[..., AuditEvent]
Objects = Callable[[], list[str]]


async def until(done: Callable[[], bool]) -> None:
    for _ in range(1000):
        if done():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


def mount(folder: Path) -> None:
    folder.mkdir()


async def test_an_event_is_durable_when_record_returns(
    store: Store, happened: Happened, objects: Objects
) -> None:
    trail = Trail(store)
    await trail.record(happened(object="a"))
    assert ["a"] == objects()
    await trail.close()


async def test_many_at_once_keep_their_order(store: Store, happened: Happened, objects: Objects) -> None:
    trail = Trail(store)
    names = [f"item-{n}" for n in range(300)]
    await asyncio.gather(*(trail.record(happened(object=name)) for name in names))
    assert names == objects()
    await trail.close()


async def test_events_that_come_together_share_a_commit(ledger: Ledger, happened: Happened) -> None:
    trail = Trail(ledger)
    await asyncio.gather(*(trail.record(happened(object=str(n))) for n in range(50)))
    assert [50] == [len(commit) for commit in ledger.commits]


async def test_a_caller_that_gives_up_does_not_take_the_event_along(
    store: Store, happened: Happened, objects: Objects
) -> None:
    trail = Trail(store)
    caller = asyncio.create_task(trail.record(happened(object="a")))
    await asyncio.sleep(0)
    caller.cancel()
    await trail.close()
    assert ["a"] == objects()


async def test_while_the_store_is_away_events_wait_in_memory(url: str, happened: Happened) -> None:
    trail = Trail(Store(url), retry=60)
    await asyncio.gather(*(trail.record(happened()) for _ in range(3)))
    await trail.record(happened())
    assert (4, True) == (trail.waiting, trail.failing)
    await trail.close()


async def test_when_the_store_is_back_everything_is_written_in_order(
    url: str, folder: Path, happened: Happened, objects: Objects
) -> None:
    trail = Trail(Store(url), retry=0.01)
    for name in ("a", "b", "c"):
        await trail.record(happened(object=name))
    mount(folder)
    await until(lambda: not trail.waiting)
    await trail.record(happened(object="d"))
    assert (["a", "b", "c", "d"], False) == (objects(), trail.failing)
    await trail.close()


async def test_a_full_spool_keeps_the_oldest_and_counts_the_rest(
    url: str, folder: Path, happened: Happened, objects: Objects
) -> None:
    trail = Trail(Store(url), retry=0.01, spool=2)
    for name in ("a", "b", "c"):
        await trail.record(happened(object=name))
    mount(folder)
    await until(lambda: not trail.waiting)
    assert (["a", "b"], 1) == (objects(), trail.lost)
    await trail.close()


async def test_ten_thousand_events_fit_and_none_is_lost(
    url: str, folder: Path, happened: Happened, objects: Objects
) -> None:
    trail = Trail(Store(url), retry=0.01)
    for n in range(10_000):
        await trail.record(happened(object=str(n)))
    mount(folder)
    await until(lambda: not trail.waiting)
    assert ([str(n) for n in range(10_000)], 0) == (objects(), trail.lost)
    await trail.close()


@pytest.mark.parametrize(("passed", "expected"), [(59.0, 1), (60.0, 2)])
async def test_the_error_is_logged_once_a_minute(
    url: str, happened: Happened, passed: float, expected: int
) -> None:
    clock = [0.0]
    trail = Trail(Store(url), retry=0.001, clock=lambda: clock[0])
    with capture_logs() as lines:
        await trail.record(happened())
        clock[0] = passed
        await asyncio.sleep(0.1)
        await trail.close()
    assert expected == [line["event"] for line in lines].count("audit.store_away")


async def test_the_error_says_what_the_database_said(tmp_path: Path, happened: Happened) -> None:
    """In a sentence of its driver, and never with the statement: its values are people."""
    (tmp_path / "audit.db").write_bytes(b"no database" * 100)
    trail = Trail(Store(f"sqlite:///{tmp_path}/audit.db"), retry=60)
    with capture_logs() as lines:
        await trail.record(happened(actor="10012"))
        await trail.close()
    assert ["file is not a database"] == [
        line["error"] for line in lines if line["event"] == "audit.store_away"
    ]


async def test_closing_makes_one_last_attempt(
    url: str, folder: Path, happened: Happened, objects: Objects
) -> None:
    trail = Trail(Store(url), retry=60)
    await trail.record(happened(object="a"))
    mount(folder)
    await trail.close()
    assert ["a"] == objects()


async def test_closing_with_events_left_says_how_many(url: str, happened: Happened) -> None:
    trail = Trail(Store(url), retry=60)
    await trail.record(happened())
    with capture_logs() as lines:
        await trail.close()
    assert [1] == [line["events"] for line in lines if line["event"] == "audit.lost_at_close"]


async def test_closing_closes_the_store(ledger: Ledger) -> None:
    await Trail(ledger).close()
    assert ledger.closed


async def test_a_store_that_hangs_does_not_hold_the_person(happened: Happened) -> None:
    released = threading.Event()

    class Stuck(Ledger):
        def append(self, events: Sequence[AuditEvent]) -> None:
            released.wait(5)
            super().append(events)

    stuck = Stuck()
    trail = Trail(stuck, patience=0.01)
    await trail.record(happened(object="a"))
    assert ([], 1) == (stuck.commits, trail.waiting)
    released.set()
    await trail.close()
    assert [["a"]] == stuck.commits


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("10086\r\nforged", r"10086\u{d}\u{a}forged"),
        ("\x1b[2J", r"\u{1b}[2J"),
        ("\u202eabc\u2028", r"\u{202e}abc\u{2028}"),
        ("\ud800", r"\u{d800}"),
        ("\x00\x9b", r"\u{0}\u{9b}"),
        (r"HIS\zhang", r"HIS\u{5c}zhang"),
        ("张三 𠮷", "张三 𠮷"),
        ("a" * 128, "a" * 128),
        ("a" * 129, "a" * 127 + "…"),
        ("\n" * 1_000_000, r"\u{a}" * 25 + r"\u" + "…"),
    ],
)
async def test_hostile_fields_are_encoded_and_capped(
    store: Store, happened: Happened, written: str, kept: str
) -> None:
    trail = Trail(store)
    await trail.record(happened(actor=written))
    await until(lambda: not trail.waiting)
    assert kept == store.page()[0].actor
    await trail.close()
