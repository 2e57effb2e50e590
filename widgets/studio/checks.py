"""What `portal-widgets theme check` says of the themes on disk: in a process of its own, once for each change.

It takes seconds of processor time, and draws templates that nobody has accepted yet: not where cards are drawn.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from widgets.views import Language

PATIENCE: Final = 60.0
"""Seconds for one check."""
_ROOT: Final = Path(__file__).parents[2]
Told = Mapping[str, Any]


class Checks:
    """Keeps the last answer for each theme and language; one process at a time."""

    def __init__(self, themes_dir: Path | None) -> None:
        self._dir = themes_dir
        self._kept: dict[tuple[str, Language], tuple[Hashable, Told]] = {}
        self._running: asyncio.Task[None] | None = None

    def told(self, theme: str, version: Hashable, lang: Language) -> Told:
        """What is known of the theme as it is in this version: `state` is `done`, `pending`, `failed` or `none`.

        Begins a check where none is known or under way. A theme without a folder has none.
        """
        if self._dir is None or not (self._dir / theme).is_dir():
            return {"state": "none"}
        known, answer = self._kept.get((theme, lang), (None, {}))
        if known == version:
            return answer
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._check(self._dir / theme, version, lang))
        return {"state": "pending"}

    async def close(self) -> None:
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _check(self, folder: Path, version: Hashable, lang: Language) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                said = json.loads(await _output(folder, lang))[0]
            answer = {"state": "done", "findings": said["findings"], "not_judged": sorted(said["not_judged"])}
        except (TimeoutError, ValueError, LookupError, OSError):
            answer = {"state": "failed"}
        self._kept[folder.name, lang] = version, answer


async def _output(folder: Path, lang: Language) -> bytes:
    command = ("theme", "check", str(folder), "--no-browser", "--format", "json", "--lang", lang)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "widgets.command",
        *command,
        cwd="/",
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told, _ = await process.communicate()
        return told
    finally:
        if process.returncode is None:
            process.kill()
