"""The tables of docs/theming.md, each between two marks in the hand-written page: made from what the code reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from widgets.parts import FIXED, HOOKS
from widgets.themes.manifest import Manifest
from widgets.tokens import Tokens
from widgets.views import NoticeRow, TodoRow, When, WidgetView

_HERE: Final = Path(__file__).parent
_COMPACT: Final = re.compile(r"^\.pw\[data-size=compact\] \{(.*?)^\}", re.DOTALL | re.MULTILINE)
_PART: Final = re.compile(r"\{#\s+Draws\s+(.*?)\n  Accepts", re.DOTALL)
MEANINGS: Final[Mapping[str, str]] = {
    "color-surface": "the card",
    "color-surface-hover": "a row or a button under the pointer",
    "color-surface-sunken": "the bars of the skeleton",
    "color-canvas": "the page behind a card that has a tab to itself",
    "color-border": "hairlines: decoration only",
    "color-border-strong": "borders of controls, the outline of 置顶, icons of blank cards",
    "color-text": "titles and words",
    "color-text-muted": "step, sender, department, time, foot",
    "color-link": "全部",
    "color-accent": "the filled button (登录, 立即重试), the dot of an unread row",
    "color-on-accent": "words on the accent",
    "color-focus": "the ring around what the keyboard is on",
    "color-critical": "特急: the filled tag and the bar at the row's left",
    "color-on-critical": "words on it",
    "color-critical-text": "“特急 2” in the head",
    "color-high-text": "紧急: words of the tag",
    "color-high-bg": "紧急: ground of the tag",
    "color-high-border": "紧急: border of the tag and the dashed bar",
    "color-normal-text": "words of the count in the head",
    "color-normal-bg": "ground of the count",
    "color-info-text": "新, and the bar “有 2 条新内容”: words",
    "color-info-bg": "the same: ground, and the flash of a new row",
    "color-info-border": "the same: border",
    "color-warn-text": "banner over an old or incomplete list: words",
    "color-warn-bg": "the same: ground",
    "color-warn-border": "the same: bar at its left",
    "color-danger-text": "banner “网络已断开”: words",
    "color-danger-bg": "the same: ground",
    "color-danger-border": "the same: bar at its left",
    "color-ok-text": "the icon of “没有待办” and of “登录成功”",
    "font-family": "fonts, the first that the machine has",
    "font-size": "everything that has no size of its own",
    "font-size-item": "the title of a row",
    "font-size-title": "the title of the card",
    "font-size-meta": "what stands under a title, banners, foot",
    "font-size-tag": "特急, 紧急, 新, 置顶",
    "line-item": "height of a line of a title",
    "line-meta": "height of a line under a title",
    "space-row-y": "above and below a row",
    "space-x": "left and right in the card",
    "radius-card": "corners of the card",
    "radius-control": "corners of buttons",
    "radius-tag": "corners of tags",
    "size-target": "least height and width of what can be pressed; 44px on touch screens",
    "clamp-title": "lines that a title may take before it is cut",
}
"""What each token is seen on, in the order of tokens.css."""


def renewed(text: str) -> str:
    """The page with every generated table made anew; the rest is the writer's. Raises KeyError for a strange mark."""

    def table(mark: re.Match[str]) -> str:
        return "\n".join((mark[1], "", *_TABLES[mark[2]](), "", mark[3]))

    return re.sub(r"(<!-- generated: ([a-z-]+) -->)\n.*?(<!-- end -->)", table, text, flags=re.DOTALL)


def _colours() -> Iterator[str]:
    yield from _head("token", "light", "dark", "seen on")
    ours = Tokens.read(_css())
    for name, light in ours.light.items():
        yield _row(f"`color.{name}`", f"`{light}`", f"`{ours.dark[name]}`", MEANINGS[f"color-{name}"])


def _measures() -> Iterator[str]:
    yield from _head("token", "default", "with `size=compact`", "what it is")
    found = _COMPACT.search(_css())
    compact = dict(re.findall(r"--pw-([a-z-]+): ([^;]+);", found[1] if found else ""))
    for name, value in Tokens.read(_css()).other.items():
        path = name.replace("-", ".", 1)
        yield _row(f"`{path}`", f"`{value}`", f"`{compact[name]}`" if name in compact else "", MEANINGS[name])


def _context(view: type[Any], name: str) -> Callable[[], Iterator[str]]:
    def table() -> Iterator[str]:
        yield from _head("name", "is", "meaning")
        kinds = get_type_hints(view)
        for field in fields(view):
            yield _row(f"`{name}.{field.name}`", _kind(kinds[field.name]), field.metadata["help"])

    return table


def _kind(hint: Any) -> str:
    """A type in a designer's words."""
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_kind(each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(f"`{each}`" for each in get_args(hint))
    if get_origin(hint) is tuple:
        return "list of texts" if get_args(hint)[0] is str else "list of rows"
    return {str: "text", int: "number", bool: "true or false", NoneType: "none", When: "a moment"}[hint]


def _parts() -> Iterator[str]:
    yield from _head("file", "draws", "must keep")
    for path in sorted((_HERE / "templates").glob("*.html")):
        if path.name not in FIXED:
            told = _PART.search(path.read_text("utf-8"))
            hooks = ", ".join(f"`{hook}`" for hook in HOOKS.get(path.name, ()))
            yield _row(f"`{path.name}`", " ".join(told[1].split()) if told else "", hooks)


def _messages() -> Iterator[str]:
    yield from _head("key", "zh-CN", "en")
    chinese, english = (
        json.loads((_HERE / "messages" / f"{lang}.json").read_text("utf-8")) for lang in _LANGS
    )
    for key, words in chinese.items():
        yield _row(f"`{key}`", words, english[key])


def _manifest() -> Iterator[str]:
    yield from _head("key of theme.json", "default", "meaning")
    for name, field in Manifest.model_fields.items():
        default = json.dumps(field.default, ensure_ascii=False)
        yield _row(f"`{field.alias or name}`", f"`{default}`", field.description or "")


def _icons() -> Iterator[str]:
    drawn = re.findall(r'<symbol id="([a-z]+)">', (_HERE / "static" / "icons.svg").read_text("utf-8"))
    yield "Icons: " + ", ".join(f"`{name}`" for name in drawn) + "."


_LANGS: Final = ("zh-CN", "en")
_TABLES: Final[Mapping[str, Callable[[], Iterator[str]]]] = {
    "colours": _colours,
    "measures": _measures,
    "widget": _context(WidgetView, "w"),
    "todo": _context(TodoRow, "row"),
    "notice": _context(NoticeRow, "row"),
    "when": _context(When, "when"),
    "parts": _parts,
    "messages": _messages,
    "icons": _icons,
    "manifest": _manifest,
}


def _head(*names: str) -> tuple[str, str]:
    return _row(*names), _row(*["---"] * len(names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _css() -> str:
    return (_HERE / "static" / "tokens.css").read_text("utf-8")
