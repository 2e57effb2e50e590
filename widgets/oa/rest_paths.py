"""Ways into JSON, as a mapping writes them: `data.list`, `0.name`, `variables[name=title].value`, `"a.b".c`.

A step is a key of an object or, in digits, a place in a list. `[key=value]` takes the first object of a list whose
key says so. A text that holds JSON is opened when a way goes on inside it. The empty way is the whole answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from widgets.oa import OABadAnswer
from widgets.oa.reading import read_json

_STEP: Final = re.compile(
    r'(?:"(?P<quoted>[^"]+)"|(?P<plain>[^.\[\]"]+)|(?=\[))(?:\[(?P<key>[^=\[\]]+)=(?P<wanted>[^\[\]]*)\])?(?:\.|$)'
)
_DEEPEST: Final = 12


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a name, and perhaps which object of the list that stands there."""

    name: str
    """Empty: stay here, and only choose."""
    key: str | None = None
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way into JSON, and how it was written."""

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> Way:
        """Raises ValueError for what is no way."""
        if "{" in text:
            raise ValueError("a way has no {names} in it; the row of one person is chosen by one")
        steps, end = [], 0
        while end < len(text):
            found = _STEP.match(text, end)
            if found is None:
                raise ValueError("it must be a way such as data.list or rows.0.name")
            steps.append(Step(found["quoted"] or found["plain"] or "", found["key"], found["wanted"] or ""))
            end = found.end()
        if text.endswith(".") or len(steps) > _DEEPEST:
            raise ValueError(f"it must be a way of at most {_DEEPEST} steps, with no dot at its end")
        return cls(text, tuple(steps))

    def find(self, place: object) -> object:
        """What stands there; None for nothing."""
        for step in self.steps:
            place = _chosen(_below(opened(place), step.name), step)
        return place

    def __str__(self) -> str:
        return self.text or "the whole answer"


def opened(value: object) -> object:
    """What a text holds that is JSON of an object or a list; everything else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return read_json(value.encode(errors="replace"))
    except OABadAnswer:
        return value


def word(value: object) -> str | None:
    """A single value as a mapping would write it: `0`, `true`, `ok`; None for lists, objects and nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) else None


def _below(place: object, name: str) -> object:
    if not name:
        return place
    if isinstance(place, dict):
        return place.get(name)
    if isinstance(place, list) and name.isascii() and name.isdigit() and len(name) < 6:
        return next(iter(place[int(name) : int(name) + 1]), None)
    return None


def _chosen(place: object, step: Step) -> object:
    if step.key is None:
        return place
    return next(_holding(opened(place), step.key, step.wanted), None)


def _holding(place: object, key: str, wanted: str) -> Iterator[object]:
    for each in place if isinstance(place, list) else []:
        if isinstance(each, dict) and word(each.get(key)) == wanted:
            yield each
