"""One theme's folder, read as far as it can be read: a mistake in one file does not hide those of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment

from widgets.overrides import Overrides, Words, chain, manifest_of
from widgets.theme import HERE, Theme
from widgets.theme_check import css
from widgets.themes.files import ThemeError, json_of, text_of
from widgets.themes.manifest import Manifest
from widgets.themes.samples import BASE
from widgets.themes.sandbox import Table, Theirs
from widgets.themes.served import own
from widgets.themes.words import our_words
from widgets.tokens import TokenError, Tokens

TOKEN_FILES: Final = ("tokens.json", "tokens.dark.json", "tokens.compact.json")


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rules judge."""

    folder: Path
    texts: Mapping[str, str]
    """The text files that could be read, by their path in the folder."""
    manifest: Manifest
    below: Overrides
    """What the theme builds on."""
    templates: Mapping[str, str]
    """The service's own, by file name."""
    environment: Environment
    sheet: css.Sheet
    theme: Theme | None
    """The whole theme, when it can be drawn."""
    refused: str
    """Why it cannot be."""

    @classmethod
    def read(cls, folder: Path, refused: str) -> Subject:
        """`folder` is absolute; what the theme builds on lie beside it. `refused`: what its trial said."""
        templates = {
            path.name: path.read_text("utf-8") for path in sorted((HERE / "templates").glob("*.html"))
        }
        environment = Theirs(Table(), lambda part, error: None)
        texts = _texts(folder)
        theme = None
        try:
            theme = None if refused else Theme(folder.parent, folder.name, BASE)
        except (ThemeError, RecursionError) as error:  # it has changed since, or is on the brink of too deep
            refused = str(error)
        return cls(
            folder,
            texts,
            _manifest(folder),
            _below(folder, templates, environment),
            templates,
            environment,
            css.read(texts.get("theme.css", "")),
            theme,
            refused,
        )

    @property
    def parts(self) -> dict[str, str]:
        """The sources of the theme's own parts, by file name."""
        return {
            name.removeprefix("parts/"): text
            for name, text in self.texts.items()
            if name.startswith("parts/")
        }

    @property
    def words(self) -> Words:
        """The theme's own messages, by language: whatever JSON there is."""
        read = {lang: self.object_of(f"messages/{lang}.json") for lang in self.below.words}
        return {lang: {k: v for k, v in said.items() if not k.startswith("$")} for lang, said in read.items()}

    @property
    def tokens(self) -> Tokens:
        """The theme's tokens as far as they can be used."""
        read = [self.object_of(name) for name in TOKEN_FILES]
        try:
            return self.below.tokens.with_theme(*read)
        except TokenError:
            return self.below.tokens

    def object_of(self, name: str) -> dict[str, Any]:
        """The JSON object in a file; empty when there is none."""
        try:
            return json_of(self.folder / name) if name in self.texts else {}
        except ThemeError:
            return {}

    def line(self, file: str, word: str) -> int:
        """Where a word stands first in a file; 1 when it does not."""
        text = self.texts.get(file, "")
        return text.count("\n", 0, max(text.find(word), 0)) + 1

    def blame(self, *words: str, part: str = "") -> tuple[str, int]:
        """The theme's own file and line that most likely say it: `part`, then styles, other parts, any file."""
        for word in filter(None, words):
            if word in self.parts.get(part, ""):
                return f"parts/{part}", self.line(f"parts/{part}", word)
            for block in self.sheet.blocks:
                if word in block.selector:
                    return "theme.css", block.line
            for name, text in self.parts.items():
                if word in text:
                    return f"parts/{name}", self.line(f"parts/{name}", word)
        return next(iter(name for name in ("theme.css", *TOKEN_FILES) if name in self.texts), "theme.json"), 1


_ROOMS: Final = {"": (".json", ".css"), "parts": (".html",), "messages": (".json",), "variants": (".json",)}


def _texts(folder: Path) -> dict[str, str]:
    found = {}
    for room, ends in _ROOMS.items():
        paths = (folder / room).iterdir() if (folder / room).is_dir() else iter(())
        for path in sorted(each for each in paths if each.suffix in ends and not each.name.startswith(".")):
            try:
                found[path.relative_to(folder).as_posix()] = text_of(path)
            except ThemeError:
                continue  # a link, or no text: X05 says so
    return found


def _manifest(folder: Path) -> Manifest:
    try:
        return manifest_of(folder)
    except ThemeError:
        return Manifest()


def _below(folder: Path, templates: Mapping[str, str], environment: Environment) -> Overrides:
    made = Overrides("default", Tokens.read(own("tokens.css")), our_words())
    try:
        for parent in chain(folder.parent, folder.name)[:-1]:
            made = made.under(parent, templates.keys(), environment)
    except ThemeError:
        pass  # M03 says so
    return made
