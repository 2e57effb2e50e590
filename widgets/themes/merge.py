"""Three versions of a part become one: where it was copied from, what the theme made of it, what ours is today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff
from hashlib import sha256
from pathlib import Path
from typing import Final

from widgets.themes.files import ThemeError, text_of

ROOM: Final = "based-on"
"""The folder of a theme that keeps our parts as they were when they were copied."""
MARK: Final = re.compile(r"\{#-?\s*based-on:\s*([0-9a-f]{8})\s*-?#\}[ \t]*\n?")
"""What a part says of the one that it was copied from: `{# based-on: 3f9c1d5e #}`."""


def mark(ours: str) -> str:
    """The mark of a part that is made from this one of ours."""
    return f"{{# based-on: {digest(ours)} #}}"


def digest(source: str) -> str:
    return sha256(source.encode()).hexdigest()[:8]


def copied_from(folder: Path, name: str, said: str | None) -> str | None:
    """Our part as it was when a theme copied it; None when the theme has not kept it, or its mark says another.

    A part may have lost its mark: then what was kept is believed.
    """
    try:
        kept = text_of(folder / ROOM / name)
    except ThemeError:
        return None
    return kept if said in (None, digest(kept)) else None


def changes(before: str, now: str) -> str:
    """A unified diff without its head; empty when nothing has changed."""
    lines = unified_diff(before.splitlines(), now.splitlines(), lineterm="", n=1)
    return "\n".join(list(lines)[2:])


def merged(base: str, theirs: str, ours: str) -> tuple[str, int]:
    """Both changes in one text, and how often they meet: there both stand, between the marks that git writes too."""
    lines: list[str] = []
    clashes = 0
    for was, one, other in _pieces(*(text.splitlines() for text in (base, theirs, ours))):
        if one in (was, other):
            lines += other
        elif other == was:
            lines += one
        else:
            clashes += 1
            lines += ["<<<<<<< the theme", *one, "=======", *other, ">>>>>>> the service"]
    return "\n".join(lines) + "\n", clashes


Lines = Sequence[str]


def _pieces(base: Lines, one: Lines, other: Lines) -> Iterator[tuple[Lines, Lines, Lines]]:
    """The same stretch of each, in turn one that all three share, and one in which any may differ."""
    at = (0, 0, 0)
    for start, length in _shared(base, one, other):
        yield tuple(text[a:b] for text, a, b in zip((base, one, other), at, start, strict=True))  # type: ignore[misc]
        same = base[start[0] : start[0] + length]
        yield same, same, same
        at = tuple(place + length for place in start)  # type: ignore[assignment]


def _shared(base: Lines, one: Lines, other: Lines) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Where lines of the base stand unchanged in both others; at last the end of all three."""
    blocks = [
        SequenceMatcher(None, base, each, autojunk=False).get_matching_blocks() for each in (one, other)
    ]
    for a in blocks[0]:
        for b in blocks[1]:
            start, end = max(a.a, b.a), min(a.a + a.size, b.a + b.size)
            if start < end:
                yield (start, start - a.a + a.b, start - b.a + b.b), end - start
    yield (len(base), len(one), len(other)), 0
