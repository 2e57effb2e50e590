"""python -m bench.bare <asgi|quart> <port> <bytes>: what the framework alone costs for our bytes."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart, Response

from bench.serve import served

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
HTML = "text/html; charset=utf-8"


def asgi(body: bytes) -> Any:
    """The least that Hypercorn can be asked to do: these bytes, no framework."""
    head = [(b"content-type", HTML.encode()), (b"content-length", str(len(body)).encode())]

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": body})

    return app


async def _live(receive: Receive, send: Send) -> None:
    """Nothing to prepare, nothing to close (ASGI lifespan 2.0)."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def quart(body: bytes) -> Any:
    """One Quart route that answers these bytes, with the settings that ours has."""
    app = Quart(__name__, static_folder=None)
    app.config.update(RESPONSE_TIMEOUT=None)

    @app.get("/widgets/todos")
    async def todos() -> Response:
        return Response(body, content_type=HTML)

    return app


if __name__ == "__main__":
    make = {"asgi": asgi, "quart": quart}[sys.argv[1]]
    served(make(b"x" * int(sys.argv[3])), int(sys.argv[2]))
