"""Rules T: the parts of a theme, as sources and as they are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from jinja2 import TemplateSyntaxError, nodes

from widgets.parts import FIXED, faults
from widgets.theme_check.drawn import Drawn, lacking
from widgets.theme_check.finding import Edit, Finding, refusal
from widgets.theme_check.subject import Subject
from widgets.themes.merge import MARK, changes, copied_from, digest, mark
from widgets.themes.nesting import row_line
from widgets.themes.served import own

MOST_LINES, MOST_DEPTH = 40, 4
_CLASS: Final = re.compile(r"(?<![\w-])pw-[a-z][a-z-]*")
_TOKEN: Final = re.compile(r"--pw-[a-z][a-z-]*")
_BY_THE_SCRIPT: Final = frozenset({"pw-light", "pw-dark"})


def findings(subject: Subject) -> Iterator[Finding]:
    """By the sources alone."""
    shown = {*subject.below.assets, *(path.name for path in (subject.folder / "assets").glob("*"))}
    for name, source in subject.parts.items():
        file = f"parts/{name}"
        for fault in faults(
            subject.environment, name, source, subject.templates, subject.below.words["zh-CN"], shown
        ):
            yield Finding(fault.rule, file, fault.line, fault.sentence, fault.instead, "F")
        if name in subject.templates and name not in FIXED:
            yield from _against_below(subject, name, source)
        yield from _size(subject, name, source)
    yield from _circles(subject)
    yield from _gone(subject)
    if subject.refused:
        yield refusal(subject.folder, subject.refused)


def drawing(subject: Subject, cards: list[Drawn]) -> Iterator[Finding]:
    """By the cards as they are drawn."""
    for card in cards:
        for element in card.unclosed:
            yield Finding(
                "T02",
                *subject.blame(element.klass, part=card.part),
                f"{card.name}: <{element.tag}> is not closed",
            )
        for part, what, hint in lacking(card):
            source = subject.parts.get(part)
            place = subject.blame() if source is None else (f"parts/{part}", row_line(source))
            yield Finding("T05", *place, f"{card.name}: {what}", hint)


def _against_below(subject: Subject, name: str, source: str) -> Iterator[Finding]:
    file = f"parts/{name}"
    parents = subject.below.parts.get(name, ())
    below = MARK.sub("", parents[-1].source, 1) if parents else subject.templates[name]
    said = MARK.search(source)
    if MARK.sub("", source).strip() == below.strip():
        # One that says where it comes from was copied to be changed: --fix leaves it there.
        edit = None if said else Edit(file, 1, "", None)
        found = "copied, and not changed yet" if said else "the same as what it replaces"
        yield Finding("T06", file, 1, found, "a change, or no such file" if said else "", edit=edit)
        return
    if said is None:
        first, lost = source.split("\n", 1)[0], mark(copied_from(subject.folder, name, None) or below)
        edit = Edit(file, 1, first, f"{lost}\n{first}")
        yield Finding("T07", file, 1, "does not say which version it was made from", lost, "I", edit)
    elif said[1] != digest(below):
        yield _left_behind(subject, name, below, said[1], source.count("\n", 0, said.start()) + 1)


def _left_behind(subject: Subject, name: str, below: str, said: str, line: int) -> Finding:
    """What was copied has changed since: how, if the theme has kept its copy."""
    found = f"made from {said}; that part is {digest(below)} now"
    before = copied_from(subject.folder, name, said)
    if before is None:
        return Finding("T07", f"parts/{name}", line, found, mark(below))
    diff = changes(before, below)
    new, gone = (sum(each.startswith(sign) for each in diff.splitlines()) for sign in "+-")
    command = f"portal-widgets theme part {subject.folder.name} {name.removesuffix('.html')} --merge"
    found = f"{found}: new lines {new}, gone {gone}"
    return Finding("T07", f"parts/{name}", line, found, command, diff=diff)


def _size(subject: Subject, name: str, source: str) -> Iterator[Finding]:
    lines = len(re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL).strip().splitlines())
    if lines > MOST_LINES:
        yield Finding("T08", f"parts/{name}", 1, f"{lines} lines", f"at most {MOST_LINES}")
    try:
        tree = subject.environment.parse(source)
    except (TemplateSyntaxError, RecursionError):
        return
    if (depth := _depth(tree)) > MOST_DEPTH:
        yield Finding("T08", f"parts/{name}", 1, f"{depth} levels of if and for", f"at most {MOST_DEPTH}")


def _depth(node: nodes.Node) -> int:
    """How deep if and for stand in each other; an `elif` stands beside its `if`."""
    deepest = max(map(_depth, node.iter_child_nodes()), default=0)
    return deepest + isinstance(node, nodes.If | nodes.For)


def _circles(subject: Subject) -> Iterator[Finding]:
    leads = {name: _included(subject, source) for name, source in subject.parts.items()}
    for name in leads:
        seen, waiting = set[str](), list(leads[name] - {name})
        while waiting:
            each = waiting.pop()
            if each == name:
                yield Finding("T09", f"parts/{name}", 1, "its includes lead back to it", level="F")
                break
            if each not in seen:
                seen.add(each)
                waiting.extend(leads.get(each, ()))


def _included(subject: Subject, source: str) -> set[str]:
    try:
        tree = subject.environment.parse(source)
    except (TemplateSyntaxError, RecursionError):
        return set()
    written = (include.template for include in tree.find_all(nodes.Include))
    return {str(each.value) for each in written if isinstance(each, nodes.Const)}


def _gone(subject: Subject) -> Iterator[Finding]:
    """Classes and custom properties of ours that this version does not have: misspelt, or taken away."""
    styles = own("tokens.css") + own("widgets.css")
    known = set(_CLASS.findall(styles + "".join(subject.templates.values()))) | _BY_THE_SCRIPT
    tokens = set(_TOKEN.findall(styles))
    for file, text in subject.texts.items():
        if not file.endswith((".css", ".html")):
            continue
        for n, line in enumerate(_blanked(text).splitlines(), 1):
            bare = _TOKEN.sub("", line)
            for word, there in [
                *((w, known) for w in _CLASS.findall(bare)),
                *((w, tokens) for w in _TOKEN.findall(line)),
            ]:
                if word.rstrip("-") in there or any(k.startswith(word) for k in there if word.endswith("-")):
                    continue
                near = next(iter(get_close_matches(word, there, 1, 0.75)), "")
                edit = Edit(file, n, word, near) if near else None
                yield Finding("T04", file, n, f"{word} does not exist", near, edit=edit)


def _blanked(text: str) -> str:
    """Without its comments, each line where it was."""
    return re.sub(
        r"/\*.*?\*/|\{#.*?#\}|<!--.*?-->", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL
    )
