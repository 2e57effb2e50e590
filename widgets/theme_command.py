"""`portal-widgets theme`: begin one, install it, take it back, see which are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import IO, Any, Final

import click

from audit.trail import Action
from widgets.configured import configured, settings_in
from widgets.overrides import manifest_of
from widgets.theme import Theme
from widgets.theme_check.said import refusal_said, said
from widgets.theme_record import recorded
from widgets.themes import begin, packed, store
from widgets.themes.files import ThemeError
from widgets.themes.installed import installed
from widgets.views import Language

_Folder: Final = click.Path(path_type=Path, file_okay=False)
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "error": "Error: {}",
        "no folder": "service.themes_dir is not set: it must name the folder of themes.",
        "clash": "1 place changed by both: choose between <<<<<<< and >>>>>>> there.",
        "clashes": "{} places changed by both: choose between <<<<<<< and >>>>>>> there.",
        "broken": "broken",
        "extends": "extends {}",
        "earlier": ", {} to go back to",
        "faint": "Hard to read: {}.",
        "installed": "{name} {version} is installed as number {number}{instead}.",
        "again": "{name} {version} is in use again as number {number}{instead}.",
        "instead": ", instead of number {}",
        "shown": 'Cards whose address says theme={0} show it; all do with theme = "{0}" in [service].',
    },
    "zh-CN": {
        "error": "错误：{}",
        "no folder": "没有设置 service.themes_dir：它要写出主题所在的文件夹。",
        "clash": "有 1 处两边都改过：在那里的 <<<<<<< 和 >>>>>>> 之间选一种。",
        "clashes": "有 {} 处两边都改过：在那里的 <<<<<<< 和 >>>>>>> 之间选一种。",
        "broken": "损坏",
        "extends": "基于 {}",
        "earlier": "，可退回 {} 个版本",
        "faint": "看不清：{}。",
        "installed": "{name} {version} 已安装，编号 {number}{instead}。",
        "again": "{name} {version} 重新启用，编号 {number}{instead}。",
        "instead": "，取代编号 {}",
        "shown": '地址里写 theme={0} 的卡片用它；在 [service] 里写上 theme = "{0}"，所有卡片都用它。',
    },
}
_in: Final = click.option(
    "--lang", type=click.Choice([*_WORDS]), default="en", show_default=True, help="Of what it says."
)


@click.group()
def theme() -> None:
    """The looks of the cards."""


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the folder of installed themes: the configuration's, or one that is named."""
    told = "Where themes are installed; without it, service.themes_dir of the configuration."
    named = click.option("--themes-dir", type=_Folder, help=told)
    return configured(named(command))


class _Refused(click.ClickException):
    """Ends the command with a sentence, in its language."""

    def __init__(self, sentence: str, lang: Language) -> None:
        super().__init__(sentence)
        self._lang = lang

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(_WORDS[self._lang]["error"].format(self.message), file=file, err=True)


def _themes_dir(path: Path | None, themes_dir: Path | None, lang: Language) -> Path:
    found = themes_dir or settings_in(path).service.themes_dir
    if found is None:
        raise _Refused(_WORDS[lang]["no folder"], lang)
    return found


def _trail(path: Path | None, themes_dir: Path | None) -> str | None:
    """Where it is written down; nowhere for whoever names a folder, and no configuration."""
    return None if themes_dir and not path else settings_in(path).audit.address


@contextmanager
def _told(lang: Language) -> Iterator[None]:
    """What is wrong with a theme ends the command, in its sentence."""
    try:
        yield
    except ThemeError as error:
        raise _Refused(refusal_said(str(error), lang), lang) from None


