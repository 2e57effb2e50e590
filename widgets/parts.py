"""Reading templates without running them: what they use, and what a theme's part may not do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from widgets.themes.nesting import row_line, unclosed
from widgets.tokens import nearest
from widgets.views import NoticeRow, TodoRow, When, WidgetView

VIEWS: Final[frozenset[type[Any]]] = frozenset({WidgetView, TodoRow, NoticeRow, When})
DECLARED: Final = frozenset(f.name for view in VIEWS for f in fields(view))
"""Every field that a template may read."""
GIVEN: Final = frozenset(
    {"w", "m", "words", "page", "layout", "style", "assets", "icons", "base_url", "events", "listed", "look"}
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
FIXED: Final = frozenset(
    {"_page.html", "_fragment.html", "_widget.html", "todos.html", "notices.html", "handed_over.html"}
)
"""The frame of a card, and the page that hands a sign-in over: never a theme's."""
_METHODS: Final = frozenset({"format", "join", "get", "split"})
SCRIPTS: Final = frozenset({"widgets.js", "sign-in.js", "done.js"})
"""Our own assets: a part may name them where ours does."""
LOOP: Final = frozenset({"index", "index0", "first", "last", "length"})
_OTHER_ROW: Final[Mapping[str, type[Any]]] = {"_todo.html": NoticeRow, "_notice.html": TodoRow}
_SCRIPT: Final = re.compile(
    r"<(?:script|iframe|object|base)\b|\son[a-z]+\s*=|javascript:|srcdoc", re.IGNORECASE
)
_STYLE: Final = re.compile(r"<(?:style|link)\b|\sstyle\s*=", re.IGNORECASE)
_MERGE: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_IMAGE: Final = re.compile(r"<img\b[^>]*?\ssrc\s*=\s*[\"']?(?![\"'\s]|\{[{%])", re.IGNORECASE)
_REACHING: Final = frozenset({"attr", "map", "selectattr", "rejectattr", "groupby", "xmlattr"})
"""Filters that read a field whose name is only known when the card is drawn."""
_INSIDE: Final = "may not look inside Python: only the fields of docs/theming.md are there"
FILTERS: Final = frozenset(
    {"abs", "capitalize", "count", "d", "default", "e", "escape", "first", "int", "join", "last", "length"}
    | {"list", "lower", "max", "min", "replace", "reverse", "round", "sort", "string", "striptags", "title"}
    | {"trim", "truncate", "unique", "upper", "urlencode"}
)
"""The filters that a theme's part may use: none makes much out of little."""
_FILTERS_TOLD: Final = "there are " + ", ".join(sorted(FILTERS))
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


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a theme's part cannot be used: the rule that says so, where, and the rest of a sentence."""

    rule: str
    line: int
    sentence: str
    instead: str = ""
    """What to write, where that is known."""


def faults(
    environment: Environment,
    name: str,
    source: str,
    ours: Collection[str],
    words: Mapping[str, Any],
    assets: Collection[str],
) -> Iterator[Fault]:
    """Everything for which a theme's part is refused; nothing when it can be used.

    The environment must be the bounded one: compiling reckons out what a part writes in plain figures and texts.
    """
    if name not in ours or name in FIXED:
        yield Fault("T01", 1, "is not a part that a theme may replace")
        return
    try:
        used, tree = uses(environment, source), environment.parse(source)
        found = [
            *_unknown(name, source, tree, used, ours, words, assets),
            *_unfit(name, source, tree),
            *reaching(name, tree),
        ]
        yield from found
        if not found:
            environment.compile(source, raw=True)  # finds what only Jinja knows: `is large`
    except RecursionError:
        yield Fault("T08", 1, "is nested too deeply")
    except TemplateSyntaxError as error:
        told = f"cannot be read: line {error.lineno}: {(error.message or '').rstrip('.')}"
        lost = unclosed(environment, source, error)
        yield Fault("T01", lost.line, str(lost), lost.end) if lost else Fault("T01", error.lineno, told)


def _unknown(
    name: str,
    source: str,
    tree: nodes.Template,
    used: Uses,
    ours: Collection[str],
    words: Collection[str],
    assets: Collection[str],
) -> Iterator[Fault]:
    """Everything that a part reads and that is not there."""
    declared = {field.name for view in VIEWS if view != _OTHER_ROW.get(name) for field in fields(view)}
    names = meta.find_undeclared_variables(tree) - GIVEN
    included = {file or "" for file in meta.find_referenced_templates(tree)} - {f"parent:{name}"}
    layouts = {"layout"} if used.fields and "layout" in source else set[str]()
    for rule, sentence, unknown, known in (
        ("T03", "reads fields that do not exist: {}", used.fields - declared - LOOP, declared),
        ("T03", "uses names that do not exist: {}", names, GIVEN),
        ("L01", "uses messages that do not exist: {}", used.messages - set(words), words),
        ("X03", "shows assets that do not exist: {}", shown(tree) - set(assets) - SCRIPTS, assets),
        ("T01", "includes files that do not exist: {}", included - set(ours) - layouts - {""}, ours),
    ):
        if unknown:
            near = nearest(next(iter(unknown)), known) if len(unknown) == 1 and rule != "T01" else ""
            line = _line(source, next(iter(unknown)))
            yield Fault(rule, line, sentence.format(", ".join(sorted(unknown))) + near)


