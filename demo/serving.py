"""Several apps under Hypercorn in one event loop, stopped together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from socket import socket

import httpx2
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

GRACE = 0.5
"""Seconds that requests under way may take when everything stops."""
PATIENCE = 20.0
"""Seconds until a server that never answers counts as broken."""


@dataclass(slots=True)
class Servers:
    """What is being served. One `stop` ends all of it."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def add(self, app: Quart, place: socket) -> None:
        """Serves the app on a listening socket from now on; returns when it answers.

        Raises what its start raised, or TimeoutError.
        """
        host, port = place.getsockname()[:2]
        config = Config()
        config.bind, config.graceful_timeout = [f"fd://{place.detach()}"], GRACE
        config.backlog = 4096  # as in hypercorn.toml: whoever finds no room waits for ever longer
        config.loglevel, config.include_server_header = "WARNING", False
        server = asyncio.create_task(serve(app, config, shutdown_trigger=self.stop.wait, mode="asgi"))
        self.tasks.add(server)
        await answering(f"http://{host}:{port}/healthz", server)

    async def close(self) -> None:
        """Stops everything within about a second; whoever is not done by then is cancelled."""
        self.stop.set()
        for seconds in (2 * GRACE, GRACE):
            late = [each for each in self.tasks if not each.done()]
            if late:
                _, pending = await asyncio.wait(late, timeout=seconds)
                for each in pending:
                    each.cancel()


async def answering(address: str, server: asyncio.Task[None]) -> None:
    """Returns with the first answer, whatever it says. Raises what ended the server, or TimeoutError."""
    async with asyncio.timeout(PATIENCE), httpx2.AsyncClient(trust_env=False) as client:
        first = asyncio.create_task(client.get(address, timeout=PATIENCE))
        await asyncio.wait([first, server], return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            first.cancel()
            server.result()
            raise RuntimeError(f"the server at {address} ended before it answered")
        await first
