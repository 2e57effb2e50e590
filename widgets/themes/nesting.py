"""Where to mend a part: where a block began that was never closed (Jinja says where it noticed), where rows begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, TemplateSyntaxError

_COMMENT: Final = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
_BLOCKS: Final = frozenset({"if", "for", "set", "with", "filter", "autoescape", "block", "call", "macro"})


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A tag without its end: `{% if %}` of line 13, missed in line 23. `before` is none at the end of the file."""

    tag: str
    line: int
    before: int | None

    @property
    def end(self) -> str:
        return f"{{% end{self.tag} %}}"

    def __str__(self) -> str:
        missed = f"before line {self.before}" if self.before else "at the end"
        return f"opens {{% {self.tag} %}} and does not close it: {self.end} is missing {missed}"


def unclosed(environment: Environment, source: str, error: TemplateSyntaxError) -> Unclosed | None:
    """The innermost block that is open where another one ends, or where the part does; None for another `error`."""
    if "needs to be closed" not in (error.message or ""):
        return None
    opened: list[tuple[str, int]] = []
    try:
        for tag, line in _tags(environment, source):
            if tag in _BLOCKS:
                opened.append((tag, line))
            elif tag.removeprefix("end") in _BLOCKS:
                if not opened:
                    return None
                inner, began = opened.pop()
                if tag != f"end{inner}":
                    return Unclosed(inner, began, line)
    except TemplateSyntaxError:
        return None
    return Unclosed(*opened[-1], None) if opened else None


def row_line(source: str) -> int:
    """The line where a part draws a row, or where it loops over them; the first when it does neither."""
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    found = re.search(r"<li\b|\bpw-item\b", text) or re.search(r"\bin w\.items\b", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _tags(environment: Environment, source: str) -> Iterator[tuple[str, int]]:
    """First words of `{% … %}` with their lines. A `set` with a value is no block, and is left out."""
    word, began, assigns = "", 0, False
    for line, kind, value in environment.lex(source):
        if kind == "block_begin":
            word, began, assigns = "", line, False
        elif kind == "name":
            word = word or value
        elif kind == "operator" and value == "=":
            assigns = True
        elif kind == "block_end" and word and not (word == "set" and assigns):
            yield word, began
