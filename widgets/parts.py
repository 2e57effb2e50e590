"""Reading templates without running them: what they use, and what a theme's part may not do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from widgets.tokens import nearest
from widgets.views import NoticeRow, TodoRow, When, WidgetView

_VIEWS: Final[frozenset[type[Any]]] = frozenset({WidgetView, TodoRow, NoticeRow, When})
DECLARED: Final = frozenset(f.name for view in _VIEWS for f in fields(view))
"""Every field that a template may read."""
GIVEN: Final = frozenset(
    {"w", "m", "words", "page", "layout", "style", "assets", "icons", "base_url", "events", "listed"}
    | {"lang", "scheme", "title", "tab", "reload", "script", "say", "code", "reference", "sentence", "icon"}
)
"""Every name that a template is given or that an outer template sets for it."""
HOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    "_head.html": ("pw-title", "w.uid }}-h", "data-pw-refresh"),
    "_foot.html": ("data-pw-updated", "data-pw-pause"),
    "_todo.html": ("pw-item", "row.id", "pw-link", "pw-text", "datetime="),
    "_notice.html": ("pw-item", "row.id", "pw-link", "pw-text", "datetime="),
    "_state_signed-out.html": ("w.sign_in_url",),
}
"""What the script and assistive technology need from a part, as its source says it."""
FIXED: Final = frozenset({"_page.html", "_fragment.html", "_widget.html", "todos.html", "notices.html"})
"""The frame of a card: never a theme's."""
_METHODS: Final = frozenset({"format", "join", "get", "split"})
_LOOP: Final = frozenset({"index", "index0", "first", "last", "length"})
_OTHER_ROW: Final[Mapping[str, type[Any]]] = {"_todo.html": NoticeRow, "_notice.html": TodoRow}
_SCRIPT: Final = re.compile(
    r"<(?:script|iframe|object|base)\b|\son[a-z]+\s*=|javascript:|srcdoc", re.IGNORECASE
)
_STYLE: Final = re.compile(r"<(?:style|link)\b|\sstyle\s*=", re.IGNORECASE)
_IMAGE: Final = re.compile(r"<img\b[^>]*?\ssrc\s*=\s*[\"']?(?![\"'\s]|\{[{%])", re.IGNORECASE)
_REACHING: Final = frozenset({"attr", "map", "selectattr", "rejectattr", "groupby", "xmlattr"})
"""Filters that read a field whose name is only known when the card is drawn."""
_COMMENT: Final = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Uses:
    """What one template reads."""

    fields: frozenset[str]
    messages: frozenset[str]
    """Whole keys."""
    beginnings: frozenset[str]
    """Beginnings of keys that are put together."""


def uses(environment: Environment, source: str) -> Uses:
    """Walks the syntax tree of a template. Raises TemplateSyntaxError."""
    tree = environment.parse(source)
    keys = [item.arg for item in tree.find_all(nodes.Getitem) if _is_messages(item.node)]
    consts = [const for key in keys for const in ([key] if isinstance(key, nodes.Const) else _branches(key))]
    joined = [key.nodes[0] for key in keys if isinstance(key, nodes.Concat)]
    return Uses(
        frozenset(item.attr for item in tree.find_all(nodes.Getattr)) - _METHODS,
        frozenset(const.value for const in consts),
        frozenset(first.value for first in joined if isinstance(first, nodes.Const)),
    )


def _is_messages(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "m"


def _branches(key: nodes.Node) -> Iterator[nodes.Const]:
    if isinstance(key, nodes.CondExpr):
        yield from (side for side in (key.expr1, key.expr2) if isinstance(side, nodes.Const))


def fault(
    environment: Environment,
    name: str,
    source: str,
    ours: Collection[str],
    words: Mapping[str, Any],
    assets: Collection[str],
) -> str | None:
    """Why a theme's part cannot be used, as the rest of a sentence; None when it can."""
    if name not in ours or name in FIXED:
        return "is not a part that a theme may replace"
    try:
        used, tree = uses(environment, source), environment.parse(source)
        environment.compile(source, raw=True)  # finds filters that do not exist
    except TemplateSyntaxError as error:
        return f"cannot be read: line {error.lineno}: {(error.message or '').rstrip('.')}"
    faults = (*_unknown(name, tree, used, ours, words, assets), *_unfit(name, source, tree))
    return next(filter(None, faults), None)


def _unknown(
    name: str,
    tree: nodes.Template,
    used: Uses,
    ours: Collection[str],
    words: Collection[str],
    assets: Collection[str],
) -> Iterator[str | None]:
    """Everything that a part reads and that is not there."""
    declared = {field.name for view in _VIEWS if view != _OTHER_ROW.get(name) for field in fields(view)}
    shown = {
        item.arg.value
        for item in tree.find_all(nodes.Getitem)
        if isinstance(item.node, nodes.Name)
        and item.node.name == "assets"
        and isinstance(item.arg, nodes.Const)
    }
    included = {file for file in meta.find_referenced_templates(tree) if file}
    yield _named("reads fields that do not exist: {}", used.fields - declared - _LOOP, declared)
    yield _named("uses names that do not exist: {}", meta.find_undeclared_variables(tree) - GIVEN, GIVEN)
    yield _named("uses messages that do not exist: {}", used.messages - set(words), words)
    yield _named("shows assets that do not exist: {}", shown - set(assets), assets)
    yield _named("includes files that do not exist: {}", included - set(ours))


def _unfit(name: str, source: str, tree: nodes.Template) -> Iterator[str | None]:
    """What a part lacks, and what it may not hold."""
    drawn = re.sub(r"\s*\}\}", " }}", _COMMENT.sub("", source))
    yield _named("lacks what the card needs to work: {}", {h for h in HOOKS.get(name, ()) if h not in drawn})
    if any(item.name == "safe" for item in tree.find_all(nodes.Filter)):
        yield "may not use the filter safe: all that is written is escaped"
    if any(item.name in _REACHING for item in tree.find_all(nodes.Filter)) or _reaches_inside(tree):
        yield "may not look inside Python: only the fields of docs/theming.md are there"
    if tree.find(nodes.ScopedEvalContextModifier):
        yield "may not switch escaping off"
    if found := _SCRIPT.search(source):
        yield f"may not contain {found[0].strip()}: a theme runs no script and loads no page"
    if found := _STYLE.search(source):
        yield f"may not contain {found[0].strip()}: rules belong in theme.css"
    if _IMAGE.search(source):
        yield 'may show images of assets/ only: <img src="{{ assets[\'logo.svg\'] }}" alt="">'


def _reaches_inside(tree: nodes.Template) -> bool:
    """Names with two underscores lead from any value to the whole program, whichever way they are written."""
    written = [item.value for item in tree.find_all(nodes.Const)]
    written += [item.attr for item in tree.find_all(nodes.Getattr)]
    return any(isinstance(word, str) and "__" in word for word in written)


def _named(sentence: str, names: Collection[str], known: Collection[str] = ()) -> str | None:
    if not names:
        return None
    near = nearest(next(iter(names)), known) if len(names) == 1 else ""
    return sentence.format(", ".join(sorted(names))) + near
