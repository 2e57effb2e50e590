"""`portal-widgets theme check` and `theme shots`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

import click

from widgets.theme import Theme
from widgets.theme_check import compare, formats
from widgets.theme_check.album import Album
from widgets.theme_check.browser import INSTALL, NoBrowser, opened
from widgets.theme_check.check import Report, examine
from widgets.theme_check.fixes import mend
from widgets.theme_check.shots import taken
from widgets.themes.samples import BASE, STATES
from widgets.themes.trial import tried
from widgets.views import Language, State

_Theme: Final = click.Path(path_type=Path, file_okay=False, exists=True)
_FORMATS: Final = {"text": formats.text, "json": formats.as_json, "sarif": formats.sarif}
_SHOTS: Final[dict[Language, tuple[str, str, str]]] = {
    "en": (
        "{folder} holds {n} pictures: the baseline.",
        "{share:.2%} of the pixels",
        "{n} of {all} views have changed: {report}",
    ),
    "zh-CN": (
        "{folder} 里有 {n} 张图，作为基准。",
        "{share:.2%} 的像素",
        "{all} 个画面中有 {n} 个变了：{report}",
    ),
}
_BROWSER: Final = "A Chromium, Chrome or Edge; the first on the PATH by default."


@click.command()
@click.argument("folders", metavar="FOLDER...", type=_Theme, nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice([*_FORMATS]), default="text", show_default=True)
@click.option(
    "--lang", type=click.Choice(["zh-CN", "en"]), default="en", show_default=True, help="Of the words."
)
@click.option("--fix", is_flag=True, help="Mend what can be mended, then judge again.")
@click.option(
    "--state", "states", type=click.Choice([*STATES]), multiple=True, help="Look at these states only."
)
@click.option("--browser", type=click.Path(dir_okay=False, exists=True), help=_BROWSER)
@click.option("--no-browser", is_flag=True, help="Leave out the rules that need one.")
@click.option("--every-rule", is_flag=True, help="Fail when a rule could not be judged: for CI.")
def check(
    folders: tuple[Path, ...],
    form: str,
    lang: Language,
    fix: bool,
    states: tuple[State, ...],
    browser: str | None,
    no_browser: bool,
    every_rule: bool,
) -> None:
    """Judge themes by their files and by what they draw.

    There are about 50 rules, each with a page in docs/rules/. Ends with 2 when the service would refuse one, with 1
    when one is not for production, otherwise with 0. Themes that they build on lie beside them. Colours, targets,
    focus and lost words are judged in a Chromium; without one the output names the rules that nobody judged.
    """
    if fix:
        for folder, report in zip(folders, _quietly(folders, look=False), strict=True):
            for done in mend(folder, report.findings):
                click.echo(f"fixed {report.theme}/{done}", err=True)
    reports = _quietly(folders, path=browser, states=states or STATES, look=not no_browser)
    click.echo(_FORMATS[form](reports, lang), nl=False)
    unjudged = any(report.not_judged for report in reports)
    sys.exit(max(report.status for report in reports) or (1 if every_rule and unjudged else 0))


def _quietly(folders: Sequence[Path], **options: Any) -> list[Report]:
    """Without the log lines of the themes: the findings say all of it."""
    with redirect_stdout(StringIO()):
        return examine(folders, **options)


@click.command()
@click.argument("folder", type=_Theme)
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="Where the pictures lie; FOLDER.shots."
)
@click.option("--only", default="", help="Only the views whose name begins so, such as todos-ok.")
@click.option("--accept", is_flag=True, help="What is taken now is the baseline from now on.")
@click.option(
    "--lang", type=click.Choice(["zh-CN", "en"]), default="en", show_default=True, help="Of the report."
)
@click.option("--browser", type=click.Path(dir_okay=False, exists=True), help=_BROWSER)
def shots(
    folder: Path, into: Path | None, only: str, accept: bool, lang: Language, browser: str | None
) -> None:
    """Take pictures of a theme, and say what has changed.

    There are about 70, and what has changed since the baseline is said in pictures and words. The first run makes
    the baseline. Ends with 1 when anything has changed. Pictures of two machines differ by their fonts: compare
    those of one.
    """
    if not compare.is_possible():
        raise click.ClickException(f"Pillow is not installed: {INSTALL}.")
    folder = folder.absolute()
    album = Album(into or folder.with_name(f"{folder.name}.shots"))
    try:
        with redirect_stdout(StringIO()), opened(browser) as chromium:
            count = album.keep(taken(_drawable(folder), chromium, only))
    except NoBrowser as error:
        raise click.ClickException(f"{error}.") from None
    baseline, pixels, summary = _SHOTS[lang]
    if accept or not album.has_baseline:
        album.accept()
        click.echo(baseline.format(folder=album.baseline, n=count))
        return
    changes = album.changes(lang)
    album.write_report(folder.name, changes, lang)
    for change in changes:
        share = "" if change.share is None else pixels.format(share=change.share)
        click.echo(f"{change.name}: {'; '.join([*filter(None, [share]), *change.words])}")
    click.echo(summary.format(n=len(changes), all=count, report=album.report))
    sys.exit(1 if changes else 0)


def _drawable(folder: Path) -> Theme:
    if refused := tried(folder.parent, [folder.name]).get(folder.name):
        raise click.ClickException(f"the theme cannot be drawn: {refused}. `theme check` says more.")
    return Theme(folder.parent, folder.name, BASE)
