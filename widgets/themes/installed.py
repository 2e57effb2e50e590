"""Every theme that is installed, ready to draw; what changes on disk is tried, and then takes the place of what was.

    themes_dir/<name>          a folder, or a link that `portal-widgets theme install` switches

Names that are not installed fall back to the service's own theme without a word: a portal's page must not break
because somebody renamed a folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from widgets.names import is_name
from widgets.theme import Theme, ThemeError

log = structlog.get_logger()

EVERY: Final = 2.0
"""Seconds between two looks at the folder."""
MOST_THEMES: Final = 24
"""Each has a line in the content security policy of every answer."""
MOST_FILES: Final = 1000
"""Of one theme, that are looked at for changes."""
Signature = tuple[tuple[str, int, int], ...]
Trial = Callable[[Path, Sequence[str]], Mapping[str, str]]
"""Tries themes of a folder by their names; gives what is wrong with those that cannot be used."""


def installed(themes_dir: Path | None) -> list[str]:
    """The names of the themes in a folder, without `default`, which is always ours."""
    found = sorted(themes_dir.iterdir()) if themes_dir and themes_dir.is_dir() else []
    folders = (path.name for path in found if is_name(path.name) and path.is_dir())
    return [name for name in folders if name != "default"][:MOST_THEMES]


def untried(themes_dir: Path, names: Sequence[str]) -> Mapping[str, str]:
    """For whoever has tried them already."""
    return {}


class Themes:
    """The themes by name. Raises ThemeError when the one that the configuration names cannot be used."""

    def __init__(
        self,
        themes_dir: Path | None,
        name: str,
        base_url: str,
        *,
        events: bool = True,
        trial: Trial = untried,
    ) -> None:
        self._dir, self._name, self._base_url, self._events, self._trial = (
            themes_dir,
            name,
            base_url,
            events,
            trial,
        )
        self._seen = self._former = self._signature()
        self._gone: dict[str, Theme] = {}
        self.refused: dict[str, str] = {}
        """What is wrong with each theme whose folder, as it is now, is not taken up."""
        wrong = self._tried(self.names())
        if name in wrong:
            raise ThemeError(f"The theme {name}: {wrong[name].rstrip('.')}.")
        ours = Theme(base_url=base_url, events=events)
        self.default = ours if name == "default" else Theme(themes_dir, name, base_url, events=events)
        """The one that the configuration names; pages that belong to no portal are drawn by it."""
        self._all = {"default": ours, name: self.default}
        self._add(each for each in self.names() if each not in wrong and each != name)
        self.style_sources = self._sources()

    def named(self, name: str | None) -> Theme:
        """The theme that a portal asks for, or the service's own."""
        return self._all.get(name, self.default) if name else self.default

    def names(self) -> list[str]:
        """What is installed; `default` is always ours."""
        return installed(self._dir)

    def static(self, path: str) -> tuple[bytes, str] | None:
        """Body and content type of a file under /static/, of those before the last change too; None: no such file."""
        for theme in (*self._all.values(), *self._gone.values()):
            if found := theme.static(path):
                return found
        return None

    def current(self, path: str) -> tuple[bytes, str] | None:
        """For an address of another release: today's file of that name, where all themes mean the same one by it."""
        found = {each for theme in self._all.values() if (each := theme.static(path, any_hash=True))}
        return found.pop() if len(found) == 1 else None

    def look(self) -> bool:
        """Takes up what has changed on disk and stands still again; whether anything has. Costs one walk if not."""
        signature = self._signature()
        settled, self._former = signature == self._former, signature
        if signature == self._seen or not settled:
            return False
        self._seen = signature
        self._take(self.names())
        return True

    async def watch(self) -> None:
        """Looks for ever, in another thread: nobody's card waits for it."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await asyncio.to_thread(self.look)
            except Exception:
                log.exception("theme.watch_failed")

    def _take(self, names: list[str]) -> None:
        """What is whole replaces what was; what is not leaves it as it is."""
        wrong = self._tried(names)
        before = self._all
        kept = {n: t for n, t in before.items() if n == "default" or n in wrong or n == self._name}
        self._all = dict(kept)
        self._add(each for each in names if each not in wrong)
        self.default = self._all.get(self._name, self.default)
        self._gone = {n: t for n, t in before.items() if self._all.get(n) is not t}
        self.style_sources = self._sources()
        looks = {n: (t.overrides.manifest.version, t.look) for n, t in self._all.items()}
        log.info("theme.taken_up", themes={n: " ".join(look) for n, look in looks.items()})

    def _add(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self._all[name] = Theme(self._dir, name, self._base_url, events=self._events)
            except Exception as error:  # it was tried; what it does now, it does for another reason
                self.refused[name] = f"{type(error).__name__}: {error}"
                log.error("theme.refused", theme=name, reason=self.refused[name])

    def _tried(self, names: list[str]) -> Mapping[str, str]:
        wrong = self._trial(self._dir, names) if self._dir and names else {}
        self.refused = dict(wrong)
        for name, reason in wrong.items():
            log.error("theme.refused", theme=name, reason=reason)
        return wrong

    def _sources(self) -> str:
        every = {source for theme in self._all.values() for source in theme.style_hashes}
        return " ".join(sorted(every))

    def _signature(self) -> Signature:
        """Name, size and time of every file of every theme; a link counts by where it leads."""
        files: list[tuple[str, int, int]] = []
        for name in self.names():
            try:
                files += _files((self._dir or Path()) / name)
            except OSError:  # it is being replaced: the next look sees what has become of it
                files.append((name, 0, 0))
        return tuple(files)


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in islice(sorted(folder.resolve().rglob("*")), MOST_FILES):
        about = path.lstat()
        yield str(path), about.st_mtime_ns, about.st_size
