"""`portal-widgets`: start it, check it, read its trail, make its keys, register it with an OA."""

from __future__ import annotations

import asyncio
import errno
import sys
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from hypercorn.asyncio import serve as hypercorn
from hypercorn.config import Config
from sqlalchemy.exc import SQLAlchemyError

from audit.store import Filter, Store
from audit.trail import Action
from auth.sealing import new_key
from widgets import settings_page, theming_page
from widgets.app import create_app
from widgets.checkup import examine
from widgets.configured import configured, settings_in
from widgets.embed_command import embed
from widgets.items import Kind
from widgets.links import origin
from widgets.listing import as_json, as_table
from widgets.oa import OAError, outbound
from widgets.oa.weaver_token import register
from widgets.probe import probe
from widgets.schema import schema
from widgets.settings import Settings
from widgets.settings_sources import WeaverE9Source
from widgets.theme_check import pages as rule_pages
from widgets.theme_check_command import check as check_theme
from widgets.theme_check_command import shots
from widgets.theme_command import theme
from widgets.themes import schemas
from widgets.themes.schemas import SCHEMAS

_File: Final = click.Path(path_type=Path, dir_okay=False)
_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """OA to-dos and notices as small HTML widgets inside a hospital portal."""


main.add_command(theme)
main.add_command(embed)
theme.add_command(check_theme, "check")
theme.add_command(shots)


@main.command()
@configured
@click.option(
    "--server", type=_File, default="hypercorn.toml", show_default=True, help="Hypercorn's own file."
)
def serve(path: Path | None, server: Path) -> None:
    """Run one instance until SIGTERM.

    It is one process: run several for more, behind a gateway.
    """
    settings_in(path)
    try:
        config = Config.from_toml(server)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{server} cannot be used: {error}.") from None
    app = create_app(path)
    config.workers = 1  # this is one process whatever it says; Hypercorn warns of any other number
    try:
        asyncio.run(hypercorn(app, config, mode="asgi"))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise
        where = " or ".join(config.bind)
        raise click.ClickException(f"cannot listen at {where}: {str(error.strerror).lower()}.") from None


@main.command()
@configured
def check(path: Path | None) -> None:
    """Try the configuration and every outside party, and say what is wrong in a sentence each."""
    settings = settings_in(path)
    click.echo("ok    The configuration has no mistakes.")
    findings = asyncio.run(examine(settings))
    for finding in findings:
        click.echo(f"{finding.mark:<5} {finding.sentence}")
    if any(finding.mark == "WRONG" for finding in findings):
        sys.exit(1)


@main.group()
def audit() -> None:
    """The operation trail (操作日志)."""


@audit.command("list")
@configured
@click.option("--since", type=_MOMENT, help="From this time on, in the configured zone.")
@click.option("--until", type=_MOMENT, help="Before this time.")
@click.option("--actor", help="Only this 工号.")
@click.option("--action", type=click.Choice([each.value for each in Action]), help="Only what was done so.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest so many."
)
@click.option("--json", "json", is_flag=True, help="One JSON object a line, times in UTC.")
def list_(  # the name `list` is taken
    path: Path | None,
    since: datetime | None,
    until: datetime | None,
    actor: str | None,
    action: str | None,
    limit: int,
    json: bool,
) -> None:
    """Show what happened, the newest last."""
    settings = settings_in(path)
    zone = settings.service.timezone
    wanted = Filter(_in(zone, since), _in(zone, until), actor, Action(action) if action else None)
    try:
        store = Store(settings.audit.address)
        entries = store.page(wanted, limit)[::-1]
        store.close()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise click.ClickException(
            f"the audit store at {settings.audit.url} cannot be read: {error}"
        ) from None
    for line in as_json(entries) if json else as_table(entries, zone):
        click.echo(line)


def _in(zone: ZoneInfo, moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=zone)


@main.group()
def keys() -> None:
    """The key ring, which seals cookies and remembered lists."""


@keys.command()
@click.option("--file", type=_File, help="Write a new ring file that only you can read.")
def new(file: Path | None) -> None:
    """Make a key: a line `<id> <base64url of 32 bytes>`."""
    if file is None:
        click.echo(new_key())
        return
    _claim(file, "keep it: what it sealed opens with no other")
    file.write_text(new_key() + "\n", "utf-8")
    click.echo(f"{file} holds a new key.")


