"""How every Python server of the benchmark is served: the project's own Hypercorn settings, one process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from hypercorn.asyncio import serve
from hypercorn.config import Config

SHARED: Final = Path(__file__).parents[1] / "hypercorn.toml"


def served(app: Any, port: int) -> None:
    """Serves the app on that port of this machine until the process is told to end."""
    config = Config.from_toml(SHARED)
    config.bind, config.loglevel = [f"127.0.0.1:{port}"], "WARNING"
    config.workers = 1  # `serve` is one process whatever this says, and warns of any other number
    asyncio.run(serve(app, config, mode="asgi"))
