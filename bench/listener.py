"""One browser of the live benchmark: a stream of wake-ups that it holds open, and a look of its card (RFC 9112)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from bench.checks import NotAsMeant
from bench.installed import HOST

_END = b"\r\n\r\n"


@dataclass(slots=True)
class Listener:
    """`cookie` is the person's; `heard_at` when the last `todos` came, by this machine's monotonic clock."""

    cookie: str
    writer: asyncio.StreamWriter | None = None
    heard_at: float = 0.0
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, port: int) -> asyncio.Task[None]:
        """Opens the stream; the task reads it until it ends. Raises NotAsMeant when there is none."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(_get("/widgets/events", self.cookie))
        head = await reader.readuntil(_END)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise NotAsMeant(f"a stream was answered {head.splitlines()[0].decode()}")
        await reader.readuntil(b"id: 1")
        return asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line == b"event: todos\n":
                self.heard_at = time.monotonic()
                self.heard.set()


async def look(port: int, cookie: str, version: str = "") -> tuple[int, dict[str, str], bytes]:
    """The card of this person: status, headers by lower-case name, body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_get(f"/widgets/todos?as=fragment&limit=50&v={version}", cookie))
    first, *lines = (await reader.readuntil(_END)).decode().strip().splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    writer.close()
    return int(first.split()[1]), headers, body


def _get(path: str, cookie: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n".encode()
