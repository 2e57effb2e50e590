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
from widgets.themes.files import ThemeError, json_of, must_be_read, plain_files, text_of
from widgets.themes.manifest import Manifest
from widgets.themes.manifest import read as read_manifest
from widgets.tokens import TokenError, Tokens, nearest
from widgets.views import Language

log = structlog.get_logger()

Words = Mapping[Language, Mapping[str, str]]
"""The messages by language and key."""

MOST_CSS, MOST_ASSETS, MOST_PART = 12_000, 200_000, 16_000
"""Characters of theme.css, bytes of all assets together, characters of one part."""
MOST_PARENTS: Final = 4
ASSETS: Final = frozenset({".svg", ".png", ".webp", ".woff2"})
READ: Final = frozenset(
    {"theme.json", "tokens.json", "tokens.dark.json", "tokens.compact.json", "theme.css"}
    | {"messages", "parts", "assets", "variants"}
)
_REFUSED_CSS: Final = re.compile(r"<|@import|@layer|@scope|expression\(|\\", re.IGNORECASE)
URL: Final = re.compile(r"url\(\s*([\"']?)([^)\"']*)\1\s*\)", re.IGNORECASE)
_REFUSED_SVG: Final = re.compile(
    rb"<script|<foreignObject|<!ENTITY|\son[a-z]+\s*=|javascript:|(?:href|src)\s*=\s*[\"'](?!#)|url\((?![\"']?#)",
    re.IGNORECASE,
)
_MAGIC: Final[Mapping[str, bytes]] = {".png": b"\x89PNG\r\n\x1a\n", ".webp": b"RIFF", ".woff2": b"wOF2"}


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
        """These, with one folder over them. Raises ThemeError."""
        must_be_read(folder, READ)
        must_be_read(folder / "messages", {f"{lang}.json" for lang in get_args(Language)})
        manifest = manifest_of(folder)
        assets = {**self.assets, **_assets(folder / "assets")}
        tokens = _tokens(folder, "tokens", self.tokens)
        if "dark" not in manifest.modes:
            tokens = tokens.without_dark()
        parts = _parts(folder, templates, environment, self.words["zh-CN"], assets)
        return Overrides(
            folder.name,
            tokens,
            {lang: _words(folder / "messages" / f"{lang}.json", said) for lang, said in self.words.items()},
            self.css
            + _css(folder / "theme.css", assets)
            + (_ALWAYS_LIGHT if "dark" not in manifest.modes else ""),
            {**self.parts, **{part.name: (*self.parts.get(part.name, ()), part) for part in parts}},
            assets,
            manifest,
            {**self.variants, **{campus: (folder, name) for campus, name in manifest.campuses.items()}},
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
                f"{folders[0] / 'theme.json'}: extends {name}, and there is no theme of that name."
            )
        if folder in folders or len(folders) == MOST_PARENTS:
            raise ThemeError(
                f"{folders[0] / 'theme.json'}: extends must lead to default in {MOST_PARENTS} steps."
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
        raise ThemeError(f"{path}: {error}.") from None


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
            raise ThemeError(f"{path}: {error}.") from error
    for pair in changed.faint():
        log.warning("theme.faint", theme=folder.name, pair=str(pair))
    return changed


def _variant(folder: Path, name: str, tokens: Tokens) -> Tokens:
    path = folder / "variants" / f"{name}.tokens.json"
    if not path.is_file():
        raise ThemeError(f"{folder / 'theme.json'}: campuses names {name}, and there is no {path}.")
    return _tokens(folder / "variants", f"{name}.tokens", tokens)


def _words(path: Path, ours: Mapping[str, str]) -> Mapping[str, str]:
    """Our messages in one language, and a theme's over them, key by key."""
    changed = json_of(path) if path.is_file() else {}
    for key, text in changed.items():
        if key not in ours:
            raise ThemeError(f"{path}: there is no message {key!r}{nearest(key, ours)}.")
        if not isinstance(text, str) or places(text) != places(ours[key]):
            raise ThemeError(f"{path}: {key!r} must be a text with the same places as {ours[key]!r}.")
    return {**ours, **changed}


def places(text: str) -> list[str]:
    """What the service fills into a message: `{n}`, `{when}`."""
    return sorted(re.findall(r"\{[^{}]*\}|[{}]", text))


def _css(path: Path, assets: Collection[str]) -> str:
    css = re.sub(r"/\*.*?\*/", "", text_of(path), flags=re.DOTALL) if path.is_file() else ""
    if len(css) > MOST_CSS:
        raise ThemeError(f"{path} is longer than {MOST_CSS} characters.")
    if found := _REFUSED_CSS.search(css):
        raise ThemeError(f"{path} may not contain {found[0]!r}.")
    for _, address in URL.findall(css):
        if address.removeprefix("assets/") not in assets or not address.startswith("assets/"):
            raise ThemeError(
                f"{path} may not contain 'url({address})': only files of assets/, as url(assets/a.woff2)."
            )
    if "url(" in URL.sub("", css).lower():
        raise ThemeError(f"{path} may not contain 'url(' without an address of assets/.")
    return css


def _parts(
    folder: Path,
    templates: Collection[str],
    environment: Environment,
    words: Mapping[str, str],
    assets: Collection[str],
) -> list[Part]:
    parts = [Part(folder.name, path.name, text_of(path)) for path in plain_files(folder / "parts")]
    for part in parts:
        path = folder / "parts" / part.name
        if len(part.source) > MOST_PART:
            raise ThemeError(f"{path} is longer than {MOST_PART} characters.")
        for found in faults(environment, part.name, part.source, templates, words, assets):
            raise ThemeError(f"{path} {found.sentence}.")
    return parts


def _assets(folder: Path) -> dict[str, bytes]:
    assets = {path.name: path.read_bytes() for path in plain_files(folder)}
    for name, body in assets.items():
        if not is_plain(name, body):
            raise ThemeError(f"{folder / name} is not a plain svg, png, webp or woff2 file.")
    if sum(map(len, assets.values())) > MOST_ASSETS:
        raise ThemeError(f"{folder} holds more than {MOST_ASSETS} bytes.")
    return assets


def is_plain(name: str, body: bytes) -> bool:
    """Whether an asset is what its name says, and nothing more: an SVG loads and runs nothing."""
    end = Path(name).suffix
    if end == ".svg":
        return b"<svg" in body and not _REFUSED_SVG.search(body)
    return end in ASSETS and body.startswith(_MAGIC[end]) and re.fullmatch(r"[\w.-]+", name) is not None
