"""A theme is drawn once in a child process of little memory and time before anybody sees it.

What a theme's parts may do is bounded in every way that is known; this bounds what is not. The child draws every
state, and its answer is one line of JSON a theme.
"""

from __future__ import annotations

import json
import logging
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from markupsafe import escape

from widgets.theme import Theme, ThemeError
from widgets.themes.samples import BASE, every, every_reason, in_words, odd
from widgets.views import WidgetView

MEMORY: Final = 64 * 1024 * 1024
"""Bytes more than the program itself needs. `python -m bench.trial`: the largest themes take 7 MiB."""
READING: Final = 3.0
"""Seconds of processor time for reading and compiling one theme and those that it builds on, which take 0.1 to 1.2."""
DRAWING: Final = 0.25
"""Seconds of processor time for drawing it in all its states, some 240 cards, which take 0.05."""
PATIENCE: Final = 60.0
"""Seconds for each theme of one child, should it ever wait: its work is bounded above, and machines may be busy."""
SIZES: Final = ("compact", "list", "full")
_ROOT: Final = Path(__file__).parents[2]
_CUT: Final = "takes more memory or time than a card may: look for loops and texts that grow"


def tried(themes_dir: Path, names: Sequence[str]) -> Mapping[str, str]:
    """What is wrong with each of these themes, as the rest of a sentence; whoever is not in it is fine."""
    said: dict[str, str] = {}
    left = list(names)
    while left:
        said |= _ask(themes_dir, left)
        left = [name for name in left if name not in said]
        if left:  # whoever brought the child down is the first that it said nothing of
            said[left.pop(0)] = _CUT
    return {name: wrong for name, wrong in said.items() if wrong}


def _ask(themes_dir: Path, names: Sequence[str]) -> dict[str, str]:
    command = [
        sys.executable,
        "-m",
        "widgets.themes.trial",
        str(themes_dir.absolute()),
        *names,
    ]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and module; names are checked by `is_name`)
            command,
            capture_output=True,
            timeout=PATIENCE * len(names),
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return dict(_told(late.stdout or b""))
    return dict(_told(done.stdout))


def _told(lines: bytes) -> Iterator[tuple[str, str]]:
    for line in lines.splitlines():
        try:
            name, wrong = json.loads(line)
        except ValueError:
            continue
        yield str(name), str(wrong)


def views() -> Iterator[WidgetView[Any]]:
    """Everything that a theme is tried with."""
    for size in SIZES:
        yield from every(size=size, heading=4)
    yield from every_reason()
    yield from odd()


def _wrong(themes_dir: Path, name: str) -> str:
    """What is wrong with one theme; empty when nothing is."""
    try:
        _allow(READING)
        theme = Theme(themes_dir, name, BASE)
        _allow(DRAWING)
        for view in (in_words(each, theme.words) for each in views()):
            for as_fragment in (False, True):
                lost = _lost(view, theme.widget(view, as_fragment))
                if lost and not theme.fallen:
                    return f"a card in state {view.state} no longer shows {lost}. [T05]"
            theme.count(view)
        for page, given in PAGES.items():
            theme.page(page, **given)
    except ThemeError as error:
        return str(error)
    except MemoryError:
        return _CUT
    except Exception as error:
        return f"cannot be drawn: {type(error).__name__}: {error}"
    return "; ".join(f"{part} cannot be drawn: {reason}" for part, reason in theme.failing.items())


def _lost(view: WidgetView[Any], html: str) -> str:
    """What a person needs from this card and does not find in it; empty when all is there."""
    needed: list[tuple[str, str]] = [
        (escape(row.title), f"the title {row.title[:20]!r}") for row in view.items
    ]
    needed += [(f'href="{escape(row.href)}"', "the links of its rows") for row in view.items if row.href]
    needed += [("/auth/logout", "the way to sign out")] * (not view.framed and view.state != "signed-out")
    needed += [("data-pw-banner", "that its list is old or incomplete")] * (
        view.state in ("stale", "partial")
    )
    for address, what in (
        (view.sign_in_url, "the way to sign in"),
        (view.direct_url if view.state == "failed" else None, "the way to the OA"),
    ):
        needed += [(escape(address), what)] if address else []
    return next((what for sign, what in needed if sign not in html), "")


PAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "error": {"code": "item-not-found", "reference": "7F3A41C2"},
    "signed_in": {},
    "signed_out": {},
    "handed_over": {
        "ticket": "t",
        "target": "https://portal.hospital.example",
        "code": "c",
        "number": "123456",
    },
}
"""The whole pages that a theme may draw, and what they are given."""


def _allow(seconds: float) -> None:
    """So much processor time from here on; then the signal ends the process."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _bound() -> None:
    """From here on this process has only so much more."""
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _main(folder: str, *names: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _bound()
    for name in names:
        print(json.dumps([name, _wrong(Path(folder), name)]), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
