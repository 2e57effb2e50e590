"""What a hospital's theme changes: its folder, read and checked before any of it is used."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

import structlog
from jinja2 import Environment

from widgets.parts import fault
from widgets.tokens import TokenError, Tokens, nearest
from widgets.views import Language

log = structlog.get_logger()

Words = Mapping[Language, Mapping[str, str]]
"""The messages by language and key."""

MOST_CSS, MOST_ASSETS = 12_000, 200_000
"""Characters of theme.css, and bytes of all assets together."""
ASSETS: Final = frozenset({".svg", ".png", ".webp", ".woff2"})
READ: Final = frozenset({"tokens.json", "tokens.dark.json", "messages", "theme.css", "parts", "assets"})
_NAME: Final = re.compile(r"[a-z0-9-]{2,40}")
_REFUSED_CSS: Final = re.compile(r"<|@import|@layer|@scope|expression\(|url\(", re.IGNORECASE)


class ThemeError(Exception):
    """A theme that cannot be used: which file, and what is wrong with it, in one sentence."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Everything that one theme puts over ours; empty where it changes nothing."""

    name: str
    tokens: Tokens
    words: Words
    css: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        themes_dir: Path | None,
        name: str,
        tokens: Tokens,
        words: Words,
        templates: Collection[str],
        environment: Environment,
    ) -> Overrides:
        """The theme of that name over our tokens and words.

        A theme that is not there is logged, and changes nothing. Raises ThemeError when it is there and broken.
        """
        folder = find(themes_dir, name)
        if folder is None:
            return cls("default", tokens, words)
        _must_be_read(folder, READ)
        _must_be_read(folder / "messages", {f"{lang}.json" for lang in get_args(Language)})
        assets = _assets(folder / "assets")
        return cls(
            name,
            _tokens(folder, tokens),
            {lang: _words(folder / "messages" / f"{lang}.json", words[lang]) for lang in get_args(Language)},
            _css(folder / "theme.css"),
            _parts(folder / "parts", templates, environment, words["zh-CN"], assets),
            assets,
        )


def find(themes_dir: Path | None, name: str) -> Path | None:
    """The folder of a theme; None when there is none of that name."""
    if not _NAME.fullmatch(name):
        raise ThemeError(f"The theme {name!r} must be named with 2 to 40 of a-z, 0-9 and -.")
    folder = themes_dir / name if themes_dir else None
    if folder and folder.is_dir():
        return folder
    if name != "default":
        log.warning("theme.unknown", theme=name, themes_dir=str(themes_dir), shown="default")
    return None


def _must_be_read(folder: Path, known: Collection[str]) -> None:
    """Refuses `token.json` where there is no tokens.json: it would change nothing, and say nothing."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in sorted(names - set(known)):
        near = nearest(name, known)
        if near and near == nearest(name, set(known) - names) and not name.startswith("."):
            raise ThemeError(f"{folder / name} is not read{near}.")


def _tokens(folder: Path, ours: Tokens) -> Tokens:
    changed = ours
    for name in ("tokens.json", "tokens.dark.json"):
        path = folder / name
        read = _json(path) if path.is_file() else {}
        try:
            changed = changed.with_theme({}, read) if "dark" in name else changed.with_theme(read, {})
        except TokenError as error:
            raise ThemeError(f"{path}: {error}.") from error
    for pair in changed.faint():
        log.warning("theme.faint", theme=folder.name, pair=str(pair))
    return changed


def _words(path: Path, ours: Mapping[str, str]) -> Mapping[str, str]:
    """Our messages in one language, and a theme's over them, key by key."""
    changed = _json(path) if path.is_file() else {}
    for key, text in changed.items():
        if key not in ours:
            raise ThemeError(f"{path}: there is no message {key!r}{nearest(key, ours)}.")
        if not isinstance(text, str) or _places(text) != _places(ours[key]):
            raise ThemeError(f"{path}: {key!r} must be a text with the same places as {ours[key]!r}.")
    return {**ours, **changed}


def _places(text: str) -> list[str]:
    return sorted(re.findall(r"\{[^{}]*\}|[{}]", text))


def _css(path: Path) -> str:
    css = re.sub(r"/\*.*?\*/", "", _text(path), flags=re.DOTALL) if path.is_file() else ""
    if len(css) > MOST_CSS:
        raise ThemeError(f"{path} is longer than {MOST_CSS} characters.")
    if found := _REFUSED_CSS.search(css):
        raise ThemeError(f"{path} may not contain {found[0]!r}.")
    return css


def _parts(
    folder: Path,
    templates: Collection[str],
    environment: Environment,
    words: Mapping[str, str],
    assets: Collection[str],
) -> dict[str, str]:
    parts = {path.name: _text(path) for path in _files(folder)}
    for name, source in parts.items():
        if found := fault(environment, name, source, templates, words, assets):
            raise ThemeError(f"{folder / name} {found}.")
    return parts


def _assets(folder: Path) -> dict[str, bytes]:
    assets = {path.name: path.read_bytes() for path in _files(folder)}
    for name, body in assets.items():
        if Path(name).suffix not in ASSETS or b"<script" in body:
            raise ThemeError(f"{folder / name} is not a plain svg, png, webp or woff2 file.")
    if sum(map(len, assets.values())) > MOST_ASSETS:
        raise ThemeError(f"{folder} holds more than {MOST_ASSETS} bytes.")
    return assets


def _files(folder: Path) -> list[Path]:
    """The files of a folder, without those that an operating system hides in it."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(_text(path))
    except ValueError as error:
        raise ThemeError(f"{path} is not JSON: {error}.") from error
    if not isinstance(read, dict):
        raise ThemeError(f"{path} must hold an object.")
    return read


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows may put a mark first
    except UnicodeDecodeError:
        raise ThemeError(f"{path} is not UTF-8: save it once more with this encoding.") from None
    except OSError as error:
        raise ThemeError(f"{path} cannot be read: {error}.") from error
