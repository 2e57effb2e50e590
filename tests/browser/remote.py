"""Commands to a browser over a WebSocket, as WebDriver BiDi and the Chrome DevTools Protocol both have them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

PATIENCE: Final = 15.0


@dataclass
class Remote:
    """One connection. Whatever is no answer goes to `heard`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: Callable[[dict[str, Any]], None]
    wire: WSConnection = field(default_factory=lambda: WSConnection(ConnectionType.CLIENT))
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    number: int = 0

    @classmethod
    @asynccontextmanager
    async def to(
        cls, host: str, port: int, path: str, heard: Callable[[dict[str, Any]], None] = lambda said: None
    ) -> AsyncIterator[Remote]:
        """Open until the caller has done."""
        remote = cls(*await asyncio.open_connection(host, port), heard)
        ready = asyncio.Event()
        listening = asyncio.create_task(remote._listen(Request(host=f"{host}:{port}", target=path), ready))
        try:
            async with asyncio.timeout(PATIENCE):
                await ready.wait()
            yield remote
        finally:
            listening.cancel()
            remote.writer.close()

    async def ask(self, method: str, params: dict[str, Any], **beside: Any) -> Any:
        """One command and its result. Raises AssertionError with what the browser says against it."""
        self.number += 1
        answer = self.waiting[self.number] = asyncio.get_running_loop().create_future()
        text = json.dumps({"id": self.number, "method": method, "params": params, **beside})
        self.writer.write(self.wire.send(TextMessage(text)))
        async with asyncio.timeout(PATIENCE):
            told = await answer
        assert "result" in told, told
        return told["result"]

    async def _listen(self, request: Request, ready: asyncio.Event) -> None:
        self.writer.write(self.wire.send(request))
        text = ""
        while data := await self.reader.read(65536):
            self.wire.receive_data(data)
            for event in self.wire.events():
                if isinstance(event, Ping):
                    self.writer.write(self.wire.send(event.response()))
                elif isinstance(event, TextMessage):
                    text += event.data
                    if event.message_finished:
                        self._told(json.loads(text))
                        text = ""
                else:
                    assert isinstance(event, AcceptConnection), event
                    ready.set()

    def _told(self, said: dict[str, Any]) -> None:
        waiting = self.waiting.pop(said.get("id") or 0, None)
        if waiting is None:
            self.heard(said)
        elif not waiting.done():
            waiting.set_result(said)


async def until(found: Callable[[], Any]) -> Any:
    """Asks again until the answer is something."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if told := await found():
                    return told
            except AssertionError:
                pass  # a page or a frame is being loaded
            await asyncio.sleep(0.1)
