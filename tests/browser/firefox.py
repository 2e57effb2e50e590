"""Firefox ESR over WebDriver BiDi (W3C), which it speaks by itself: as much of it as the tests here need."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

FOUND: Final = shutil.which("firefox-esr") or shutil.which("firefox")
PATIENCE: Final = 15.0
_LISTENING: Final = re.compile(rb"WebDriver BiDi listening on ws://([\d.]+):(\d+)")


@dataclass
class Firefox:
    """One browser, started once: `fresh` gives it an empty jar."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    wire: WSConnection = field(default_factory=lambda: WSConnection(ConnectionType.CLIENT))
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    number: int = 0
    jar: str = "default"

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Firefox]:
        """Starts it, and ends it again."""
        assert FOUND
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            process = await asyncio.create_subprocess_exec(
                FOUND,
                "--headless",
                "--no-remote",
                "--profile",
                profile,
                "--remote-debugging-port=0",
                stderr=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
            )
            try:
                host, port = await _address(process)
                browser = cls(*await asyncio.open_connection(host, port))
                listening = asyncio.create_task(browser._listen(f"{host}:{port}"))
                await asyncio.sleep(0.3)
                await browser.ask("session.new", capabilities={})
                yield browser
                listening.cancel()
            finally:
                process.terminate()
                await process.wait()

    async def ask(self, method: str, **params: Any) -> Any:
        """One command and its result. Raises AssertionError with what the browser says against it."""
        self.number += 1
        answer = self.waiting[self.number] = asyncio.get_running_loop().create_future()
        text = json.dumps({"id": self.number, "method": method, "params": params})
        self.writer.write(self.wire.send(TextMessage(text)))
        async with asyncio.timeout(PATIENCE):
            told = await answer
        assert "result" in told, told
        return told["result"]

    async def fresh(self) -> None:
        """From now on somebody else's browser: no cookies, no tabs."""
        self.jar = (await self.ask("browser.createUserContext"))["userContext"]

    async def page(self, address: str) -> str:
        """A new tab, loaded."""
        context: str = (await self.ask("browsingContext.create", type="tab", userContext=self.jar))["context"]
        await self.ask("browsingContext.navigate", context=context, url=address, wait="complete")
        return context

    async def run(self, context: str, script: str) -> Any:
        """What an expression gives, as if a person had just pressed something."""
        told = await self.ask(
            "script.evaluate",
            expression=script,
            target={"context": context},
            awaitPromise=True,
            userActivation=True,
        )
        return told.get("result", {}).get("value")

    async def contexts(self) -> list[tuple[str, str]]:
        """Every tab and frame: its id and its address."""
        tree = (await self.ask("browsingContext.getTree"))["contexts"]
        return [each for top in tree if top["userContext"] == self.jar for each in _flat(top)]

    async def until(self, found: Any) -> Any:
        """Asks again until the answer is something."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    if told := await found():
                        return told
                except AssertionError:
                    pass  # the frame is being loaded
                await asyncio.sleep(0.1)

    async def _listen(self, host: str) -> None:
        self.writer.write(self.wire.send(Request(host=host, target="/session")))
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

    def _told(self, said: dict[str, Any]) -> None:
        waiting = self.waiting.pop(said.get("id") or 0, None)
        if waiting and not waiting.done():
            waiting.set_result(said)


async def _address(process: asyncio.subprocess.Process) -> tuple[str, int]:
    assert process.stderr
    async with asyncio.timeout(4 * PATIENCE):
        while line := await process.stderr.readline():
            if found := _LISTENING.search(line):
                return found[1].decode(), int(found[2])
    raise AssertionError("Firefox ended before it listened")


def _flat(top: dict[str, Any]) -> list[tuple[str, str]]:
    return [(top["context"], top["url"]), *(each for child in top["children"] or () for each in _flat(child))]
