"""What a hospital's theme changes: its folder and those that it builds on, read and checked before any is used."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, get_args

import structlog
from jinja2 import Environment

from widgets.names import NAME_TOLD, is_name
from widgets.parts import faults
from widgets.themes.assets import read as read_assets
from widgets.themes.files import ThemeError, json_of, must_be_read, plain_files, refused, text_of
from widgets.themes.manifest import Manifest
from widgets.themes.manifest import read as read_manifest
from widgets.themes.styles import read as read_css
from widgets.tokens import TokenError, Tokens, nearest
from widgets.views import Language

log = structlog.get_logger()

Words = Mapping[Language, Mapping[str, str]]
"""The messages by language and key."""

MOST_PART: Final = 16_000
"""Characters of one part."""
MOST_PARENTS: Final = 4
READ: Final = frozenset(
    {"theme.json", "tokens.json", "tokens.dark.json", "tokens.compact.json", "theme.css"}
    | {"messages", "parts", "assets", "variants", "schemas", "based-on", "README.md"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One template of a theme."""

    theme: str
    name: str
    source: str

    @property
    def full_name(self) -> str:
        return f"{self.theme}/{self.name}"


@dataclass(frozen=True, slots=True)
class Overrides:
    """Everything that a theme and those below it put over ours; empty where they change nothing."""

    name: str
    tokens: Tokens
    words: Words
    css: str = ""
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    """By file name: the lowest first, the theme's own last."""
    assets: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Manifest = field(default_factory=Manifest)
    variants: Mapping[str, tuple[Path, str]] = field(default_factory=dict)
    """By campus its variant: the folder that brings it, and its name there."""

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
        made = cls("default", tokens, words)
        for folder in chain(themes_dir, name):
            made = made.under(folder, templates, environment)
        return made

    def under(self, folder: Path, templates: Collection[str], environment: Environment) -> Overrides:
        """These, with one folder over them. Raises ThemeError.

        Where the folder is a link that `theme install` may switch meanwhile, it is followed once.
        """
        name, folder = folder.name, folder.resolve()
        must_be_read(folder, READ)
        must_be_read(folder / "messages", {f"{lang}.json" for lang in get_args(Language)})
        manifest = manifest_of(folder)
        assets = {**self.assets, **read_assets(folder / "assets")}
        tokens = _tokens(folder, "tokens", self.tokens)
        if "dark" not in manifest.modes:
            tokens = tokens.without_dark()
        for pair in tokens.faint():
            log.warning("theme.faint", theme=name, pair=str(pair))
        parts = _parts(name, folder, templates, environment, self.words["zh-CN"], assets)
        return Overrides(
            name,
            tokens,
            {lang: _words(folder / "messages" / f"{lang}.json", said) for lang, said in self.words.items()},
            self.css
            + read_css(folder / "theme.css", assets)
            + (_ALWAYS_LIGHT if "dark" not in manifest.modes else ""),
            {**self.parts, **{part.name: (*self.parts.get(part.name, ()), part) for part in parts}},
            assets,
            manifest,
            {**self.variants, **{campus: (folder, each) for campus, each in manifest.campuses.items()}},
        )

    def campuses(self) -> dict[str, Tokens]:
        """The tokens of each campus that has a variant. Raises ThemeError."""
        made = {campus: _variant(*place, self.tokens) for campus, place in self.variants.items()}
        has_dark = "dark" in self.manifest.modes
        return {campus: each if has_dark else each.without_dark() for campus, each in made.items()}

    def digest(self) -> str:
        """Changes with anything in it that is drawn."""
        return blake2b(
            repr((self.tokens, self.words, self.css, self.parts)).encode(), digest_size=6
        ).hexdigest()


_ALWAYS_LIGHT: Final = (
    ".pw[data-scheme], .pw-tab[data-scheme] { --pw-light: initial; --pw-dark: ; color-scheme: light; }\n"
)


def chain(themes_dir: Path | None, name: str) -> list[Path]:
    """The folders that a theme is made of, the lowest first; empty for ours. Raises ThemeError."""
    folders: list[Path] = []
    while name != "default":
        folder = find(themes_dir, name)
        if folder is None:
            if not folders:
                log.warning("theme.unknown", theme=name, themes_dir=str(themes_dir), shown="default")
                return []
            raise ThemeError(
                f"{folders[0] / 'theme.json'}: extends {name}, and there is no theme of that name. [M03]"
            )
        if folder in folders or len(folders) == MOST_PARENTS:
            raise ThemeError(
                f"{folders[0] / 'theme.json'}: extends must lead to default in {MOST_PARENTS} steps. [M03]"
            )
        folders.insert(0, folder)
        name = manifest_of(folder).extends
    return folders


def find(themes_dir: Path | None, name: str) -> Path | None:
    """The folder of a theme; None when there is none of that name."""
    if not is_name(name):
        raise ThemeError(f"The theme {name!r} must be named with {NAME_TOLD}.")
    folder = themes_dir / name if themes_dir else None
    return folder if folder and folder.is_dir() else None


def manifest_of(folder: Path) -> Manifest:
    """What a folder's theme.json says; without one, that it builds on ours. Raises ThemeError."""
    path = folder / "theme.json"
    try:
        return read_manifest(json_of(path)) if path.is_file() else Manifest()
    except ValueError as error:
        raise ThemeError(f"{path}: {error}. [M01]") from None


def _tokens(folder: Path, stem: str, ours: Tokens) -> Tokens:
    """Tokens with three files over them, each of which may be missing."""
    changed = ours
    for place, kind in enumerate(("", ".dark", ".compact")):
        path = folder / f"{stem}{kind}.json"
        read = json_of(path) if path.is_file() else {}
        try:
            over: list[dict[str, Any]] = [{}, {}, {}]
            over[place] = read
            changed = changed.with_theme(*over)
        except TokenError as error:
            raise ThemeError(f"{path}: {error}. [M01]") from error
    return changed


def _variant(folder: Path, name: str, tokens: Tokens) -> Tokens:
    path = folder / "variants" / f"{name}.tokens.json"
    if not path.is_file():
        raise ThemeError(f"{folder / 'theme.json'}: campuses names {name}, and there is no {path}.")
    return _tokens(folder / "variants", f"{name}.tokens", tokens)


def _words(path: Path, ours: Mapping[str, str]) -> Mapping[str, str]:
    """Our messages in one language, and a theme's over them, key by key."""
    read = json_of(path) if path.is_file() else {}
    changed = {key: text for key, text in read.items() if not key.startswith("$")}
    for key, text in changed.items():
        if key not in ours:
            raise ThemeError(f"{path}: there is no message {key!r}{nearest(key, ours)}. [L01]")
        if not isinstance(text, str) or places(text) != places(ours[key]):
            raise ThemeError(f"{path}: {key!r} must be a text with the same places as {ours[key]!r}. [L02]")
    return {**ours, **changed}


def places(text: str) -> list[str]:
    """What the service fills into a message: `{n}`, `{when}`."""
    return sorted(re.findall(r"\{[^{}]*\}|[{}]", text))


def _parts(
    name: str,
    folder: Path,
    templates: Collection[str],
    environment: Environment,
    words: Mapping[str, str],
    assets: Collection[str],
) -> list[Part]:
    parts = [Part(name, path.name, text_of(path)) for path in plain_files(folder / "parts")]
    for part in parts:
        path = folder / "parts" / part.name
        if len(part.source) > MOST_PART:
            raise refused(path, f"is longer than {MOST_PART} characters", "X05")
        for found in faults(environment, part.name, part.source, templates, words, assets):
            raise refused(path, found.sentence, found.rule, found.line)
    return parts
