"""Reading templates without running them: what they use, and what a theme's part may not do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from widgets.views import NoticeRow, TodoRow, When, WidgetView

DECLARED: Final = frozenset(f.name for view in (WidgetView, TodoRow, NoticeRow, When) for f in fields(view))
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
_SCRIPT: Final = re.compile(
    r"<(?:script|style|iframe|object|base)\b|\son[a-z]+\s*=|javascript:|srcdoc", re.IGNORECASE
)


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
    environment: Environment, name: str, source: str, ours: Collection[str], words: Mapping[str, Any]
) -> str | None:
    """Why a theme's part cannot be used, as the rest of a sentence; None when it can."""
    if name not in ours or name in FIXED:
        return "is not a part that a theme may replace"
    try:
        used, tree = uses(environment, source), environment.parse(source)
    except TemplateSyntaxError as error:
        return f"cannot be read: line {error.lineno}: {error.message}"
    return next(filter(None, _faults(name, source, tree, used, words)), None)


def _faults(
    name: str, source: str, tree: nodes.Template, used: Uses, words: Mapping[str, Any]
) -> Iterator[str | None]:
    yield _named("reads fields that do not exist: {}", used.fields - DECLARED - _LOOP)
    yield _named("uses names that do not exist: {}", meta.find_undeclared_variables(tree) - GIVEN)
    yield _named("uses messages that do not exist: {}", used.messages - set(words))
    yield _named("lacks what the card needs to work: {}", {h for h in HOOKS.get(name, ()) if h not in source})
    yield _named("may not use the filter {}", {f.name for f in tree.find_all(nodes.Filter)} & {"safe"})
    if tree.find(nodes.ScopedEvalContextModifier):
        yield "may not switch escaping off"
    if found := _SCRIPT.search(source):
        yield f"may not contain {found[0].strip()}"


def _named(sentence: str, names: Collection[str]) -> str | None:
    return sentence.format(", ".join(sorted(names))) if names else None