def _claim(file: Path, reason: str) -> None:
    """An empty file that nobody else can read, where none was."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise click.ClickException(f"{file} exists; {reason}.") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None


@main.group()
def oa() -> None:
    """The OA systems."""


@oa.command("register")
@configured
@click.option("--source", "id", required=True, help="The id of one of [[sources]].")
@click.option("--replace", is_flag=True, help="Although credentials exist: they become worthless at once.")
def register_(path: Path | None, id: str, replace: bool) -> None:
    """Register with a Weaver OA, once, and keep what it hands out.

    Registering again breaks whoever holds the former credentials of the same app_id.
    """
    source = _weaver(settings_in(path, registered=False), id)
    file = source.credentials.file
    if file is None:
        raise click.ClickException(f'sources["{id}"].credentials must be a file to write to.')
    if replace and file.exists():
        click.echo(
            f"Warning: every other holder of app_id {source.app_id} is locked out from now on.", err=True
        )
    elif file.exists():
        raise click.ClickException(
            f"{file} exists; registering again would break its holder, or say --replace."
        )
    fresh = file.with_name(file.name + ".new")
    _claim(fresh, "an earlier registration did not end well, look into it and remove it")
    try:
        fresh.write_text(asyncio.run(_registered(source)), "utf-8")
    except OAError as error:
        fresh.unlink()
        raise click.ClickException(f"the OA at {source.base_url} refused ({error.code}): {error}") from None
    fresh.replace(file)
    click.echo(f"{file} holds the credentials of {source.app_id}. Keep a copy: they cannot be had twice.")


def _weaver(settings: Settings, id: str) -> WeaverE9Source:
    for source in settings.sources:
        if source.id == id and isinstance(source, WeaverE9Source):
            return source
    known = ", ".join(each.id for each in settings.sources if isinstance(each, WeaverE9Source)) or "none"
    raise click.ClickException(f'there is no source "{id}" of kind weaver-e9: there are {known}.')


async def _registered(source: WeaverE9Source) -> str:
    async with outbound.client([origin(source.base_url)], deadline=10.0) as http:
        return (await register(http, source.base_url, source.app_id)).dump()


@oa.command("probe")
@configured
@click.option("--source", "id", required=True, help="The id of one of [[sources]].")
@click.option("--employee", required=True, help="The 工号 of the person in whose name it asks.")
@click.option("--widget", type=click.Choice(["todos", "notices"]), help="Only this one.")
@click.option("--click", "clicks", is_flag=True, help="Also make the address of a click on the first item.")
@click.option("--personal", is_flag=True, help="Show titles, names and the like; secrets stay hidden.")
def probe_(
    path: Path | None, id: str, employee: str, widget: Kind | None, clicks: bool, personal: bool
) -> None:
    """Ask one OA for one person, and show every request, every answer, and what became of it.

    Secrets are never shown, what concerns people only with --personal. Nothing is remembered.
    """
    settings = settings_in(path)
    source = next((each for each in settings.sources if each.id == id), None)
    if source is None:
        known = ", ".join(each.id for each in settings.sources) or "none"
        raise click.ClickException(f'there is no source "{id}": there are {known}.')
    kinds = (widget,) if widget else source.widgets
    if not asyncio.run(probe(source, settings.service.timezone, employee, kinds, clicks, personal)):
        sys.exit(1)


@main.command("schema")
def schema_() -> None:
    """Print a JSON Schema of the configuration, by which an editor completes and checks it."""
    click.echo(schema())


@main.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def docs(folder: Path) -> None:
    """Rewrite the generated pages of docs/, and the schemas of themes."""
    (folder / "settings.md").write_text(settings_page.page(), "utf-8")
    rule_pages.write(folder / "rules")
    theming = folder / "theming.md"
    if theming.exists():
        theming.write_text(theming_page.renewed(theming.read_text("utf-8")), "utf-8")
    for name, text in schemas.all_of_them().items():
        (SCHEMAS / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main(prog_name="portal-widgets")
