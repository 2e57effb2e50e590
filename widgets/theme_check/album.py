"""The folder of a theme's pictures: the baseline, the new ones, and a report to open in a browser.

<folder>.shots/baseline/*.png  measured.json     what was accepted
               new/*.png       measured.json     what was just taken
               report.html                       side by side, with words
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from widgets.theme_check import compare
from widgets.theme_check.shots import Shot, View
from widgets.views import Language

_TEMPLATE: Final = Path(__file__).with_name("report.html").read_text("utf-8")
_MEASURED: Final = "measured.json"


@dataclass(frozen=True, slots=True)
class Change:
    """One view that is not what it was. `share`: of its pixels; None where there is no picture of before."""

    name: str
    share: float | None
    words: list[str]


class Album:
    """The pictures of one theme. `place` is the folder beside it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.baseline, self.new, self.report = place / "baseline", place / "new", place / "report.html"

    @property
    def has_baseline(self) -> bool:
        return (self.baseline / _MEASURED).is_file()

    def keep(self, shots: Iterable[tuple[View, Shot]]) -> int:
        """Writes what was taken in place of what was taken before; gives how many."""
        rmtree(self.new, ignore_errors=True)
        self.new.mkdir(parents=True)
        measured = {}
        for view, shot in shots:
            (self.new / f"{view.name}.png").write_bytes(shot.picture)
            measured[view.name] = shot.measured
        (self.new / _MEASURED).write_text(_written(measured), "utf-8")
        return len(measured)

    def accept(self) -> None:
        """What was taken is the baseline from now on; of views that were not taken, what was."""
        self.baseline.mkdir(parents=True, exist_ok=True)
        measured = _measured(self.baseline) | _measured(self.new)
        for path in self.new.glob("*.png"):
            path.replace(self.baseline / path.name)
        (self.baseline / _MEASURED).write_text(_written(measured), "utf-8")
        rmtree(self.new)

    def changes(self, lang: Language) -> list[Change]:
        """The views, of those that were taken, that are not what they were."""
        was, now = _measured(self.baseline), _measured(self.new)
        found = [self._change(name, was, now, lang) for name in sorted(now)]
        return [each for each in found if each]

    def _change(self, name: str, was: dict[str, Any], now: dict[str, Any], lang: Language) -> Change | None:
        if name not in was:
            return Change(name, None, [])
        pictures = ((each / f"{name}.png").read_bytes() for each in (self.baseline, self.new))
        share = compare.differing(*pictures)
        words = compare.words(was[name], now[name], lang)
        return Change(name, share, words) if share > compare.MOST or words else None

    def write_report(self, theme: str, changes: list[Change], lang: Language) -> None:
        """A page that stands alone beside its pictures."""
        names = sorted(path.stem for path in self.new.glob("*.png"))
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        page = environment.from_string(_TEMPLATE).render(
            theme=theme, changes=changes, names=names, zh=lang == "zh-CN"
        )
        self.report.write_text(page, "utf-8")


def _measured(folder: Path) -> dict[str, Any]:
    path = folder / _MEASURED
    read: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return read


def _written(measured: dict[str, Any]) -> str:
    return json.dumps(measured, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
