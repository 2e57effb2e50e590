"""What was found, in the reader's language: the code says it in English, `rules/said.toml` says it again in Chinese.

Sentences also come from the service itself, from Jinja and from axe-core, as texts. So they are found by their form
and not by a key, in time that grows with their length alone: a theme may make them as long as it likes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final

from widgets.views import Language

_NUMBER: Final = r"\d+(?:\.\d+)?"
_COLOUR: Final = r"[#\w-]+"
_VIEW: Final = r"(?:todos|notices)(?:/[a-z-]+)?(?: light| dark)?(?: zh-CN| en)?"
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("n", "m", "k"), _NUMBER),
    **dict.fromkeys(("front", "back"), _COLOUR),
    "view": _VIEW,
    "id": r"[A-Za-z0-9-]+",
}
"""Places that hold only this; any other holds whatever comes before the next words."""
DEEPEST: Final = 6
"""Sentences in the places of sentences."""
_RULE: Final = re.compile(r"\.?(?: (\[[A-Z]\d\d\])\.?)?\Z")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry of the catalogue."""

    english: str
    form: re.Pattern[str]
    chinese: str

    @property
    def words(self) -> int:
        """Letters that are the same each time: the more of them, the surer it is this sentence."""
        return sum(len(text) for text, *_ in Formatter().parse(self.english))


def said(sentence: str, lang: Language, depth: int = 0) -> str:
    """The sentence in that language, also behind a path; as it is when nobody has said it yet, or when it is code."""
    if lang == "en" or depth > DEEPEST:
        return sentence
    for each in SENTENCES:
        if found := each.form.match(sentence):
            filled = {place: said(text, lang, depth + 1) for place, text in found.groupdict().items()}
            return each.chinese.format(**filled)
    place, _, rest = sentence.partition(" ")
    return f"{place} {said(rest, lang, depth + 1)}" if "/" in place and rest else sentence


def refusal_said(sentence: str, lang: Language) -> str:
    """What the service says when it refuses a theme, `path:line told. [rule]`, in that language."""
    found = _RULE.search(sentence)
    body, rule = (sentence[: found.start()], found[1] or "") if found else (sentence, "")
    told = said(body, lang)
    return sentence if told == body else f"{told}。{rule}"


def _form(english: str) -> re.Pattern[str]:
    """Each open place is tried up to the next words only, and never again: an atomic group (Python 3.11)."""
    groups = [""]
    for text, place, _, _ in Formatter().parse(english):
        groups[-1] += re.escape(text)
        if place and place in _KINDS:
            groups[-1] += f"(?P<{place}>{_KINDS[place]})"
        elif place:
            groups.append(f"(?P<{place}>.+?)")
    groups[-1] += r"\Z"
    return re.compile("".join(f"(?>{group})" for group in groups), re.DOTALL)


def _read(path: Path) -> list[Sentence]:
    every = tomllib.loads(path.read_text("utf-8")).values()
    found = [Sentence(en, _form(en), zh) for group in every for en, zh in group.items()]
    return sorted(found, key=lambda each: -each.words)


SENTENCES: Final = tuple(_read(Path(__file__).with_name("rules") / "said.toml"))
"""The surest first."""
