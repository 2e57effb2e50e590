"""What every command does with `--config`: find the configuration, or say what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from widgets.settings import Settings, SettingsError, chosen, load


def configured(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the option `--config`, as `path`."""
    told = "The configuration file; without it the one that PORTAL_WIDGETS_CONFIG names."
    return click.option("--config", "path", type=click.Path(path_type=Path, dir_okay=False), help=told)(
        command
    )


def settings_in(path: Path | None, *, registered: bool = True) -> Settings:
    """The settings that a command works with. Ends it with every mistake when there are any."""
    try:
        return load(path or chosen(), registered=registered)
    except SettingsError as error:
        raise click.ClickException(
            "\n  ".join(["the configuration cannot be used.", *error.mistakes])
        ) from None
