"""theme.css, read as a browser reads it: what would load from elsewhere, break out or reach others is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import tinycss2

from widgets.themes.files import ThemeError, refused, text_of

MOST_CSS: Final = 12_000
"""Characters of theme.css."""
DEEPEST: Final = 32
"""Brackets in each other."""
URL: Final = re.compile(r"url\(\s*([\"']?)([^)\"']*)\1\s*\)", re.IGNORECASE)
_AT_RULES: Final = frozenset(
    {"media", "supports", "container", "keyframes", "-webkit-keyframes", "font-face", "page"}
)
_LOADING: Final = frozenset(
    {"image-set", "-webkit-image-set", "image", "cross-fade", "-webkit-cross-fade", "src", "element"}
    | {"paint", "expression"}
)
"""Functions that may load by a mere text, or run."""
_END: Final = ".pw-end"


def read(path: Path, assets: Collection[str]) -> str:
    """The rules of a theme.css, without comments; none when there is no such file. Raises ThemeError."""
    text = text_of(path) if path.is_file() else ""
    if len(text) > MOST_CSS:
        raise ThemeError(f"{path} is longer than {MOST_CSS} characters. [P01]")
    for rule, line, sentence in _faults(text, assets):
        raise refused(path, sentence, rule, line)
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def _faults(text: str, assets: Collection[str]) -> Iterator[tuple[str, int, str]]:
    """Rule, line and the rest of a sentence."""
    for found in re.finditer(r"<|\\", text):
        yield "X01", text.count("\n", 0, found.start()) + 1, f"may not contain {found[0]!r}"
    if _depth(text) > DEEPEST:  # before it is parsed: how deep a parser gets depends on who calls it
        yield "S03", 1, f"has more than {DEEPEST} brackets in each other"
        return
    nodes = tinycss2.parse_stylesheet(f"{text}\n{_END}{{}}", skip_whitespace=True, skip_comments=True)
    if not any(tinycss2.serialize(getattr(last, "prelude", None) or ()) == _END for last in nodes[-1:]):
        yield "S03", text.count("\n") + 1, "ends inside a rule, a text or a comment: close what is open"
    for token in _walk(nodes):
        if wrong := _wrong(token, assets):
            yield wrong[0], token.source_line, wrong[1]
    if "url(" in URL.sub("", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).lower():
        yield "X03", 1, "may not contain 'url(' without an address of assets/"


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[(\[{]|[)\]}]", text):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(depth, deepest)
    return deepest


def _wrong(token: Any, assets: Collection[str]) -> tuple[str, str] | None:
    match token.type:
        case "error":
            return "S03", f"cannot be read: {token.message}"
        case "at-rule" | "at-keyword":
            word = token.lower_at_keyword if token.type == "at-rule" else token.lower_value
            rule = "X02" if word == "import" else "S03"
            told = "media, supports, container, keyframes and font-face are there"
            return None if word in _AT_RULES else (rule, f"may not contain '@{word}': {told}")
        case "url":
            return _foreign(token.value, assets)
        case "function" if token.lower_name == "url":
            return _foreign(tinycss2.serialize(token.arguments).strip().strip("\"'"), assets)
        case "function" if token.lower_name in _LOADING:
            return "X03", f"may not contain '{token.lower_name}(': only url(assets/…) loads"
        case "ident" if token.lower_value == "fixed":
            return "S04", "may not contain 'fixed': a card stays in its place on the portal's page"
    return None


def _foreign(address: str, assets: Collection[str]) -> tuple[str, str] | None:
    if address.startswith("assets/") and address.removeprefix("assets/") in assets:
        return None
    return "X03", f"may not contain 'url({address})': only files of assets/, as url(assets/a.woff2)"


def _walk(tokens: Sequence[Any]) -> Iterator[Any]:
    """Every token, those inside rules, brackets and functions too."""
    for token in tokens:
        yield token
        for inner in ("prelude", "content", "arguments"):
            yield from _walk(getattr(token, inner, None) or ())
