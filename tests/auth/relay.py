"""A way to Redis that can be cut and mended, for one instance among several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class Relay:
    """Passes bytes on to a port of this machine; to be used as a context."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.loses: int | None = None
        """How many answers still come through before one is lost; None: all do."""

    async def __aenter__(self) -> Relay:
        await self.mend()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.cut()

    @property
    def port(self) -> int:
        return self._port

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Redis]:
        """A Redis client whose way leads through here."""
        made = Redis(
            host="127.0.0.1",
            port=self._port,
            socket_timeout=0.5,
            socket_connect_timeout=0.5,
            retry=Retry(NoBackoff(), 1),
        )
        async with made:
            yield made

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Nobody answers any more, and what was open is closed."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.close()
        await asyncio.sleep(0)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open |= {writer, there_writer}
        await asyncio.gather(_pump(reader, there_writer), self._answer(there_reader, writer))
        self._open -= {writer, there_writer}

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As `_pump`, but for one, lost with its line: Redis did what it was asked, and nobody hears of it."""
        try:
            while data := await there.read(65_536):
                if self.loses == 0:
                    self.loses = None
                    break
                if self.loses:
                    self.loses -= 1
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
