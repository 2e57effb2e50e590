"""`python -m bench.trial`: what trying a theme needs of memory and processor, without the start of the child process.

The demo's largest theme, and the largest that there can be: four upon each other, of every part at its full length.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog

from widgets.overrides import MOST_PARENTS, MOST_PART
from widgets.theme import HERE, Theme
from widgets.themes import begin
from widgets.themes.samples import BASE
from widgets.themes.trial import views

ROOT: Final = Path(__file__).parents[1]


def main() -> None:
    with TemporaryDirectory() as folder:
        _largest(Path(folder))
        for themes, name in ((ROOT / "demo" / "theme", "hean"), (Path(folder), "t1")):
            command = [sys.executable, "-m", "bench.trial", str(themes), name]
            told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
            print(told.stdout, end="")


def _largest(folder: Path) -> None:
    for level in range(1, MOST_PARENTS + 1):
        home = folder / f"t{level}"
        (home / "parts").mkdir(parents=True)
        above = f"t{level + 1}" if level < MOST_PARENTS else "default"
        (home / "theme.json").write_text(json.dumps({"extends": above}))
        for name in begin.parts():
            source = (HERE / "templates" / name).read_text("utf-8")
            (home / "parts" / name).write_text(f"{source}{{#{' ' * (MOST_PART - len(source) - 4)}#}}")


def _measured(themes: Path, name: str) -> str:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    before, begun = _space("VmSize"), time.process_time()
    theme = Theme(themes, name, BASE)
    read = time.process_time()
    every = list(views())
    for view in every:
        theme.widget(view, as_fragment=False)
        theme.widget(view, as_fragment=True)
    drawn = time.process_time()
    more = (_space("VmPeak") - before) / 1024
    cards = 2 * len(every)
    return f"{name}: {more:.1f} MiB, reading {read - begun:.2f} s, {cards} cards {drawn - read:.2f} s of processor"


def _space(what: str) -> int:
    """KiB of address space."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(_measured(Path(sys.argv[1]), sys.argv[2]))
    else:
        main()
