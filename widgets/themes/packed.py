"""A theme as somebody hands it over, a folder or a zip: read whole, with suspicion, before a byte of it is written."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from widgets.names import NAME_TOLD, is_name
from widgets.themes.files import MOST_TEXT, ThemeError

MOST_FILES, MOST_BYTES, DEEPEST = 200, 1_000_000, 3
"""Files of one theme, bytes of all together, folders in one another."""
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LEFT_OUT: Final = re.compile(r"(^|/)(\.[^./]|__MACOSX(/|$))")
"""What desktops and editors leave behind."""

Packed = Mapping[str, bytes]
"""The files of a theme by their path in its folder."""


def read(source: Path, name: str | None = None) -> tuple[str, Packed]:
    """Name and files of the theme in a folder or a zip. Raises ThemeError for anything but plain, small files."""
    if source.is_dir():
        found, files = source.absolute().name, dict(_of_folder(source))
    elif source.is_file():
        found, files = _of_zip(source)
    else:
        raise ThemeError(f"{source} is neither a folder nor a zip.")
    if not is_name(name or found) or (name or found) == "default":
        raise ThemeError(
            f"The theme {name or found!r} must be named with {NAME_TOLD}, and not default. [M02]"
        )
    if not any(path in files for path in ("theme.json", "tokens.json", "tokens.dark.json", "theme.css")):
        raise ThemeError(
            f"{source} is no theme: there is neither a theme.json nor a tokens.json in it. [M01]"
        )
    return name or found, files


def _of_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    paths = []
    for path in folder.rglob("*"):
        inner = path.relative_to(folder).as_posix()
        if _LEFT_OUT.search(inner):
            continue
        if path.is_symlink():
            raise ThemeError(f"{path} is a link: a theme holds its files itself. [X05]")
        paths.append((inner, path))
        _must_be_few(folder, len(paths))
    left = MOST_BYTES
    for inner, path in paths:
        if path.is_dir():
            continue
        if not path.is_file():
            raise ThemeError(f"{path} is no plain file. [X05]")
        with path.open("rb") as opened:
            body = opened.read(MOST_TEXT + 1)
        left -= len(body)
        yield _fit(folder, inner, body, left)


def _of_zip(path: Path) -> tuple[str, dict[str, bytes]]:
    try:
        with ZipFile(path) as opened:
            infos = [each for each in opened.infolist() if not _LEFT_OUT.search(each.filename)]
            _must_be_few(path, len(infos))
            files = dict(_of_infos(path, opened, [each for each in infos if not each.is_dir()]))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ThemeError(f"{path} is not a zip that can be read: {error}. [X05]") from None
    return _unwrapped(path.stem, files)


def _of_infos(path: Path, opened: ZipFile, infos: list[ZipInfo]) -> Iterator[tuple[str, bytes]]:
    left = MOST_BYTES
    for info in infos:
        inner = info.filename
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ThemeError(f"{path}: {inner!r} is a link: a theme holds its files itself. [X05]")
        with opened.open(info) as packed:  # what it says of its size is not believed
            body = packed.read(MOST_TEXT + 1)
        left -= len(body)
        yield _fit(path, inner, body, left)


def _unwrapped(stem: str, files: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """Without the one folder around everything that most people pack; it then has the theme's name."""
    tops = {PurePosixPath(name).parts[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files):
        top = tops.pop()
        return top, {name.removeprefix(f"{top}/"): body for name, body in files.items()}
    return stem, files


def _must_be_few(source: Path, files: int) -> None:
    if files > MOST_FILES:
        raise ThemeError(f"{source} holds more than {MOST_FILES} files and folders. [X05]")


def _fit(source: Path, inner: str, body: bytes, left: int) -> tuple[str, bytes]:
    """One file, when its place and size are those of a theme's."""
    parts = inner.split("/")
    if len(parts) > DEEPEST + 1 or not all(_WORD.fullmatch(part) and part.strip(".") for part in parts):
        raise ThemeError(
            f"{source}: {inner!r} must be a path of letters a-z, digits, '.', '_' and '-' inside the theme. [X05]"
        )
    if len(body) > MOST_TEXT:
        raise ThemeError(f"{source}: {inner!r} is larger than {MOST_TEXT} bytes. [X05]")
    if left < 0:
        raise ThemeError(f"{source} holds more than {MOST_BYTES} bytes. [X05]")
    return inner, body
