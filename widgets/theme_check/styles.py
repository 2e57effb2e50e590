"""Rules S: what theme.css may say, so that it works in every browser of the hospital and stays inside the card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from widgets.theme_check.css import Block, Declaration
from widgets.theme_check.finding import Edit, Finding
from widgets.theme_check.floor import too_new
from widgets.theme_check.subject import Subject

FILE: Final = "theme.css"
_CLASSED: Final = re.compile(r"^[a-z0-9]*(?:\[[^\]]*\])*\.[a-zA-Z_-]")
"""A first compound selector that has a class."""
_UNITS: Final = frozenset(
    {"rem", "vw", "vh", "vmin", "vmax", "vi", "vb", "dvh", "dvw", "svh", "svw", "lvh", "lvw"}
)
_WAITING: Final = ("starting", "aria-busy", "pw-sk")
_SECONDS: Final = re.compile(r"(?<![\w.])(\d*\.?\d+)(ms|s)\b")
MOST_MOTION, LEAST_FONT, MOST_LEVEL = 200.0, 12.0, 9


def findings(subject: Subject) -> Iterator[Finding]:
    sheet = subject.sheet
    for sentence, line in sheet.errors:
        yield Finding("S02", FILE, line, f"no browser can read it: {sentence}")
    for keyword, prelude, line in sheet.at_rules:
        if keyword in ("layer", "scope"):
            yield Finding("S03", FILE, line, f"@{keyword} {prelude}".strip(), "the rules without it", "F")
    for block in sheet.blocks:
        if block.nested:
            yield Finding(
                "S03", FILE, block.line, f"{block.selector} holds other rules", "each rule by itself"
            )
        for selector in block.selectors():
            yield from _selector(block, selector)
    for line, what, instead in too_new(sheet):
        yield Finding("S02", FILE, line, what, instead)
    still = {
        selector for b in sheet.blocks if b.is_within("prefers-reduced-motion") for selector in b.selectors()
    }
    for block, declaration in sheet.declared():
        yield from _value(block, declaration)
        yield from _important(block, declaration)
        yield from _motion(block, declaration, still)


def _selector(block: Block, selector: str) -> Iterator[Finding]:
    first = re.split(r"[\s>+~]", selector, maxsplit=1)[0]
    if "#" in re.sub(r"\[[^\]]*\]", "", selector):
        yield Finding("S01", FILE, block.line, selector, "a class")
    elif not _CLASSED.match(first):
        yield Finding("S01", FILE, block.line, selector, f".pw {selector}")


def _value(block: Block, declaration: Declaration) -> Iterator[Finding]:
    said = f"{declaration.name}: {declaration.value}"
    for token in declaration.walk():
        if token.type == "dimension" and token.lower_unit in _UNITS:
            yield Finding("S04", FILE, declaration.line, said, "px")
    if declaration.name == "position" and declaration.value == "fixed":
        yield Finding("S04", FILE, declaration.line, said, "position: absolute", "F")
    if declaration.name == "z-index" and (number := _number(declaration)) is not None and number > MOST_LEVEL:
        yield Finding("S04", FILE, declaration.line, said, f"at most {MOST_LEVEL}")
    if declaration.name in ("font-size", "font"):
        sizes = [t.value for t in declaration.walk() if t.type == "dimension" and t.lower_unit == "px"]
        if sizes and sizes[0] < LEAST_FONT:
            yield Finding("S08", FILE, declaration.line, said, f"{LEAST_FONT:g}px or more")


def _number(declaration: Declaration) -> float | None:
    return next((float(token.value) for token in declaration.tokens if token.type == "number"), None)


def _important(block: Block, declaration: Declaration) -> Iterator[Finding]:
    if not declaration.important or block.is_within("print", "prefers-reduced-motion"):
        return
    said = f"{declaration.name}: {declaration.value} !important"
    hides = declaration.name == "display" and declaration.value != "none"
    edit = Edit(FILE, declaration.line, "!important", "")
    if hides:
        yield Finding("S06", FILE, declaration.line, said, said.removesuffix(" !important"), edit=edit)
    elif "[hidden]" not in block.selector:
        yield Finding("S05", FILE, declaration.line, said, "a selector that weighs more")


def _motion(block: Block, declaration: Declaration, still: set[str]) -> Iterator[Finding]:
    name = declaration.name
    if not name.startswith(("animation", "transition")) or block.is_within("prefers-reduced-motion"):
        return
    said = f"{name}: {declaration.value}"
    if "infinite" in declaration.value and not any(word in block.selector for word in _WAITING):
        yield Finding("S07", FILE, declaration.line, said, "an end; only what waits may move without one")
    # Ours stops the animations of every element; of transitions and of ::after it knows nothing.
    stopped = name.startswith("animation") and "::after" not in block.selector
    longest = max(
        (float(n) * (1000 if unit == "s" else 1) for n, unit in _SECONDS.findall(declaration.value)),
        default=0,
    )
    if longest > MOST_MOTION and not stopped and not set(block.selectors()) <= still:
        yield Finding("S07", FILE, declaration.line, said, "@media (prefers-reduced-motion: reduce) { … }")
