"""The files of a theme's assets/: each is what its name says and nothing more; a drawing loads and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

from widgets.themes.files import ThemeError, plain_files, refused

MOST_ASSETS: Final = 200_000
"""Bytes of all assets together."""
_MAGIC: Final[Mapping[str, bytes]] = {".png": b"\x89PNG\r\n\x1a\n", ".webp": b"RIFF", ".woff2": b"wOF2"}
_NAME: Final = re.compile(r"[\w-][\w.-]*", re.ASCII)
_SVG: Final = "http://www.w3.org/2000/svg"
_ELEMENTS: Final = frozenset(
    {"svg", "g", "path", "circle", "ellipse", "line", "polyline", "polygon", "rect", "text", "tspan", "title"}
    | {"defs", "use", "symbol", "desc", "metadata", "linearGradient", "radialGradient", "stop", "style"}
    | {"clipPath", "mask", "pattern", "marker"}
)
_DEEPEST, _MOST_ELEMENTS = 30, 5_000
_ELSEWHERE: Final = re.compile(
    r"javascript:|data:|@import|expression\(|\\|url\((?!\s*[\"']?#)|image-set", re.IGNORECASE
)


def read(folder: Path) -> dict[str, bytes]:
    """The assets by name. Raises ThemeError."""
    assets: dict[str, bytes] = {}
    left = MOST_ASSETS
    for path in plain_files(folder):
        left -= path.stat().st_size
        if left < 0:
            raise ThemeError(f"{folder} holds more than {MOST_ASSETS} bytes. [P02]")
        assets[path.name] = path.read_bytes()
        wrong = fault(path.name, assets[path.name])
        if wrong is not None:
            raise refused(path, f"is not a plain svg, png, webp or woff2 file{wrong}", "X03")
    return assets


def fault(name: str, body: bytes) -> str | None:
    """Why a file is none of these: the end of a sentence; None when it is one."""
    end = Path(name).suffix
    if not _NAME.fullmatch(name):
        return ": its name must be letters a-z, digits, '.', '_' and '-'"
    if end == ".svg":
        return _Drawing().wrong(body)
    return None if end in _MAGIC and body.startswith(_MAGIC[end]) else ""


class _Drawing:
    """Reads an SVG by what may be in it, and not by what may not."""

    def __init__(self) -> None:
        self._parser = ParserCreate(encoding="UTF-8", namespace_separator=" ")  # whatever the file says
        self._parser.StartDoctypeDeclHandler = lambda *_: self._refuse("a DOCTYPE")
        self._parser.ProcessingInstructionHandler = lambda *_: self._refuse("a processing instruction")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._depth = self._count = 0

    def wrong(self, body: bytes) -> str | None:
        """Why it is no harmless drawing: the end of a sentence; None when it is one."""
        try:
            self._parser.Parse(body, True)
        except (ExpatError, _Refused) as error:
            return f": {error}"
        return None

    def _refuse(self, what: str) -> NoReturn:
        raise _Refused(f"line {self._parser.CurrentLineNumber} holds {what}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > _DEEPEST or self._count > _MOST_ELEMENTS:
            self._refuse("too many elements")
        if (space and space != _SVG) or local not in _ELEMENTS or (self._depth == 1 and local != "svg"):
            self._refuse(f"<{local}>")
        for key, value in attributes.items():
            self._attribute(key.rpartition(" ")[2], value)

    def _attribute(self, key: str, value: str) -> None:
        loads = key in ("href", "src") and not value.startswith("#")
        if key.lower().startswith("on") or loads or _ELSEWHERE.search(value):
            self._refuse(f"{key}={value[:40]!r}")

    def _text(self, text: str) -> None:
        if found := _ELSEWHERE.search(text):
            self._refuse(repr(found[0]))

    def _end(self, _: str) -> None:
        self._depth -= 1


class _Refused(Exception):
    """What stands in a drawing, and where."""
