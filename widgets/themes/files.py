"""Reading the files of a theme's folder: plain files only, and a sentence for whatever cannot be read."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from widgets.tokens import nearest

MOST_TEXT: Final = 200_000
"""Bytes of one text file."""


class ThemeError(Exception):
    """A theme that cannot be used: which file, and what is wrong with it, in one sentence."""


def refused(path: Path, sentence: str, rule: str, line: int | None = None) -> ThemeError:
    """The error about one file: where, what, and the rule of `theme check` that says more."""
    return ThemeError(f"{path}{f':{line}' if line else ''} {sentence}. [{rule}]")


def must_be_read(folder: Path, known: Collection[str]) -> None:
    """Refuses `token.json` where there is no tokens.json: it would change nothing, and say nothing."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in sorted(names - set(known)):
        near = nearest(name, known)
        if near and near == nearest(name, set(known) - names) and not name.startswith("."):
            raise ThemeError(f"{folder / name} is not read{near}.")


def plain_files(folder: Path) -> list[Path]:
    """The files of a folder, without those that an operating system hides in it. Raises ThemeError for a link."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in [folder, *found] if found else []:
        if path.is_symlink():
            raise ThemeError(f"{path} is a link: a theme holds its files itself. [X05]")
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def json_of(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ThemeError."""
    try:
        read = json.loads(text_of(path))
    except (ValueError, RecursionError) as error:
        raise ThemeError(f"{path} is not JSON: {error}. [M01]") from error
    if not isinstance(read, dict):
        raise ThemeError(f"{path} must hold an object. [M01]")
    return read


def text_of(path: Path) -> str:
    """The text of a UTF-8 file. Raises ThemeError."""
    try:
        if path.is_symlink() or path.stat().st_size > MOST_TEXT:
            raise ThemeError(f"{path} must be a file of its own, of at most {MOST_TEXT} bytes. [X05]")
        return path.read_text(encoding="utf-8-sig")  # editors on Windows may put a mark first
    except UnicodeDecodeError:
        raise ThemeError(f"{path} is not UTF-8: save it once more with this encoding.") from None
    except OSError as error:
        raise ThemeError(f"{path} cannot be read: {error}.") from error
