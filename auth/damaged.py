"""Session cookies that do not open: changed, cut off, made up, or sealed by a key that left the ring.

Somebody may be trying, so the trail tells it. A card that asks each minute must not write a line each minute, and
whoever sends a flood of them must neither fill the trail nor hold an answer up: one address leaves one line in ten
minutes, all together leave thirty a minute on each instance, and a line is written behind the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from audit.trail import Action, AuditEvent, Outcome
from auth.flood import machine

APART: Final = timedelta(minutes=10)
"""Between two lines about one address."""
AT_MOST: Final = 30
"""Lines a minute, whoever sends."""
_MINUTE: Final = timedelta(minutes=1)
_MOST: Final = 1000


class Damaged:
    """Notes such cookies while requests are answered, and writes them down afterwards."""

    def __init__(self, record: Callable[[AuditEvent], Awaitable[None]], now: Callable[[], datetime]) -> None:
        """`record` takes a line of the trail."""
        self._record, self._now = record, now
        self._noted: dict[str, None] = {}
        self._told: dict[str, datetime] = {}
        """Addresses (of IPv6 a /64) by when they left their last line, the longest ago first."""

    @property
    def waiting(self) -> bool:
        return bool(self._noted)

    def note(self, header: str) -> None:
        """This Cookie header has a session that does not open. Returns at once."""
        self._noted[header] = None
        while len(self._noted) > _MOST:
            del self._noted[next(iter(self._noted))]

    async def write_down(self, header: str, peer: Callable[[], str]) -> None:
        """A line about this header, if it was noted and its address has not left one lately."""
        if header not in self._noted:
            return
        del self._noted[header]
        now, source = self._now(), peer()
        told = machine(source)
        if now - self._told.get(told, now - APART) < APART or self._lately(now) >= AT_MOST:
            return
        self._told.pop(told, None)
        self._told[told] = now
        while len(self._told) > _MOST:
            del self._told[next(iter(self._told))]
        await self._record(
            AuditEvent(now, Action.SIGN_IN, None, Outcome.REFUSED, "cookie-damaged", peer=source)
        )

    def _lately(self, now: datetime) -> int:
        """Lines of the last minute."""
        return sum(1 for _ in takewhile(lambda at: now - at < _MINUTE, reversed(self._told.values())))


class Watched:
    """Stands around the application, because cards and views alike look at cookies."""

    def __init__(self, app: Any, damaged: Damaged, peer: Callable[[Any], str]) -> None:
        """`peer` tells the address of the person's machine from an ASGI scope."""
        self._app, self._damaged, self._peer = app, damaged, peer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)
        if self._damaged.waiting and scope["type"] == "http":
            cookies = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
            await self._damaged.write_down("; ".join(cookies), lambda: self._peer(scope))
