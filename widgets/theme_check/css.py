"""theme.css as a browser reads it: rules, declarations and where each stands (CSS Syntax Module level 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import tinycss2

CONDITIONS: Final = frozenset({"media", "supports", "container", "layer", "scope"})
"""At-rules that hold rules."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """`name: value`, with the tokens of the value."""

    name: str
    value: str
    important: bool
    line: int
    tokens: Sequence[Any]

    def walk(self) -> Iterator[Any]:
        """Every token of the value, those inside functions too."""
        yield from walk(self.tokens)


@dataclass(frozen=True, slots=True)
class Block:
    """One rule: its selector, the conditions around it, and what it declares."""

    selector: str
    line: int
    within: tuple[str, ...]
    """Each as `@media (min-width: 480px)`, the outermost first."""
    declarations: tuple[Declaration, ...]
    nested: bool
    """It holds another rule."""

    def is_within(self, *words: str) -> bool:
        return any(word in condition for condition in self.within for word in words)

    def selectors(self) -> list[str]:
        """The selector without its commas; those inside brackets part nothing."""
        parts: list[list[Any]] = [[]]
        for token in tinycss2.parse_component_value_list(self.selector):
            if token.type == "literal" and token.value == ",":
                parts.append([])
            else:
                parts[-1].append(token)
        return [tinycss2.serialize(part).strip() for part in parts]


@dataclass(slots=True)
class Sheet:
    """A whole style sheet."""

    blocks: list[Block] = field(default_factory=list)
    at_rules: list[tuple[str, str, int]] = field(default_factory=list)
    """Keyword, prelude, line."""
    errors: list[tuple[str, int]] = field(default_factory=list)
    comments: list[tuple[str, int]] = field(default_factory=list)

    def declared(self) -> Iterator[tuple[Block, Declaration]]:
        for block in self.blocks:
            for declaration in block.declarations:
                yield block, declaration


def read(text: str) -> Sheet:
    """The sheet; what a browser would drop is among its errors."""
    sheet = Sheet()
    try:
        _add(sheet, tinycss2.parse_stylesheet(text, skip_whitespace=True), ())
    except RecursionError:
        sheet.errors.append(("brackets in brackets without end", 1))
    return sheet


def _add(sheet: Sheet, nodes: Sequence[Any], within: tuple[str, ...]) -> None:
    for node in nodes:
        if node.type == "comment":
            sheet.comments.append((node.value, node.source_line))
        elif node.type == "error":
            sheet.errors.append((node.message, node.source_line))
        elif node.type == "qualified-rule":
            sheet.blocks.append(_block(sheet, node, within))
        elif node.type == "at-rule":
            _at_rule(sheet, node, within)


def _at_rule(sheet: Sheet, node: Any, within: tuple[str, ...]) -> None:
    prelude = tinycss2.serialize(node.prelude).strip()
    sheet.at_rules.append((node.lower_at_keyword, prelude, node.source_line))
    if node.content is not None and node.lower_at_keyword in CONDITIONS:
        inner = tinycss2.parse_rule_list(node.content, skip_whitespace=True)
        _add(sheet, inner, (*within, f"@{node.lower_at_keyword} {prelude}"))


def _block(sheet: Sheet, node: Any, within: tuple[str, ...]) -> Block:
    held = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
    for each in held:
        if each.type == "error":
            sheet.errors.append((each.message, each.source_line))
        elif each.type == "comment":
            sheet.comments.append((each.value, each.source_line))
    return Block(
        tinycss2.serialize(node.prelude).strip(),
        node.source_line,
        within,
        tuple(_declaration(each) for each in held if each.type == "declaration"),
        any(each.type in ("qualified-rule", "at-rule") for each in held),
    )


def _declaration(node: Any) -> Declaration:
    value = tinycss2.serialize(node.value).strip()
    return Declaration(node.lower_name, value, node.important, node.source_line, node.value)


def walk(tokens: Sequence[Any]) -> Iterator[Any]:
    """Every token, those inside brackets and functions too."""
    for token in tokens:
        yield token
        yield from walk(getattr(token, "arguments", None) or getattr(token, "content", None) or ())
