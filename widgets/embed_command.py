"""`portal-widgets embed`: what a portal's page does to the cards in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final, cast

import click

from widgets.configured import configured, settings_in
from widgets.studio.case import Facts
from widgets.studio.doctor import Diagnosis, examine
from widgets.studio.host_html import HostPage
from widgets.studio.portal_pages import PortalPages, Unread, saved
from widgets.studio.words import words
from widgets.views import Language

PATIENCE: Final = 10.0
"""Seconds for the page: an operator waits longer than a browser."""
LARGEST: Final = 16_000_000
"""Bytes of a saved page."""


@click.group()
def embed() -> None:
    """The cards in a portal's pages."""


@embed.command()
@configured
@click.argument("source")
@click.option("--address", help="Where a saved page comes from, if the browser did not note it.")
@click.option("--lang", type=click.Choice(["zh-CN", "en"]), default="en", show_default=True)
def doctor(path: Path | None, source: str, address: str | None, lang: str) -> None:
    """Examine a portal's page: SOURCE is its address, or a file that a browser saved.

    Says whether the page may hold cards, whether people can sign in there, and whose styles win; each with what to do.
    Only pages of configured portals are fetched.
    """
    settings, said = settings_in(path), words()[cast(Language, lang)]
    portals = {portal.origin: portal.relation for portal in settings.service.portals}
    try:
        page = asyncio.run(_fetched(portals, source)) if "://" in source else _read(Path(source), address)
    except Unread as error:
        raise click.ClickException(said[f"unread-{error.code}"].format(**error.told)) from None
    facts = Facts.of(settings.service.base_url, settings.identity.issuer, portals.items())
    findings = examine(page, facts)
    for each in findings:
        _tell(each, each.found(said), each.todo(said))
    if any(each.mark == "WRONG" for each in findings):
        sys.exit(1)


async def _fetched(portals: Collection[str], address: str) -> HostPage:
    pages = PortalPages(portals, PATIENCE)
    try:
        return await pages.read(address)
    finally:
        await pages.aclose()


def _read(file: Path, address: str | None) -> HostPage:
    try:
        if file.stat().st_size > LARGEST:
            raise click.ClickException(f"{file} is longer than {LARGEST} bytes.")
        return saved(file.read_text("utf-8", "replace"), address)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from None


def _tell(each: Diagnosis, found: str, todo: str) -> None:
    click.echo(f"{each.mark:<5} {found}")
    if todo:
        click.echo(f"      {todo}")
