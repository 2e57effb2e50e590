"""One thing that a rule found in a theme, and the rules themselves as their pages tell them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from widgets.views import Language

Level = Literal["F", "E", "W", "I"]
"""Fatal: the service refuses the theme. Error: not for production. Warning: look at it. Information: a hint."""
Judge = Literal["files", "drawing", "browser"]
"""What a rule needs: the files alone, the cards as HTML, or a browser that lays them out."""
LEVELS: Final[tuple[Level, ...]] = ("F", "E", "W", "I")
FAMILIES: Final = (
    ("M", "manifest"),
    ("T", "templates"),
    ("X", "safety"),
    ("K", "colour"),
    ("A", "accessibility"),
    ("S", "styles"),
    ("P", "performance"),
    ("L", "language"),
    ("U", "unused"),
)
"""First letters of rules, and what they are about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as `rules/*.toml` has it; `title`, `why` and `instead` by language."""

    id: str
    level: Level
    judged: Judge
    seen: bool
    """A browser finds more of it than the files or the drawing tell."""
    fixed: bool
    title: Mapping[Language, str]
    why: Mapping[Language, str]
    instead: Mapping[Language, str]
    before: str
    after: str
    example: str
    """The language of both examples."""

    @property
    def page(self) -> str:
        """Where its page is, from docs/."""
        return f"rules/{self.id}.md"


@dataclass(frozen=True, slots=True)
class Edit:
    """What `--fix` does about a finding: `old` becomes `new` in one line, or the whole file goes (`new` is None)."""

    file: str
    line: int
    old: str
    new: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """`file` is relative to the theme's folder; `found` is what is there, `instead` what to write in its place."""

    rule: str
    file: str
    line: int
    found: str
    instead: str = ""
    level: Level | None = None
    """Where it is another than the rule's: what the service itself refuses is always fatal."""
    edit: Edit | None = None
    diff: str = ""
    """What has changed, as a unified diff, where that is what was found."""

    @property
    def weight(self) -> Level:
        return self.level or RULES[self.rule].level


_REFUSAL: Final = re.compile(
    r"(?:(?P<path>/[^:]*?)(?::(?P<line>\d+))?:? )?(?P<told>.*?)\.?(?: \[(?P<rule>[A-Z]\d\d)\])?$", re.DOTALL
)


def refusal(folder: Path, sentence: str) -> Finding:
    """What the service says when it refuses a theme, as a finding: `path:line told. [rule]`."""
    read = _REFUSAL.match(sentence)
    assert read  # noqa: S101 (every part of the pattern may be missing)
    path = Path(read["path"] or folder)
    file = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
    rule = read["rule"] if read["rule"] in RULES else "T02"
    return Finding(
        rule, "theme.json" if file == "." else file, int(read["line"] or 1), read["told"], level="F"
    )


def _read(folder: Path) -> dict[str, Rule]:
    texts = [tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for _, name in FAMILIES]
    return {id: _rule(id, told) for text in texts for id, told in text.items()}


def _rule(id: str, told: Mapping[str, Any]) -> Rule:
    languages: tuple[Language, ...] = ("zh-CN", "en")
    title, why, instead = (
        {lang: told[lang][key] for lang in languages} for key in ("title", "why", "instead")
    )
    return Rule(
        id,
        told["level"],
        told.get("judged", "files"),
        told.get("seen", False),
        told.get("fixed", False),
        title,
        why,
        instead,
        told["before"].strip("\n"),
        told["after"].strip("\n"),
        told["example"],
    )


RULES: Final[Mapping[str, Rule]] = _read(Path(__file__).with_name("rules"))
"""Every rule by its id, in the order of the families."""
