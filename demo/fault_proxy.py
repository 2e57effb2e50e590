"""A TCP proxy before a demo OA, for bad days of the wire: the service reaches the OA through it, browsers do not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx2

from demo.faults import FAULTS, Reply, Wire
from demo.places import listening, port
from widgets.oa.outbound import trusted

NONE: Final = "none"
REFUSE: Final = "refuse"
WORDS: Final = {NONE: "正常", REFUSE: "拒绝连接", **{name: words for name, (words, _) in FAULTS.items()}}
"""Everything that can be chosen, in words."""


class FaultProxy:
    """Carries bytes as they are until `turn` chooses a fault; then each answer of the OA is spoilt by it."""

    def __init__(self, target: int) -> None:
        """`target` is the OA's port on this machine."""
        self.fault, self._target, self._place = NONE, target, listening(0)
        self.port = port(self._place)
        self._server: asyncio.Server | None = None
        self._starting: asyncio.Task[None] | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        # No client: that would keep cookies, and this OA then takes everybody for the first who asked.
        self._http = httpx2.AsyncHTTPTransport(verify=trusted(), trust_env=False)

    @classmethod
    @asynccontextmanager
    async def before(cls, target: int) -> AsyncIterator[FaultProxy]:
        """Serves until the block ends."""
        proxy = cls(target)
        try:
            await proxy._listen()
            yield proxy
        finally:
            proxy.turn(REFUSE)
            proxy._place.close()
            await proxy._http.aclose()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def turn(self, fault: str) -> None:
        """From now on; connections that are open break. Raises ValueError for a fault that there is not."""
        if fault not in WORDS:
            raise ValueError(f"no fault is called {fault}")
        if fault == self.fault:
            return
        self.fault = fault
        for writer in self._ends:
            writer.transport.abort()
        if fault == REFUSE:
            self._refuse()
        elif self._server is None:
            self._place.listen(128)  # at once: who connects before the loop comes round waits in the queue
            self._starting = asyncio.create_task(self._listen())

    def _refuse(self) -> None:
        """The port stays ours, and nobody listens there: the kernel refuses."""
        if self._starting:
            self._starting.cancel()
        if self._server:
            self._server.close()
        self._server = None
        self._place.close()
        self._place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", self.port))

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._place)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            with suppress(OSError, EOFError, httpx2.HTTPError):
                await (
                    self._carry(reader, writer) if self.fault == NONE else self._spoil(Wire(reader, writer))
                )
        finally:
            self._ends.discard(writer)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        answers = asyncio.create_task(_pump(back, writer))
        try:
            await _pump(reader, forth)
        finally:
            answers.cancel()
            forth.close()

    async def _spoil(self, wire: Wire) -> None:
        while self.fault in FAULTS:
            asked = await wire.reader.readuntil(b"\r\n\r\n")
            reply = await self._forwarded(asked, wire.reader)
            if not wire.writer.transport.is_closing():  # else it was turned meanwhile
                await FAULTS[self.fault][1](wire, reply)

    async def _forwarded(self, head: bytes, reader: asyncio.StreamReader) -> Reply:
        """What the OA says to this request."""
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        body = await reader.readexactly(length)
        address = f"http://127.0.0.1:{self._target}{path}"
        answer = await self._http.handle_async_request(
            httpx2.Request(method, address, headers=headers, content=body)
        )
        told = await answer.aread()
        return Reply(answer.status_code, answer.headers.get("content-type", "text/plain"), told)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
