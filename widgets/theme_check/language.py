"""Rules L: the words. Rule U: what nobody uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from widgets.overrides import places
from widgets.theme_check.finding import Edit, Finding
from widgets.theme_check.subject import TOKEN_FILES, Subject
from widgets.tokens import TokenError, nearest

BUTTONS: Final = frozenset(
    {"retry", "open-oa", "sign-in", "sign-out", "all", "pause", "resume", "number-send"}
)
BANNERS: Final = re.compile(r"^(?:stale|partial|reason|live-offline|live-unreachable|failed-more)")
MOST_BUTTON, MOST_BANNER = 6, 40
"""汉字; a Latin letter takes two fifths of one."""
_CJK: Final = "\u3400-\u9fff"
_HALF: Final = re.compile(rf"(?<=[{_CJK}])[,:;!?)]|[,;!?](?=[{_CJK}])|\((?=[{_CJK}])|(?<=[{_CJK}])\(")
_STRAIGHT: Final = re.compile(rf"\"(?=[^\"]*[{_CJK}])[^\"]*\"")
_FULL: Final = {",": "，", ":": "：", ";": "；", "!": "！", "?": "？", "(": "（", ")": "）"}


def findings(subject: Subject) -> Iterator[Finding]:
    languages = list(subject.words)
    for lang, said in subject.words.items():
        file = f"messages/{lang}.json"
        other = subject.words[next(each for each in languages if each != lang)]
        for key, text in said.items():
            line = subject.line(file, f'"{key}"')
            yield from _message(subject.below.words[lang], file, line, key, text, other)
            if isinstance(text, str):
                yield from _length(file, line, key, text)
    yield from _punctuation(subject)


def unused(subject: Subject) -> Iterator[Finding]:
    yield from _assets(subject)
    for lang, said in subject.words.items():
        for key, text in said.items():
            if subject.below.words[lang].get(key) == text:
                file = f"messages/{lang}.json"
                yield Finding("U01", file, subject.line(file, f'"{key}"'), f"{key} says what is said anyway")
    yield from _tokens(subject)


def _message(
    known: Mapping[str, str], file: str, line: int, key: str, text: Any, other: Mapping[str, Any]
) -> Iterator[Finding]:
    if key not in known:
        near = nearest(key, known).removeprefix("; ").removesuffix(" is the nearest")
        yield Finding("L01", file, line, key, near)
    elif not isinstance(text, str) or places(text) != places(known[key]):
        yield Finding(
            "L02",
            file,
            line,
            f"{key}: {text}",
            f"a text with {', '.join(places(known[key])) or 'no places'}",
            "F",
        )
    elif key not in other:
        yield Finding(
            "L02", file, line, f"{key} is changed in one language only", "the same key in the other file"
        )


def _length(file: str, line: int, key: str, text: str) -> Iterator[Finding]:
    bare = re.sub(r"\{\w+\}", "", text)
    width = sum(1.0 if re.match(rf"[{_CJK}\u3000-\u303f\uff00-\uffef]", letter) else 0.4 for letter in bare)
    most = MOST_BUTTON if key in BUTTONS else MOST_BANNER if BANNERS.match(key) else None
    if most and width > most:
        yield Finding("L04", file, line, f"{key}: {text}", f"at most {most} 汉字, or {most * 5 // 2} letters")


def _punctuation(subject: Subject) -> Iterator[Finding]:
    file = "messages/zh-CN.json"
    for key, text in subject.words["zh-CN"].items():
        if not isinstance(text, str):
            continue
        right = _STRAIGHT.sub(lambda m: f"“{m[0][1:-1]}”", _HALF.sub(lambda m: _FULL[m[0]], text))
        if right != text:
            line = subject.line(file, f'"{key}"')
            old, new = (json_text(each) for each in (text, right))
            yield Finding("L03", file, line, f"{key}: {text}", right, edit=Edit(file, line, old, new))


def json_text(text: str) -> str:
    """As it stands inside the quotes of a JSON file that keeps its Chinese letters."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _assets(subject: Subject) -> Iterator[Finding]:
    written = "".join(text for name, text in subject.texts.items() if name.endswith((".css", ".html")))
    folder = subject.folder / "assets"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.startswith(".") and path.name not in written:
            name = f"assets/{path.name}"
            edit = Edit(name, 1, "", None)
            yield Finding("U01", name, 1, "shown by no part and no rule", "nothing: take it out", edit=edit)


def _tokens(subject: Subject) -> Iterator[Finding]:
    """Token by token: does it change anything?"""
    light = {path for path, _ in _leaves(subject.object_of("tokens.json"), ())}
    for place, file in enumerate(TOKEN_FILES):
        for path, leaf in _leaves(subject.object_of(file), ()):
            if file == "tokens.dark.json" and path in light:
                continue  # it answers M06: the dark stays as it is, on purpose
            over: list[dict[str, Any]] = [{}, {}, {}]
            over[place] = _nested(path, leaf)
            try:
                alone = subject.below.tokens.with_theme(*over)
            except TokenError:
                continue  # an alias, or a mistake that M01 tells
            if alone == subject.below.tokens and not str(leaf.get("$value")).startswith("{"):
                yield Finding(
                    "U01", file, subject.line(file, f'"{path[-1]}"'), f"{'.'.join(path)} is that anyway"
                )


def _leaves(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for key, inner in group.items() if isinstance(group, dict) else ():
        if isinstance(inner, dict) and not key.startswith("$"):
            if "$value" in inner:
                yield (*path, key), inner
            else:
                yield from _leaves(inner, (*path, key))


def _nested(path: tuple[str, ...], leaf: dict[str, Any]) -> dict[str, Any]:
    for key in reversed(path):
        leaf = {key: leaf}
    return leaf
