"""What the oldest supported browser, Chromium 78, does not know yet, and where it may be used all the same.

A browser drops a declaration or a rule that it cannot read. So what is newer may stand in `@supports` and
`@container`, or after a declaration of the same property that the old ones read. Versions: browser-compat-data 8.1.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from widgets.theme_check.css import Block, Declaration, Sheet

PROPERTIES: Final[Mapping[str, tuple[int, str]]] = {
    "inset": (87, "top, right, bottom, left"),
    "aspect-ratio": (88, "height"),
    "accent-color": (93, "a colour token"),
    "translate": (104, "transform"),
    "rotate": (104, "transform"),
    "scale": (104, "transform"),
    "row-gap": (84, "margins"),
    "column-gap": (84, "margins"),
}
LOGICAL: Final = re.compile(r"^(?:margin|padding|inset|border)-(?:inline|block)$|^inset-(?:inline|block)")
FUNCTIONS: Final[Mapping[str, tuple[int, str]]] = {
    "min": (79, "one length"),
    "max": (79, "one length"),
    "clamp": (79, "one length"),
    "color-mix": (111, "a token, reckoned beforehand"),
    "oklch": (111, "#RRGGBB as a token"),
    "oklab": (111, "#RRGGBB as a token"),
    "lch": (111, "#RRGGBB as a token"),
    "lab": (111, "#RRGGBB as a token"),
    "light-dark": (123, "a token with both values"),
    "hwb": (101, "#RRGGBB as a token"),
}
KEYWORDS: Final[Mapping[str, tuple[int, str]]] = {
    "revert": (84, "the value itself"),
    "revert-layer": (99, "the value itself"),
    "clip": (90, "hidden"),
}
SELECTORS: Final = (
    (re.compile(r":is\("), 88, "each selector by itself"),
    (re.compile(r":where\("), 88, "each selector by itself"),
    (re.compile(r":has\("), 105, "a class or an attribute of the card"),
    (re.compile(r":not\([^)]*,"), 88, ":not() twice"),
    (re.compile(r"(?<!:not\():focus-visible"), 86, ":focus, and a second rule :focus:not(:focus-visible)"),
)
_DROPPED: Final = ("@supports", "@container")
_FLEX: Final = re.compile(r"\bflex\b")


def too_new(sheet: Sheet) -> Iterator[tuple[int, str, str]]:
    """Line, what stands there, what to write instead."""
    for keyword, prelude, line in sheet.at_rules:
        if keyword == "media" and re.search(r"[<>]", prelude):
            yield line, f"@media {prelude} (Chromium 104)", "(min-width: …)"
        if keyword == "property":
            yield line, f"@property {prelude} (Chromium 85)", "a token"
    for block in sheet.blocks:
        if block.is_within(*_DROPPED):
            continue
        for pattern, version, instead in SELECTORS:
            if pattern.search(block.selector):
                yield block.line, f"{block.selector} (Chromium {version})", instead
        yield from _declarations(block)


def _declarations(block: Block) -> Iterator[tuple[int, str, str]]:
    earlier: set[str] = set()
    for declaration in block.declarations:
        needed = _needed(block, declaration)
        if needed is None:
            earlier.add(declaration.name)
        # A custom property always counts, so nothing before it can save what uses it.
        elif declaration.name not in earlier or declaration.name.startswith("--"):
            version, instead = needed
            said = f"{declaration.name}: {declaration.value} (Chromium {version})"
            yield declaration.line, said, f"before it, or in its place: {instead}"


def _needed(block: Block, declaration: Declaration) -> tuple[int, str] | None:
    name = declaration.name
    if name in PROPERTIES and not (name.endswith("-gap") and not _is_flex(block)):
        return PROPERTIES[name]
    if name == "gap" and _is_flex(block):
        return 84, "margins"
    if LOGICAL.search(name):
        return 87, "left and right, top and bottom"
    for token in declaration.walk():
        if token.type == "function" and token.lower_name in FUNCTIONS:
            return FUNCTIONS[token.lower_name]
        if (
            token.type == "ident"
            and token.lower_value in KEYWORDS
            and (token.lower_value != "clip" or name.startswith("overflow"))
        ):
            return KEYWORDS[token.lower_value]
    return None


def _is_flex(block: Block) -> bool:
    return any(each.name == "display" and _FLEX.search(each.value) for each in block.declarations) or (
        not any(each.name == "display" and "grid" in each.value for each in block.declarations)
    )
