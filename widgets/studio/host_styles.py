"""What a portal's styles would do to a card that stood in its page unprotected: the leak score, and who is to blame.

In a frame or a shadow root they do nothing; the score says how much that spares.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from widgets.theme_check.css import Block, Declaration
from widgets.theme_check.css import read as read_css

ELEMENTS: Final = ("section", "div", "h2", "p", "ul", "li", "a", "span", "time", "button", "svg", "form")
"""What a card is made of."""
INHERITED: Final = frozenset(
    {"font", "font-family", "font-size", "font-style", "font-weight", "line-height", "letter-spacing"}
    | {"word-spacing", "color", "text-align", "text-indent", "text-transform", "white-space", "direction"}
)
MOST: Final = 150_000
"""Characters that are read in all: half a second's work."""
_LAST: Final = re.compile(r"([a-z][a-z0-9]*|\*)?((?:::?[a-z-]+(?:\([^)]*\))?)*)$", re.IGNORECASE)
_PARTS: Final = re.compile(r"[\s>+~]+")


@dataclass(frozen=True, slots=True)
class Leaks:
    """What reaches a card without protection."""

    score: int
    """How many pairs of element and property are set."""
    culprits: tuple[str, ...]
    """The selectors that set most, the worst first."""
    important: int
    """Declarations with !important among them."""
    root_size: str | None
    """The size of `html` where it is not the browser's: every `rem` follows it."""
    is_cut: bool
    """There are more styles than were read."""


def leaks(styles: Sequence[str]) -> Leaks:
    """What these style sheets set on the elements that a card is made of."""
    blocks = [block for text in _within(styles) for block in _blocks(text)]
    hits = [hit for block in blocks for hit in _hits(block)]
    worst = Counter(selector for selector, _, _ in hits).most_common()
    return Leaks(
        len({(element, declaration.name) for _, element, declaration in hits}),
        tuple(selector for selector, _ in worst),
        len({id(declaration) for _, _, declaration in hits if declaration.important}),
        _root_size(blocks),
        sum(map(len, styles)) > MOST,
    )


def _hits(block: Block) -> Iterator[tuple[str, str, Declaration]]:
    """Selector, element of a card, what is set on it."""
    for selector in block.selectors():
        reach = reached(selector)
        for declaration in block.declarations:
            if reach != INHERITING:
                yield from ((selector, element, declaration) for element in reach)
            elif declaration.name in INHERITED:
                yield from ((selector, element, declaration) for element in ELEMENTS)


def _root_size(blocks: Iterable[Block]) -> str | None:
    sizes = [
        declaration.value
        for block in blocks
        if {"html", ":root"} & set(block.selectors())
        for declaration in block.declarations
        if declaration.name == "font-size"
    ]
    return sizes[-1] if sizes and sizes[-1] not in _USUAL else None


def _within(styles: Iterable[str]) -> Iterator[str]:
    left = MOST
    for text in styles:
        yield text[:left]
        left = max(left - len(text), 0)


INHERITING: Final = ("html",)
_USUAL: Final = ("100%", "16px", "1em", "medium")


def reached(selector: str) -> tuple[str, ...]:
    """The elements of a card that a selector can mean: by its last part, if that has no class, id or attribute."""
    last = _PARTS.split(selector.strip())[-1]
    found = _LAST.fullmatch(last)
    if found is None:
        return ()
    tag = (found[1] or "*").lower()
    if tag in ("html", "body") or last == ":root":
        return INHERITING
    if tag == "*":
        return ELEMENTS if last else ()
    return (tag,) if tag in ELEMENTS else ()


def _blocks(text: str) -> Iterable[Block]:
    try:
        return [block for block in read_css(text).blocks if not block.is_within("print")]
    except RecursionError:
        return ()  # nobody's real style sheet is so deep
