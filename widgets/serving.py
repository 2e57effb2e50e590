"""One instance under Hypercorn until it is told to stop. Streams would never end by themselves, so they go first."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def serve_until_told(app: Any, leave: Callable[[], None], config: Config) -> None:
    """Serves the application until SIGTERM or SIGINT; `leave` is called before no more connections are taken."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)

    async def told() -> None:
        await stop.wait()
        leave()

    config.workers = 1  # this is one process whatever it says; Hypercorn warns of any other number
    await serve(app, config, shutdown_trigger=told, mode="asgi")
