"""Firefox ESR over WebDriver BiDi (W3C), which it speaks by itself: as much of it as the tests here need."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.browser.remote import PATIENCE, Remote, until

FOUND: Final = shutil.which("firefox-esr") or shutil.which("firefox")
_LISTENING: Final = re.compile(rb"WebDriver BiDi listening on ws://([\d.]+):(\d+)")


@dataclass
class Firefox:
    """One browser, started once: `fresh` gives it an empty jar."""

    remote: Remote
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
                async with Remote.to(host, port, "/session") as remote:
                    browser = cls(remote)
                    await browser.ask(
                        "session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}}
                    )
                    yield browser
            finally:
                process.terminate()
                await process.wait()

    async def ask(self, method: str, **params: Any) -> Any:
        """One command and its result. Raises AssertionError with what the browser says against it."""
        return await self.remote.ask(method, params)

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
        return await until(found)


async def _address(process: asyncio.subprocess.Process) -> tuple[str, int]:
    assert process.stderr
    async with asyncio.timeout(4 * PATIENCE):
        while line := await process.stderr.readline():
            if found := _LISTENING.search(line):
                return found[1].decode(), int(found[2])
    raise AssertionError("Firefox ended before it listened")


def _flat(top: dict[str, Any]) -> list[tuple[str, str]]:
    return [(top["context"], top["url"]), *(each for child in top["children"] or () for each in _flat(child))]
