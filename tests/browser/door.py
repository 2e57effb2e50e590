"""Counts who is in the service, so that no test begins while something of the last one is still under way.

It also writes down what goes out: browsers forget the bodies of pages that they have left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 15.0
"""Seconds after which something that never ends counts as a defect."""
STILL = 5
"""Looks in a row that find nobody: what a closed browser asked last may still be on its way through a socket."""
App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(slots=True)
class Door:
    """ASGI middleware around the service."""

    app: App
    inside: int = 0
    sent: list[bytes] = field(default_factory=list)
    """Every piece of every body since the test began."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # A stream of wake-ups stays open for as long as its page does.
        counts = scope["type"] == "http" and not scope["path"].endswith("/widgets/events")
        self.inside += counts

        async def write_down(message: Any) -> None:
            self.sent.append(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, write_down)
        finally:
            self.inside -= counts

    async def quiet(self) -> None:
        """Returns when no request and no question to an OA is under way; what was sent is forgotten.

        Raises TimeoutError.
        """
        still = 0
        async with asyncio.timeout(PATIENCE):
            while still < STILL:  # nothing announces the end of a flight
                still = 0 if self.inside or flights() else still + 1
                await asyncio.sleep(0.01)
        self.sent.clear()


def flights() -> list[asyncio.Task[Any]]:
    """Questions to an OA that go on after their asker was answered."""
    return [task for task in asyncio.all_tasks() if "Flights._fly" in repr(task.get_coro())]
