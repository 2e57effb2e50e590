"""Rules X: a theme is data. It runs nothing, loads nothing from elsewhere, and holds plain files only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from widgets.overrides import MOST_PART, READ
from widgets.theme_check.finding import Finding
from widgets.theme_check.subject import Subject
from widgets.themes.assets import MOST_ASSETS, fault
from widgets.themes.files import MOST_TEXT
from widgets.themes.merge import ROOM
from widgets.themes.packed import MOST_FILES
from widgets.themes.styles import URL
from widgets.tokens import nearest

_REMOTE: Final = re.compile(r"(?i)^\s*(?:[a-z]+:)?//")
_ADDRESS: Final = re.compile(r"(?i)\s(?:src|srcset|poster|data)\s*=\s*[\"']?((?:https?:)?//[^\s\"'>]+)")
_ELEMENT: Final = re.compile(r"(?i)<(form|embed|meta|frame|frameset|applet|portal|dialog)\b")
MOST_DATA: Final = 2048
"""Characters of an address that carries its own content."""
READ_IN: Final = {
    "parts": {".html"},
    "messages": {".json"},
    "variants": {".json"},
    "assets": {".svg", ".png", ".webp", ".woff2"},
}
_BESIDE: Final = frozenset(
    {"README.md", "README.txt", "LICENSE", "theme.schema.json", "preview", "schemas", ROOM}
)


def findings(subject: Subject) -> Iterator[Finding]:
    yield from _styles(subject)
    yield from _parts(subject)
    yield from _files(subject)


def _styles(subject: Subject) -> Iterator[Finding]:
    for keyword, prelude, line in subject.sheet.at_rules:
        if keyword == "import":
            yield Finding(
                "X02",
                "theme.css",
                line,
                f"@import {prelude}",
                "the rules themselves; a font by @font-face from assets/",
                "F",
            )
    text = re.sub(
        r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), subject.texts.get("theme.css", ""), flags=re.DOTALL
    )
    for found in URL.finditer(text):
        line, address = text.count("\n", 0, found.start()) + 1, found[2]
        yield from _address(subject, line, address.strip())
    for found in re.finditer(r"<|(?i:expression\()|\\", text):
        line = text.count("\n", 0, found.start()) + 1
        yield Finding("X01", "theme.css", line, f"{found[0]!r} leads out of the styles", level="F")


def _address(subject: Subject, line: int, address: str) -> Iterator[Finding]:
    name = address.removeprefix("assets/")
    if _REMOTE.match(address):
        yield Finding("X02", "theme.css", line, f"url({address})", "url(assets/…)", "F")
    elif address.startswith("data:"):
        size = f"{len(address)} characters" if len(address) > MOST_DATA else "its own content"
        yield Finding("X03", "theme.css", line, f"url(data:…) with {size}", "url(assets/…)", "F")
    elif name == address or not (name in subject.below.assets or (subject.folder / address).is_file()):
        yield Finding(
            "X03", "theme.css", line, f"url({address})", "a file of assets/, as url(assets/a.svg)", "F"
        )


def _parts(subject: Subject) -> Iterator[Finding]:
    for name, source in subject.parts.items():
        ours = subject.templates.get(name, "")
        for found in _ELEMENT.finditer(source):
            if found[0].lower() not in ours.lower():
                line = source.count("\n", 0, found.start()) + 1
                yield Finding("X04", f"parts/{name}", line, found[0] + ">", "a link to a page of its own")
        for found in _ADDRESS.finditer(source):
            line = source.count("\n", 0, found.start()) + 1
            yield Finding("X02", f"parts/{name}", line, found[1], "{{ assets['…'] }}")


def _files(subject: Subject) -> Iterator[Finding]:
    """Every file of the folder, however deep: links are named and not followed."""
    seen = 0
    for place, folders, names in os.walk(subject.folder):
        inner = Path(place).relative_to(subject.folder)
        for name in [*names, *(each for each in folders if (Path(place) / each).is_symlink())]:
            seen += 1
            if not name.startswith("."):
                yield from _file(subject, inner / name)
        folders[:] = [each for each in folders if each not in {"preview", ".git"}]
    if seen > MOST_FILES:
        yield Finding("X05", ".", 1, f"{seen} files", f"at most {MOST_FILES}")


def _file(subject: Subject, inner: Path) -> Iterator[Finding]:
    path, name = subject.folder / inner, inner.as_posix()
    room = inner.parts[0] if len(inner.parts) == 2 else ""
    if path.is_symlink():
        yield Finding("X05", name, 1, f"a link to {path.readlink()}", "the file itself", "F")
    elif not path.is_file() or inner.parts[0] in _BESIDE:
        return
    elif len(inner.parts) == 1:
        if name not in READ and not name.endswith(".md"):
            near = nearest(name, READ).removeprefix("; ").removesuffix(" is the nearest")
            yield Finding("X05", name, 1, "not read", near, "F" if near else "W")
    elif room not in READ_IN or path.suffix not in READ_IN[room]:
        known = ", ".join(sorted(READ_IN.get(room, ())))
        yield Finding(
            "X05",
            name,
            1,
            "not a kind of file that is read here",
            known,
            "F" if room == "assets" else "E" if known else "W",
        )
    small = path.stat().st_size <= MOST_ASSETS  # P02 says what is not
    if (
        room == "assets"
        and path.suffix in READ_IN[room]
        and small
        and (wrong := fault(path.name, path.read_bytes())) is not None
    ):
        yield Finding("X03", name, 1, f"not a plain svg, png, webp or woff2 file{wrong}", level="F")
    if path.suffix in (".html", ".json", ".css"):
        most = MOST_PART if room == "parts" else MOST_TEXT
        if path.stat().st_size > most:
            yield Finding("X05", name, 1, f"{path.stat().st_size} bytes", f"at most {most}", "F")
        elif name not in subject.texts and (room in READ_IN or not room):
            yield Finding("X05", name, 1, "not UTF-8", "saved with this encoding", "F")