def shown(tree: nodes.Template) -> set[str]:
    """The assets that a part names."""
    return {
        item.arg.value
        for item in tree.find_all(nodes.Getitem)
        if isinstance(item.node, nodes.Name)
        and item.node.name == "assets"
        and isinstance(item.arg, nodes.Const)
    }


def _unfit(name: str, source: str, tree: nodes.Template) -> Iterator[Fault]:
    """What a part lacks, and what it may not hold."""
    drawn = re.sub(r"\s*\}\}", " }}", _COMMENT.sub("", source))
    lacking = {hook for hook in HOOKS.get(name, ()) if hook not in drawn}
    if lacking and f"parent:{name}" not in meta.find_referenced_templates(tree):
        what = "lacks what the card needs to work: " + ", ".join(sorted(lacking))
        yield Fault("T05", row_line(source), what)
    for rule, pattern, sentence in (
        ("X01", _SCRIPT, "may not contain {}: a theme runs no script and loads no page"),
        ("T01", _MERGE, "holds the marks of a merge: choose one of both, and take the three marks out"),
        ("X01", _STYLE, "may not contain {}: rules belong in theme.css"),
        ("X02", _IMAGE, 'may show images of assets/ only: <img src="{{{{ assets[\'logo.svg\'] }}}}" alt="">'),
    ):
        if found := pattern.search(source):
            line = source.count("\n", 0, found.start()) + 1
            yield Fault(rule, line, sentence.format(found[0].strip()))


def reaching(name: str, tree: nodes.Template) -> Iterator[Fault]:
    """What a part would do beyond writing what it is given: reach into the program, or work without end."""
    for item in tree.find_all(nodes.Filter):
        if item.name == "safe":
            yield Fault("X01", item.lineno, "may not use the filter safe: all that is written is escaped")
        elif item.name in _REACHING:
            yield Fault("X01", item.lineno, _INSIDE)
        elif item.name not in FILTERS:
            yield Fault("T01", item.lineno, f"may not use the filter {item.name}: {_FILTERS_TOLD}")
    if line := _reaches_inside(tree):
        yield Fault("X01", line, _INSIDE)
    if off := tree.find(nodes.ScopedEvalContextModifier):
        yield Fault("X01", off.lineno, "may not switch escaping off")
    for call in tree.find_all(nodes.Call):
        if not (isinstance(call.node, nodes.Getattr) and call.node.attr in _METHODS):
            yield Fault("T01", call.lineno, "may call format, join, get and split only")
    for line in _piled(tree):
        yield Fault("T03", line, "may not make lists of anything but texts and numbers")
    for made in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.Import, nodes.FromImport)):
        yield Fault("T01", made.lineno, "may not make or import macros")
    for include in tree.find_all(nodes.Include):
        if not isinstance(include.template, nodes.Const):
            yield Fault("T01", include.lineno, "must say by name what it includes")
        elif include.template.value == name:
            yield Fault("T09", include.lineno, f"may not include itself: what it replaces is parent:{name}")
    for loop in tree.find_all(nodes.For):
        if loop.recursive or any(list(inner.find_all(nodes.For)) for inner in loop.find_all(nodes.For)):
            yield Fault("T08", loop.lineno, "may not have loops three deep, or loops that call themselves")
        if loop.find(nodes.Include):
            yield Fault("T09", loop.lineno, "may not include a part inside a loop")


def _piled(tree: nodes.Template) -> Iterator[int]:
    """Lists that hold more than plain values: one that holds another twice, again and again, never ends."""
    named = {id(each.node) for each in tree.find_all(nodes.Assign) if isinstance(each.target, nodes.Tuple)}
    kinds = (nodes.List, nodes.Dict, nodes.Tuple)
    for each in tree.find_all(kinds):
        plain = all(isinstance(item, nodes.Const) for item in each.iter_child_nodes())
        is_target = isinstance(each, nodes.Tuple) and (each.ctx == "store" or id(each) in named)
        if not (plain or is_target):
            yield each.lineno


def _reaches_inside(tree: nodes.Template) -> int:
    """Names with two underscores lead from any value to the whole program, whichever way they are written."""
    written = [(item.value, item.lineno) for item in tree.find_all(nodes.Const)]
    written += [(item.attr, item.lineno) for item in tree.find_all(nodes.Getattr)]
    return next((line for word, line in written if isinstance(word, str) and "__" in word), 0)


def _line(source: str, word: str) -> int:
    """Where a word stands first."""
    return source.count("\n", 0, max(source.find(word), 0)) + 1
