"""`theme new` and `theme part`: a folder that is pleasant to begin in, and our parts to begin from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final

from widgets.names import NAME_TOLD, is_name
from widgets.overrides import chain
from widgets.parts import FIXED
from widgets.themes.files import ThemeError, text_of
from widgets.themes.merge import MARK, ROOM, copied_from, digest, mark, merged
from widgets.themes.schemas import all_of_them
from widgets.tokens import nearest
from widgets.views import Language

_START: Final = Path(__file__).with_name("start")
_TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_LOOK: Final = ("tokens.json", "tokens.dark.json", "theme.css", "messages/zh-CN.json", "messages/en.json")
_LARGE: Final = ("tokens.json", "tokens.compact.json")


def labels(name: str, chinese: str | None, english: str | None) -> dict[Language, str]:
    """What people call a theme. A label in Latin letters does for both languages, a Chinese one for its own alone."""
    if english is None and chinese and chinese.isascii():
        english = chinese
    return {"zh-CN": chinese or name, "en": english or name.replace("-", " ").capitalize()}


def begin(folder: Path, name: str, label: Mapping[Language, str], extends: str, large: bool) -> list[str]:
    """Writes a new theme into `folder`/`name`; gives its files. Raises ThemeError when there is something already."""
    if not is_name(name) or name == "default":
        raise ThemeError(f"The theme {name!r} must be named with {NAME_TOLD}, and not default.")
    home = folder / name
    if home.exists():
        raise ThemeError(f"{home} exists.")
    words = {"name": name, "label": label["zh-CN"], "parent": extends}
    files = {"theme.json": _manifest(label, extends)}
    files["README.md"] = Template(_text("README.md")).safe_substitute(words)
    if large:
        files |= {each: _text(f"large.{each}") for each in _LARGE}
    else:
        files |= _look() if extends == "default" else _nothing_yet()
    files |= {f"schemas/{each}": text for each, text in all_of_them().items()}
    for each, text in files.items():
        _write(home / each, text)
    return list(files)


def part(folder: Path, name: str) -> Path:
    """Copies a part of what the theme in `folder` builds on into it. Raises ThemeError when it is there already."""
    name = _known(name)
    path = folder / "parts" / name
    if path.exists():
        raise ThemeError(f"{path} exists.")
    _keep(folder, name, _below(folder, name))
    return path


def merge(folder: Path, name: str) -> tuple[Path, int]:
    """Brings what has changed since a part was copied into the theme's own; gives how often both changes meet.

    Raises ThemeError when the theme has not kept what it copied, or has nothing to merge.
    """
    name = _known(name)
    path, ours = folder / "parts" / name, _below(folder, name)
    theirs = text_of(path)
    said = MARK.search(theirs)
    base = copied_from(folder, name, said and said[1])
    if ours == base or (said and said[1] == digest(ours)):
        raise ThemeError(f"{path} was made from the part as it is today.")
    if base is None:
        raise ThemeError(
            f"{folder / ROOM / name} is not there, or is not what {path} was made from: "
            f"compare both parts, and then let it begin with {mark(ours)}."
        )
    text, clashes = merged(base, MARK.sub("", theirs, 1), ours)
    _keep(folder, name, ours, text)
    return path, clashes


def _keep(folder: Path, name: str, ours: str, text: str | None = None) -> None:
    """A part with the mark by which `theme check` knows what has changed since, and what it was made from."""
    _write(folder / ROOM / name, ours)
    _write(folder / "parts" / name, f"{mark(ours)}\n{ours if text is None else text}")


def _known(name: str) -> str:
    every = parts()
    name = name if name.endswith(".html") else f"{name}.html"
    if name not in every:
        raise ThemeError(f"There is no part {name}{nearest(name, every)}: there are {', '.join(every)}.")
    return name


def _below(folder: Path, name: str) -> str:
    """The part that the theme would replace: of the nearest theme below it that has one, or ours."""
    folder = folder.absolute()
    for each in reversed(chain(folder.parent, folder.name)[:-1]):
        if (each / "parts" / name).is_file():
            return MARK.sub("", text_of(each / "parts" / name), 1)
    return (_TEMPLATES / name).read_text("utf-8")


def parts() -> list[str]:
    """The parts that a theme may replace."""
    return sorted(path.name for path in _TEMPLATES.glob("*.html") if path.name not in FIXED)


def _manifest(label: Mapping[Language, str], extends: str) -> str:
    said = {
        "$schema": "./schemas/theme.schema.json",
        "name": dict(label),
        "version": "1.0.0",
        "api": "1",
        "extends": extends,
    }
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def _look() -> dict[str, str]:
    return {each: _text(Path(each).name) for each in _LOOK}


def _nothing_yet() -> dict[str, str]:
    """For a theme over a hospital's own: an example would take the place of what is there."""
    style = _text("theme.css").partition("*/")[0] + "*/\n"
    return {each: _schema_alone(text) for each, text in _look().items() if each.endswith(".json")} | {
        "theme.css": style
    }


def _schema_alone(text: str) -> str:
    return json.dumps({"$schema": json.loads(text)["$schema"]}, indent=2) + "\n"


def _text(name: str) -> str:
    return (_START / name).read_text("utf-8")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ThemeError(f"{path} cannot be written: {error.strerror}.") from error
