"""`portal-widgets theme`: begin one, install it, take it back, see which are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from audit.trail import Action
from widgets.configured import configured, settings_in
from widgets.overrides import manifest_of
from widgets.theme import Theme
from widgets.theme_record import recorded
from widgets.themes import begin, packed, store
from widgets.themes.files import ThemeError
from widgets.themes.installed import installed

_Folder: Final = click.Path(path_type=Path, file_okay=False)


@click.group()
def theme() -> None:
    """The looks of the cards."""


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the folder of installed themes: the configuration's, or one that is named."""
    told = "Where themes are installed; without it, service.themes_dir of the configuration."
    named = click.option("--themes-dir", type=_Folder, help=told)
    return configured(named(command))


def _themes_dir(path: Path | None, themes_dir: Path | None) -> Path:
    found = themes_dir or settings_in(path).service.themes_dir
    if found is None:
        raise click.ClickException("service.themes_dir is not set: it must name the folder of themes.")
    return found


def _trail(path: Path | None, themes_dir: Path | None) -> str | None:
    """Where it is written down; nowhere for whoever names a folder, and no configuration."""
    return None if themes_dir and not path else settings_in(path).audit.address


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a theme ends the command, in its sentence."""
    try:
        yield
    except ThemeError as error:
        raise click.ClickException(str(error)) from None


@theme.command()
@click.argument("name")
@click.option("--in", "folder", type=_Folder, default=Path(), help="Where to write it; here by default.")
@click.option("--label", help="What people call it; its name by default.")
@click.option("--extends", default="default", show_default=True, help="The theme that it builds on.")
@click.option("--large", is_flag=True, help="Large words and rows (适老化) instead of colours.")
def new(name: str, folder: Path, label: str | None, extends: str, large: bool) -> None:
    """Begin a theme: a folder that draws as it is.

    Every file in it is explained by the README.md beside it, and completed by editors.
    """
    with _told():
        files = begin.begin(folder, name, label or name, extends, large)
    for each in files:
        click.echo(folder / name / each)


@theme.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("name", metavar="PART")
@click.option("--merge", is_flag=True, help="What it was made from has changed since: bring both together.")
def part(folder: Path, name: str, merge: bool) -> None:
    """Copy a part into a theme, to be changed there.

    PART is its name, such as _todo. What it is copied from is kept beside it, in based-on/. With --merge it ends with 1
    where both have changed the same lines: they then stand between <<<<<<< and >>>>>>>.
    """
    with _told():
        path, clashes = begin.merge(folder, name) if merge else (begin.part(folder, name), 0)
    click.echo(path)
    if clashes:
        places = "1 place" if clashes == 1 else f"{clashes} places"
        click.echo(f"{places} changed by both: choose between <<<<<<< and >>>>>>> there.", err=True)
        sys.exit(1)


@theme.command("list")
@_where
def list_(path: Path | None, themes_dir: Path | None) -> None:
    """Show what is installed.

    Name, version, what each builds on, and versions to go back to.
    """
    folder = _themes_dir(path, themes_dir)
    for name in installed(folder):
        try:
            said = manifest_of(folder / name)
        except ThemeError as error:
            click.echo(f"{name:<32} {'broken':<10} {error}")
            continue
        now = store.in_use(folder, name) or 0
        earlier = len([number for number in store.numbers(folder, name) if number < now])
        back = f", {earlier} to go back to" if earlier else ""
        click.echo(f"{name:<32} {said.version:<10} extends {said.extends}{back}")


@theme.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--name", help="Its name, where the folder or the zip is called something else.")
@_where
def install(path: Path | None, themes_dir: Path | None, source: Path, name: str | None) -> None:
    """Take a theme into use: a folder or a zip.

    Running services show it within ten seconds. It is drawn in every state first, in a process of little memory and
    time. A broken one changes nothing.
    """
    folder, trail = _themes_dir(path, themes_dir), _trail(path, themes_dir)
    with _told(), recorded(trail, Action.INSTALL_THEME, name or source.name) as deed:
        deed.object, files = packed.read(source, name)
        switched = store.install(folder, deed.object, files)
        deed.object += f"/{switched.number}"
        faint = Theme(folder, switched.name).tokens.faint()
    for pair in faint:
        click.echo(f"Hard to read: {pair}.", err=True)
    click.echo(f"{switched.name} {switched.version} is installed{_instead(switched)}.")
    if not switched.before:
        everywhere = f'all do with theme = "{switched.name}" in [service]'
        click.echo(f"Cards whose address says theme={switched.name} show it; {everywhere}.")


@theme.command()
@click.argument("name")
@_where
def rollback(path: Path | None, themes_dir: Path | None, name: str) -> None:
    """Take a theme back to the version before."""
    folder, trail = _themes_dir(path, themes_dir), _trail(path, themes_dir)
    with _told(), recorded(trail, Action.ROLLBACK_THEME, name) as deed:
        switched = store.rollback(folder, name)
        deed.object += f"/{switched.number}"
    click.echo(f"{name} {switched.version} is in use again{_instead(switched)}.")


def _instead(switched: store.Switched) -> str:
    return f" as number {switched.number}" + (
        f", instead of number {switched.before}" if switched.before else ""
    )
