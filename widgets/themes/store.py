"""Installs themes and takes them back, each in one step: a running service sees the old or the new, never half of one.

    <themes_dir>/renmin                → .installed/renmin/3
    <themes_dir>/.installed/renmin/1   every version that was installed, the last few of them
                                   2
                                   3

The link is replaced by a rename, and whoever reads a theme follows it once.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Final

from widgets.names import NAME_TOLD, is_name
from widgets.overrides import chain, manifest_of
from widgets.themes.files import ThemeError
from widgets.themes.installed import installed
from widgets.themes.packed import Packed
from widgets.themes.trial import tried

KEPT: Final = ".installed"
MOST_KEPT: Final = 5
"""Versions of one theme that can be gone back to, the one in use included."""


@dataclass(frozen=True, slots=True)
class Switched:
    """What is in use now, and what was before; `before` is None for a theme that was not there."""

    name: str
    version: str
    number: int
    before: int | None


def install(themes_dir: Path, name: str, files: Packed) -> Switched:
    """Makes these files the theme of that name. Raises ThemeError, and then nothing has changed."""
    with _alone(themes_dir) as kept, TemporaryDirectory(prefix=".new-", dir=kept) as room:
        fresh = Path(room) / name
        _write(fresh, files)
        _must_work(themes_dir, Path(room), name)
        home = kept / name
        home.mkdir(exist_ok=True)
        _adopt(themes_dir / name, home)
        number = max(numbers(themes_dir, name), default=0) + 1
        fresh.rename(home / str(number))
        switched = _switch(themes_dir, name, number)
        _forget(home, number)
    return switched


def rollback(themes_dir: Path, name: str) -> Switched:
    """Makes the version before the one in use the theme again. Raises ThemeError, and then nothing has changed."""
    if not is_name(name):
        raise ThemeError(f"The theme {name!r} must be named with {NAME_TOLD}.")
    with _alone(themes_dir) as kept, TemporaryDirectory(prefix=".new-", dir=kept) as room:
        now = in_use(themes_dir, name)
        if now is None:
            raise ThemeError(f"{themes_dir / name} was not installed by this command.")
        earlier = [number for number in numbers(themes_dir, name) if number < now]
        if not earlier:
            raise ThemeError(f"The theme {name} has no version before the one in use.")
        (Path(room) / name).symlink_to(kept.absolute() / name / str(max(earlier)))
        _must_work(themes_dir, Path(room), name)
        return _switch(themes_dir, name, max(earlier))


def in_use(themes_dir: Path, name: str) -> int | None:
    """The number of the version that a theme's link leads to; None when there is no such link."""
    link = themes_dir / name
    target = link.readlink() if link.is_symlink() else Path()
    number = target.name
    return int(number) if target.parts[:1] == (KEPT,) and number.isdecimal() else None


def numbers(themes_dir: Path, name: str) -> list[int]:
    """The versions of a theme that are kept, the oldest first."""
    home = themes_dir / KEPT / name
    found = home.iterdir() if home.is_dir() else ()
    return sorted(int(path.name) for path in found if path.name.isdecimal())


@contextmanager
def _alone(themes_dir: Path) -> Iterator[Path]:
    """The folder of all versions, while nobody else installs. Raises ThemeError when it cannot be written."""
    kept = themes_dir / KEPT
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with (kept / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield kept
    except OSError as error:
        raise ThemeError(f"{themes_dir} cannot be written: {error.strerror}.") from error


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """The service may be somebody else, whatever this person's umask; a theme is no secret."""
    for inner, body in files.items():
        path = folder / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        path.chmod(0o644)
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        path.chmod(0o755)


def _must_work(themes_dir: Path, room: Path, name: str) -> None:
    """Draws the theme in `room`, and those that build on it, before anybody sees them."""
    others = [each for each in installed(themes_dir) if each != name]
    for each in others:
        (room / each).symlink_to((themes_dir / each).resolve())
    above = [each for each in others if _builds_on(room, each, name)]
    wrong = tried(room, [name, *above])
    told = {each: reason.replace(f"{room.absolute()}/", "").rstrip(".") for each, reason in wrong.items()}
    if name in told:
        raise ThemeError(told[name] if told[name].endswith("]") else f"{told[name]}.")
    for each, reason in told.items():
        if not tried(themes_dir, [each]):  # what was broken before is nobody's fault here
            raise ThemeError(f"The theme {each} builds on {name}, and would break: {reason}.")


def _builds_on(room: Path, one: str, other: str) -> bool:
    with suppress(ThemeError):
        return other in [folder.name for folder in chain(room, one)]
    return False


def _adopt(place: Path, home: Path) -> None:
    """A folder that was put there by hand becomes a version that can be gone back to."""
    if place.is_dir() and not place.is_symlink():
        number = max((int(path.name) for path in home.iterdir() if path.name.isdecimal()), default=0) + 1
        place.rename(home / str(number))
        _link(place, number)


def _switch(themes_dir: Path, name: str, number: int) -> Switched:
    before = in_use(themes_dir, name)
    _link(themes_dir / name, number)
    return Switched(name, manifest_of(themes_dir / name).version, number, before)


def _link(place: Path, number: int) -> None:
    """Relative, so that the folder may be mounted elsewhere; renamed into place, which is one step (POSIX rename)."""
    fresh = place.parent / KEPT / f".link-{token_hex(4)}"
    fresh.symlink_to(Path(KEPT) / place.name / str(number))
    fresh.replace(place)


def _forget(home: Path, now: int) -> None:
    """Those that are too many; whoever still reads one has it in memory."""
    kept = sorted((int(path.name) for path in home.iterdir() if path.name.isdecimal()), reverse=True)
    for number in [each for each in kept if each != now][MOST_KEPT - 1 :]:
        shutil.rmtree(home / str(number))
