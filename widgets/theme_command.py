"""`portal-widgets theme`: begin one, install it, take it back, see which are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from widgets.configured import configured, settings_in
from widgets.overrides import manifest_of
from widgets.themes.files import ThemeError
from widgets.themes.installed import installed


@click.group()
def theme() -> None:
    """The looks of the cards."""


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the folder of installed themes: the configuration's, or one that is named."""
    told = "Where themes are installed; without it, service.themes_dir of the configuration."
    named = click.option("--themes-dir", type=click.Path(path_type=Path, file_okay=False), help=told)
    return configured(named(command))


def _themes_dir(path: Path | None, themes_dir: Path | None) -> Path:
    found = themes_dir or settings_in(path).service.themes_dir
    if found is None:
        raise click.ClickException("service.themes_dir is not set: it must name the folder of themes.")
    return found


@theme.command("list")
@_where
def list_(path: Path | None, themes_dir: Path | None) -> None:
    """Show what is installed: name, version, what it builds on."""
    folder = _themes_dir(path, themes_dir)
    for name in installed(folder):
        try:
            said = manifest_of(folder / name)
            click.echo(f"{name:<32} {said.version:<10} extends {said.extends}")
        except ThemeError as error:
            click.echo(f"{name:<32} {'broken':<10} {error}")