@theme.command()
@click.argument("name")
@click.option("--in", "folder", type=_Folder, default=Path(), help="Where to write it; here by default.")
@click.option("--label", help="What people call it in Chinese; its name by default.")
@click.option("--label-en", help="What people call it in English; its name, with a capital, by default.")
@click.option("--extends", default="default", show_default=True, help="The theme that it builds on.")
@click.option("--large", is_flag=True, help="Large words and rows (适老化) instead of colours.")
@_in
def new(
    name: str,
    folder: Path,
    label: str | None,
    label_en: str | None,
    extends: str,
    large: bool,
    lang: Language,
) -> None:
    """Begin a theme: a folder that draws as it is.

    Every file in it is explained by the README.md beside it, and completed by editors.
    """
    with _told(lang):
        files = begin.begin(folder, name, begin.labels(name, label, label_en), extends, large)
    for each in files:
        click.echo(folder / name / each)


@theme.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("name", metavar="PART")
@click.option("--merge", is_flag=True, help="What it was made from has changed since: bring both together.")
@_in
def part(folder: Path, name: str, merge: bool, lang: Language) -> None:
    """Copy a part into a theme, to be changed there.

    PART is its name, such as _todo. What it is copied from is kept beside it, in based-on/. With --merge it ends with 1
    where both have changed the same lines: they then stand between <<<<<<< and >>>>>>>.
    """
    with _told(lang):
        path, clashes = begin.merge(folder, name) if merge else (begin.part(folder, name), 0)
    click.echo(path)
    if clashes:
        click.echo(_WORDS[lang]["clash" if clashes == 1 else "clashes"].format(clashes), err=True)
        sys.exit(1)


@theme.command("list")
@_where
@_in
def list_(path: Path | None, themes_dir: Path | None, lang: Language) -> None:
    """Show what is installed.

    Name, version, what each builds on, and versions to go back to.
    """
    folder, words = _themes_dir(path, themes_dir, lang), _WORDS[lang]
    for name in installed(folder):
        try:
            manifest = manifest_of(folder / name)
        except ThemeError as error:
            click.echo(f"{name:<32} {words['broken']:<10} {refusal_said(str(error), lang)}")
            continue
        now = store.in_use(folder, name) or 0
        earlier = len([number for number in store.numbers(folder, name) if number < now])
        back = words["earlier"].format(earlier) if earlier else ""
        click.echo(f"{name:<32} {manifest.version:<10} {words['extends'].format(manifest.extends)}{back}")


@theme.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--name", help="Its name, where the folder or the zip is called something else.")
@_where
@_in
def install(
    path: Path | None, themes_dir: Path | None, source: Path, name: str | None, lang: Language
) -> None:
    """Take a theme into use: a folder or a zip.

    Running services show it within ten seconds. It is drawn in every state first, in a process of little memory and
    time. A broken one changes nothing.
    """
    folder, trail = _themes_dir(path, themes_dir, lang), _trail(path, themes_dir)
    with _told(lang), recorded(trail, Action.INSTALL_THEME, name or source.name, lang) as deed:
        deed.object, files = packed.read(source, name)
        switched = store.install(folder, deed.object, files)
        deed.object += f"/{switched.number}"
        with redirect_stdout(StringIO()):  # the log's lines about faint pairs, which are said below
            faint = Theme(folder, switched.name).tokens.faint()
    for pair in faint:
        click.echo(_WORDS[lang]["faint"].format(said(str(pair), lang)), err=True)
    click.echo(_switched("installed", switched, lang))
    if not switched.before:
        click.echo(_WORDS[lang]["shown"].format(switched.name))


@theme.command()
@click.argument("name")
@_where
@_in
def rollback(path: Path | None, themes_dir: Path | None, name: str, lang: Language) -> None:
    """Take a theme back to the version before."""
    folder, trail = _themes_dir(path, themes_dir, lang), _trail(path, themes_dir)
    with _told(lang), recorded(trail, Action.ROLLBACK_THEME, name, lang) as deed:
        switched = store.rollback(folder, name)
        deed.object += f"/{switched.number}"
    click.echo(_switched("again", switched, lang))


def _switched(how: str, switched: store.Switched, lang: Language) -> str:
    words = _WORDS[lang]
    instead = words["instead"].format(switched.before) if switched.before else ""
    return words[how].format(
        name=switched.name, version=switched.version, number=switched.number, instead=instead
    )
