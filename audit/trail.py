"""What happened: the events an assessor asks for, handed over durably before the answer is sent."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final, Protocol

import structlog

log = structlog.get_logger()

SPOOL: Final = 10_000
"""Events kept in memory while the store is away; those that come after are counted and lost."""
BATCH: Final = 500
LIMITS: Final = {"actor": 128, "reason": 64, "object": 256, "campus": 64, "request_id": 64, "peer": 64}
"""Longest field, in characters after encoding."""
_ENCODED: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Action(StrEnum):
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    OPEN_ITEM = "open-item"
    INSTALL_THEME = "install-theme"
    ROLLBACK_THEME = "rollback-theme"


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the trail, without titles and tokens: who did what to which object, and how it ended."""

    at: datetime
    """Aware, UTC."""
    action: Action
    actor: str | None
    """工号, or the identity centre's subject where there is none; `os:<account>` at a terminal; None for nobody."""
    outcome: Outcome
    reason: str = ""
    """Stable code such as `state-unknown`; when the outcome is ok, empty or what brought it about."""
    object: str = ""
    """What it was done to: `main-oa/todos/180233`, `renmin/3`, or empty."""
    campus: str = ""
    request_id: str = ""
    peer: str = ""
    """Address of the person's machine as the trusted proxy saw it."""


def plain(text: str, limit: int) -> str:
    r"""Text that fits one line of any log: control, invisible and stray surrogate characters become `\u{1b}`.

    The backslash is encoded too, so that nobody can write what looks like an encoded character. Longer than
    `limit` characters ends in `…`.
    """
    shown = "".join(_shown(char) for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _shown(char: str) -> str:
    if char == "\\" or unicodedata.category(char) in _ENCODED:
        return f"\\u{{{ord(char):x}}}"
    return char


def cleaned(event: AuditEvent) -> AuditEvent:
    """The event with every free field safe to store, print and export."""
    fields = {name: getattr(event, name) for name in LIMITS}
    safe: dict[str, Any] = {
        name: plain(text, LIMITS[name]) for name, text in fields.items() if text is not None
    }
    return replace(event, **safe)


def _why(error: Exception) -> str:
    """The driver's own first line, without the statement and its values: those are events."""
    said = error if isinstance(error, OSError) else getattr(error, "orig", None)
    return plain(next(iter(str(said or "").splitlines()), type(error).__name__), 200)


class Keeper(Protocol):
    """Where events end up; `audit.store.Store` is one. Both calls block and may raise anything."""

    def append(self, events: Sequence[AuditEvent]) -> None:
        """All of them durably and in this order, or none."""

    def close(self) -> None: ...


class Trail:
    """Hands events to the store in the order they came, many at once under load, and never fails a request.

    While the store is away events wait in memory, an error is logged once a minute, and they are written in
    order when it is back. `retry` (between two attempts) and `patience` (for one caller to wait) are seconds.
    """

    def __init__(
        self,
        store: Keeper,
        *,
        retry: float = 2.0,
        patience: float = 0.5,
        spool: int = SPOOL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._retry, self._patience, self._limit = store, retry, patience, spool
        self._clock = clock
        self._spool: deque[tuple[AuditEvent, asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._complained: float | None = None
        self.failing = False
        """The last attempt to write failed: an alarm for the operations network."""
        self.lost = 0
        """Events that found the spool full since the service started."""

    @property
    def waiting(self) -> int:
        """Events that are not yet durable."""
        return len(self._spool)

    async def record(self, event: AuditEvent) -> None:
        """Returns when the event is durable, or waits in memory because the store is away or too slow."""
        if len(self._spool) >= self._limit:
            self.lost += 1
            self._complain("the spool is full")
            return
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._spool.append((cleaned(event), written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        if not self.failing:
            await asyncio.wait((written,), timeout=self._patience)

    async def close(self) -> None:
        """One last attempt to write what waits, for at most five seconds; then the store is closed."""
        self._closing.set()
        if self._writer is not None:
            await asyncio.wait((self._writer,), timeout=5.0)
        if self._spool:
            log.error("audit.lost_at_close", events=len(self._spool))
        await asyncio.to_thread(self._store.close)

    async def _write(self) -> None:
        while self._spool:
            last = self._closing.is_set()
            batch = list(islice(self._spool, BATCH))
            try:
                await asyncio.to_thread(self._store.append, [event for event, _ in batch])
            except Exception as error:  # whatever a database driver raises must not reach a person's page
                self._failed(error)
                if last:
                    return
                await self._pause()
            else:
                self._done(len(batch))

    def _failed(self, error: Exception) -> None:
        self.failing = True
        self._complain(_why(error))
        self._release()

    def _done(self, count: int) -> None:
        if self.failing:
            log.info("audit.store_is_back", waiting=len(self._spool), lost=self.lost)
        self.failing, self._complained = False, None
        self._release(count)
        for _ in range(count):
            self._spool.popleft()

    def _release(self, count: int | None = None) -> None:
        for _, written in islice(self._spool, count):
            if not written.done():
                written.set_result(None)

    async def _pause(self) -> None:
        waiting = asyncio.create_task(self._closing.wait())
        await asyncio.wait((waiting,), timeout=self._retry)
        waiting.cancel()

    def _complain(self, error: str) -> None:
        now = self._clock()
        if self._complained is None or now - self._complained >= 60:
            self._complained = now
            log.error("audit.store_away", error=error, waiting=len(self._spool), lost=self.lost)
