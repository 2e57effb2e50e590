"""Rules M: theme.json, the token files, and what the theme builds on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tinycss2.color3 import parse_color

from widgets.names import NAME_TOLD, is_name
from widgets.overrides import chain
from widgets.theme_check.finding import Finding
from widgets.theme_check.subject import TOKEN_FILES, Subject
from widgets.themes.files import ThemeError
from widgets.themes.manifest import read
from widgets.tokens import TokenError

_OF_THE_ID = frozenset({"version", "api"})
_NEAREST = re.compile(r";\s([a-z.-]+)\sis\sthe\snearest$")
_WRITTEN = re.compile(r"\ba\s(colour|length)\s.*\sis\s'([^']*)'$")


def findings(subject: Subject) -> Iterator[Finding]:
    name = subject.folder.name
    if not is_name(name) or name == "default":
        yield Finding("M02", "theme.json", 1, f"the folder {name!r}", f"{NAME_TOLD}, and not default")
    yield from _json(subject)
    yield from _manifest(subject)
    yield from _parents(subject)
    yield from _campuses(subject)
    yield from _tokens(subject)
    yield from _dark(subject)


def _json(subject: Subject) -> Iterator[Finding]:
    for name, text in subject.texts.items():
        if name.endswith(".json"):
            try:
                read_ = json.loads(text)
            except (ValueError, RecursionError) as error:
                line = getattr(error, "lineno", 1)
                yield Finding("M01", name, line, f"not JSON: {error}", _of_json(text, error))
            else:
                if not isinstance(read_, dict):
                    yield Finding("M01", name, 1, "not an object", "{ … }")


def _manifest(subject: Subject) -> Iterator[Finding]:
    if "theme.json" not in subject.texts:
        return
    try:
        read(subject.object_of("theme.json"))
    except ValueError as error:
        for sentence in str(error).split("; "):
            key = re.split(r"[.:]", sentence, maxsplit=1)[0]
            rule = "M02" if key in _OF_THE_ID else "M01"
            yield Finding(rule, "theme.json", subject.line("theme.json", f'"{key}"'), sentence)


def _parents(subject: Subject) -> Iterator[Finding]:
    if not is_name(subject.folder.name) or subject.folder.name == "default":
        return
    try:
        chain(subject.folder.parent, subject.folder.name)
    except ThemeError as error:
        sentence = (str(error).partition(": ")[2] or str(error)).removesuffix(" [M03]").rstrip(".")
        if "extends" in sentence:
            yield Finding("M03", "theme.json", subject.line("theme.json", '"extends"'), sentence)


def _campuses(subject: Subject) -> Iterator[Finding]:
    there = {
        path.name.removesuffix(".tokens.json")
        for path in (subject.folder / "variants").glob("*.tokens.json")
        if path.is_file()
    }
    named = set(subject.manifest.campuses.values())
    for name in sorted(named - there):
        line = subject.line("theme.json", f'"{name}"')
        yield Finding("M04", "theme.json", line, f"campuses names {name}", f"variants/{name}.tokens.json")
    for name in sorted(there - named):
        yield Finding("M05", f"variants/{name}.tokens.json", 1, "named by no campus of theme.json")


def _tokens(subject: Subject) -> Iterator[Finding]:
    """Each file alone over what the theme builds on, so that one mistake does not hide the next."""
    variants = [name for name in subject.texts if name.startswith("variants/")]
    for place, name in [*enumerate(TOKEN_FILES), *((0, name) for name in variants)]:
        over: list[dict[str, Any]] = [{}, {}, {}]
        over[place] = subject.object_of(name)
        try:
            subject.below.tokens.with_theme(*over)
        except TokenError as error:
            sentence = str(error)
            yield Finding("M01", name, _line_of(subject, name, sentence), sentence, _right(sentence))


def _right(sentence: str) -> str:
    """What to write for a token that the sentence refuses; empty when only the designer knows."""
    if found := _NEAREST.search(sentence):
        return f"{{color.{found[1]}}}" if "{color." in sentence else found[1]
    written = _WRITTEN.search(sentence)
    if written and written[1] == "colour" and isinstance(read_ := parse_color(written[2]), tuple):
        return '"#' + "".join(f"{round(part * 255):02X}" for part in read_[:3]) + '"'
    if written and (rems := re.fullmatch(r"(\d*\.?\d+)r?em", written[2])):
        return f'"{float(rems[1]) * 16:g}px"'
    return ""


def _of_json(text: str, error: Exception) -> str:
    """The comma after the last value, which JavaScript takes and JSON does not."""
    place = getattr(error, "pos", 0)
    if text[:place].rstrip().endswith(",") and text[place : place + 1] in ("}", "]"):
        return f"no comma before {text[place]}"
    return ""


def _line_of(subject: Subject, file: str, sentence: str) -> int:
    """Where the token stands that a sentence names: its last word, where that is there."""
    found = re.search(r"[a-z]+\.([a-z-]+)", sentence)
    return subject.line(file, f'"{found[1]}"') if found else 1


def _dark(subject: Subject) -> Iterator[Finding]:
    if "dark" not in subject.manifest.modes:
        return
    light, dark = (_colours(subject, name) for name in TOKEN_FILES[:2])
    for name in sorted((light - dark) & subject.tokens.light.keys()):  # M01 tells of others
        line = subject.line("tokens.json", f'"{name}"')
        yield Finding("M06", "tokens.json", line, f"color.{name}", f"color.{name} in tokens.dark.json")


def _colours(subject: Subject, name: str) -> set[str]:
    colours = subject.object_of(name).get("color")
    return {key for key in colours if not key.startswith("$")} if isinstance(colours, dict) else set()
