"""A trail on a real SQLite file, and a store that can be taken away and brought back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.store import Store
from audit.trail import Action, AuditEvent, Outcome

NOON = datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store/audit.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the database; it does not exist yet, as on a disk that is not mounted."""
    return tmp_path / "store"


@pytest.fixture
def store(url: str, folder: Path) -> Store:
    folder.mkdir()
    return Store(url)


@pytest.fixture
def happened() -> Callable[..., AuditEvent]:
    """An event at noon with only what matters given."""

    def make(**fields: Any) -> AuditEvent:
        known: dict[str, Any] = {
            "at": NOON,
            "action": Action.OPEN_ITEM,
            "actor": "10086",
            "outcome": Outcome.OK,
        }
        return AuditEvent(**known | fields)

    return make


@pytest.fixture
def objects(url: str) -> Callable[[], list[str]]:
    """What the trail holds, read by a second reader, in the order it was written."""

    def read() -> list[str]:
        reader = Store(url)
        try:
            return [entry.object for entry in reversed(reader.page(limit=20_000))]
        finally:
            reader.close()

    return read


class Ledger:
    """A store of our own protocol that counts its commits."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.closed = False

    def append(self, events: Sequence[AuditEvent]) -> None:
        self.commits.append([event.object for event in events])

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()
