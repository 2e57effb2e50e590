"""Old Chromium as it came in npm packages (tests/package.json), over the Chrome DevTools Protocol it speaks by itself.

Playwright does not speak to browsers that old.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.browser.remote import PATIENCE, Remote, until

_NODE: Final = Path(__file__).parents[1] / "node_modules"
_UNPACK: Final = Path(__file__).with_name("unpack.mjs")
_LISTENING: Final = re.compile(rb"DevTools listening on ws://([\d.]+):(\d+)(\S+)")
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-features=site-per-process",  # else a frame of another site is a target of its own
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
    "--remote-debugging-port=0",
)


def unpacked(version: int) -> Path:
    """The program, unpacked beside the packages when it is wanted for the first time."""
    folder = _NODE / ".kernels" / str(version)
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        subprocess.run(["node", _UNPACK, _NODE / f"chromium-{version}", folder], check=True)
    return folder / "chromium"


@dataclass
class Kernel:
    """One browser, one person."""

    version: int
    remote: Remote | None = None
    troubles: list[str] = field(default_factory=list)
    """Uncaught exceptions, and whatever the consoles complained about."""

    @classmethod
    @asynccontextmanager
    async def open(cls, version: int) -> AsyncIterator[Kernel]:
        """Starts it, and ends it again."""
        kernel = cls(version)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            process = await asyncio.create_subprocess_exec(
                unpacked(version),
                *_FLAGS,
                f"--user-data-dir={profile}",
                "about:blank",
                stderr=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
            )
            try:
                host, port, path = await _address(process)
                async with Remote.to(host, port, path, kernel._heard) as kernel.remote:
                    yield kernel
            finally:
                process.kill()
                await process.wait()

    async def ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        """One command, to the browser or to a tab."""
        assert self.remote
        return await self.remote.ask(method, params, **({"sessionId": session} if session else {}))

    async def page(self, address: str, width: int = 1280, height: int = 900) -> Tab:
        """A new tab."""
        target = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.ask(f"{domain}.enable", session)
        tab = Tab(self, session)
        await tab.resize(width, height)
        await tab.go(address)
        return tab

    def _heard(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case "Runtime.exceptionThrown":
                told = params["exceptionDetails"]
                self.troubles.append(
                    f"uncaught: {told.get('exception', {}).get('description', told['text'])}"
                )
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                # Browsers ask every site for this file, and the demo's sites have none.
                if not params["entry"].get("url", "").endswith("/favicon.ico"):
                    self.troubles.append(params["entry"]["text"])
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert"):
                self.troubles.append(str([each.get("value") for each in params["args"]]))


@dataclass
class Tab:
    """One page of it."""

    kernel: Kernel
    session: str

    async def ask(self, method: str, **params: Any) -> Any:
        """One command to this tab."""
        return await self.kernel.ask(method, self.session, **params)

    async def resize(self, width: int, height: int = 900) -> None:
        """The window's inner size."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def go(self, address: str) -> None:
        """Another address, until it is loaded."""
        await self.ask("Page.navigate", url=address)
        await until(lambda: self.run("location.href !== 'about:blank' && document.readyState === 'complete'"))

    async def close(self) -> None:
        """The tab is gone."""
        await self.ask("Page.close")

    async def run(self, script: str) -> Any:
        """What an expression gives, as if a person had just pressed something. Raises AssertionError."""
        told = await self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")


async def _address(process: asyncio.subprocess.Process) -> tuple[str, int, str]:
    assert process.stderr
    async with asyncio.timeout(4 * PATIENCE):
        while line := await process.stderr.readline():
            if found := _LISTENING.search(line):
                return found[1].decode(), int(found[2]), found[3].decode()
    raise AssertionError("Chromium ended before it listened")
