"""Themes are begun, installed and taken back while the service runs; a hostile package changes nothing."""

from __future__ import annotations

import json
import stat
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from click.testing import CliRunner, Result

from tests.widgets.cards import BASE, card
from tests.widgets.configuration import Configuration
from widgets.app import build
from widgets.command import main
from widgets.theme import Theme
from widgets.themes.installed import Themes
from widgets.themes.schemas import SCHEMAS, all_of_them
from widgets.themes.trial import tried


def told(*words: object) -> Result:
    return CliRunner().invoke(main, ["theme", *(str(word) for word in words)])


def package(path: Path, files: dict[str, str | bytes]) -> Path:
    """A zip of these files, whatever they are called."""
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(ZipInfo(name) if "\\" in name else name, body)
    return path


def looking(folder: Path, accent: str, version: str = "1.0.0", **changes: str) -> dict[str, str]:
    """The files of a theme that is told by one colour."""
    manifest = json.dumps({"version": version, **changes})
    return {
        "theme.json": manifest,
        "tokens.json": json.dumps({"color": {"accent": {"$value": accent}}}),
    }


def style(themes: Themes, name: str) -> str:
    """What the service draws with, once it has looked."""
    themes.look()
    themes.look()
    return themes.named(name).style


@pytest.mark.parametrize("name", sorted(all_of_them()))
def test_the_schemas_that_ship_are_those_of_the_code(name: str) -> None:
    """If not: `make docs`."""
    assert (SCHEMAS / name).read_text("utf-8") == all_of_them()[name]


@pytest.mark.integration
def test_a_theme_that_was_begun_is_installed_replaced_and_taken_back_while_the_service_runs(
    tmp_path: Path,
) -> None:
    there = tmp_path / "themes"
    there.mkdir()
    themes = Themes(there, "default", BASE, trial=tried)
    assert told("new", "renmin", "--in", tmp_path, "--label", "人民医院").exit_code == 0
    assert told("part", tmp_path / "renmin", "_todo").exit_code == 0
    first = told("install", tmp_path / "renmin", "--themes-dir", there)
    assert first.exit_code == 0 and first.output == (
        "renmin 1.0.0 is installed as number 1.\n"
        'Cards whose address says theme=renmin show it; all do with theme = "renmin" in [service].\n'
    )
    assert "#8A1538" in style(themes, "renmin")

    zipped = package(tmp_path / "renmin.zip", looking(tmp_path, "#00695C", "1.1.0"))
    second = told("install", zipped, "--themes-dir", there)
    assert second.output == "renmin 1.1.0 is installed as number 2, instead of number 1.\n"
    assert "#00695C" in style(themes, "renmin") and "#8A1538" not in style(themes, "renmin")

    back = told("rollback", "renmin", "--themes-dir", there)
    assert back.output == "renmin 1.0.0 is in use again as number 1, instead of number 2.\n"
    assert "#8A1538" in style(themes, "renmin")
    assert told("rollback", "renmin", "--themes-dir", there).exit_code != 0
    assert "1.0.0" in told("list", "--themes-dir", there).output


@pytest.mark.parametrize(
    ("labels", "chinese", "english"),
    [
        ((), "renmin-east", "Renmin east"),
        (("--label", "人民医院"), "人民医院", "Renmin east"),
        (("--label", "人民医院", "--label-en", "People's Hospital"), "人民医院", "People's Hospital"),
        (("--label", "Mercy"), "Mercy", "Mercy"),
    ],
)
def test_a_new_theme_has_a_name_in_each_language(
    tmp_path: Path, labels: tuple[str, ...], chinese: str, english: str
) -> None:
    """A Chinese label is never the English name."""
    assert told("new", "renmin-east", "--in", tmp_path, *labels).exit_code == 0
    manifest = json.loads((tmp_path / "renmin-east" / "theme.json").read_text("utf-8"))
    assert manifest["name"] == {"zh-CN": chinese, "en": english}


@pytest.mark.integration
def test_a_theme_is_installed_refused_and_taken_back_in_chinese_too(tmp_path: Path) -> None:
    """What was done, what is hard to read, and why not; paths, names and rules stay as they are."""
    there, zh = tmp_path / "themes", ("--lang", "zh-CN")
    faint = {"tokens.json": json.dumps({"color": {"on-accent": {"$value": "#ABABAB"}}})}
    good = package(tmp_path / "east.zip", faint)
    done = told("install", good, "--themes-dir", there, *zh)
    assert done.output == (
        "看不清：accent 上的 on-accent（浅色）对比度 3.07，低于 4.5。\n"
        "east 0.0.0 已安装，编号 1。\n"
        '地址里写 theme=east 的卡片用它；在 [service] 里写上 theme = "east"，所有卡片都用它。\n'
    )
    assert "基于 default" in told("list", "--themes-dir", there, *zh).output
    files = {**faint, "parts/_foot.html": "<p>\n{{ w.titel }}"}
    for words, said in (
        (
            ("install", package(tmp_path / "bad.zip", files), "--name", "east"),
            "错误：east/parts/_foot.html:2 用了没有的字段：titel；最接近的是 title。[T03]\n",
        ),
        (
            ("install", good, "--name", "East!"),
            "错误：主题 'East!' 的名字应为：1 到 32 个小写字母、数字或连字符，且不是 default。[M02]\n",
        ),
        (("rollback", "east"), "错误：主题 east 没有更早的版本可退。\n"),
    ):
        refused = told(*words, "--themes-dir", there, *zh)
        assert (1, said) == (refused.exit_code, refused.output)


@pytest.mark.integration
def test_a_broken_theme_changes_nothing_and_is_told_by_rule_file_and_line(tmp_path: Path) -> None:
    there = tmp_path / "themes"
    good = package(tmp_path / "a.zip", looking(tmp_path, "#00695C"))
    assert told("install", good, "--name", "east", "--themes-dir", there).exit_code == 0
    files = {**looking(tmp_path, "#8A1538"), "parts/_foot.html": "<p>\n{{ w.titel }}"}
    bad = told("install", package(tmp_path / "b.zip", files), "--name", "east", "--themes-dir", there)
    assert bad.exit_code != 0
    assert "east/parts/_foot.html:2 reads fields that do not exist: titel; title is the nearest. [T03]" in (
        bad.output
    )
    assert (there / "east").readlink().name == "1"
    assert sorted(path.name for path in (there / ".installed").iterdir()) == [".lock", "east"]


@pytest.mark.integration
def test_a_refusal_names_the_file_in_the_theme_also_when_the_folder_is_said_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    zipped = package(tmp_path / "east.zip", {**looking(tmp_path, "#8A1538"), "theme.css": "a { b: c"})
    refused = told("install", zipped, "--themes-dir", "themes")
    assert "Error: east/theme.css:1 ends inside a rule" in refused.output


@pytest.mark.integration
def test_a_theme_that_others_build_on_is_not_replaced_by_one_that_breaks_them(tmp_path: Path) -> None:
    there = tmp_path / "themes"
    logo = {"assets/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}
    below = package(tmp_path / "below.zip", looking(tmp_path, "#00695C") | logo)
    above = {
        "theme.json": json.dumps({"extends": "below"}),
        "parts/_state_empty.html": "<img src=\"{{ assets['logo.svg'] }}\" alt=''>",
    }
    assert told("install", below, "--themes-dir", there).exit_code == 0
    assert told("install", package(tmp_path / "above.zip", above), "--themes-dir", there).exit_code == 0
    without = told(
        "install", package(tmp_path / "below.zip", looking(tmp_path, "#00695C")), "--themes-dir", there
    )
    assert without.exit_code != 0
    assert "The theme above builds on below, and would break" in without.output


@pytest.mark.integration
def test_a_folder_that_was_put_there_by_hand_can_be_gone_back_to(tmp_path: Path) -> None:
    there = tmp_path / "themes"
    for name, body in looking(tmp_path, "#00695C", "0.9.0").items():
        (there / "east").mkdir(parents=True, exist_ok=True)
        (there / "east" / name).write_text(body)
    zipped = package(tmp_path / "east.zip", looking(tmp_path, "#8A1538"))
    assert told("install", zipped, "--themes-dir", there).exit_code == 0
    assert "east 0.9.0 is in use again" in told("rollback", "east", "--themes-dir", there).output


@pytest.mark.integration
def test_a_folder_that_is_half_written_is_not_taken_up_before_it_stands_still(tmp_path: Path) -> None:
    themes = Themes(tmp_path, "default", BASE, trial=tried)
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "tokens.json").write_text('{"color": {"acc')
    assert not themes.look()
    (tmp_path / "east" / "tokens.json").write_text(looking(tmp_path, "#8A1538")["tokens.json"])
    assert not themes.look()
    assert themes.look() and "#8A1538" in themes.named("east").style


@pytest.mark.integration
def test_a_theme_that_breaks_on_disk_leaves_the_one_that_is_drawn(tmp_path: Path) -> None:
    tokens = tmp_path / "east" / "tokens.json"
    tokens.parent.mkdir()
    tokens.write_text(looking(tmp_path, "#8A1538")["tokens.json"])
    themes = Themes(tmp_path, "east", BASE, trial=tried)
    tokens.write_text('{"color": {"acent": {"$value": "#000"}}}')
    assert "#8A1538" in style(themes, "east")
    assert "color.accent is the nearest" in themes.refused["east"]


def test_a_page_that_asks_for_a_theme_gets_it_and_any_other_name_the_services_own(tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "tokens.json").write_text(looking(tmp_path, "#8A1538")["tokens.json"])
    themes = Themes(tmp_path, "default", BASE)
    assert ["east", "default", "default"] == [themes.named(name).name for name in ("east", "north", None)]


def test_names_that_are_no_names_are_not_installed(tmp_path: Path) -> None:
    files = looking(tmp_path, "#8A1538")
    for name in ("../up", "..%2fup", "/etc", "C:", "a\0b", "default", "仁康", "x" * 33):
        refused = told(
            "install", package(tmp_path / "a.zip", files), "--name", name, "--themes-dir", tmp_path / "t"
        )
        assert refused.exit_code != 0 and "must be named with" in refused.output
    assert not (tmp_path / "t").exists()


LINK: Final = ZipInfo("parts/_foot.html")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("../../etc/cron.d/x", "must be a path of letters"),
        ("/etc/passwd", "must be a path of letters"),
        ("a\\..\\..\\x", "must be a path of letters"),
        ("C:/x", "must be a path of letters"),
        ("parts/.../x.html", "must be a path of letters"),
        ("parts/待办.html", "must be a path of letters"),
        ("a/b/c/d/e", "must be a path of letters"),
    ],
)
def test_a_path_that_leaves_the_theme_is_refused(tmp_path: Path, name: str, wrong: str) -> None:
    zipped = package(tmp_path / "east.zip", {**looking(tmp_path, "#8A1538"), name: "x"})
    refused = told("install", zipped, "--themes-dir", tmp_path / "t")
    assert refused.exit_code != 0 and wrong in refused.output and "[X05]" in refused.output
    assert not (tmp_path / "t").exists()


def bomb(tmp_path: Path) -> Path:
    """A hundred million bytes in a tenth of a megabyte."""
    files = {**looking(tmp_path, "#8A1538"), "assets/a.png": b"0" * 10**8}
    return package(tmp_path / "east.zip", files)


def lying_bomb(tmp_path: Path) -> Path:
    """The same, and it says of itself that it is ten bytes."""
    zipped = bomb(tmp_path)
    raw = zipped.read_bytes()
    size = (10**8).to_bytes(4, "little")
    zipped.write_bytes(raw.replace(size, (10).to_bytes(4, "little")))
    return zipped


def crowd(tmp_path: Path) -> Path:
    return package(tmp_path / "east.zip", {f"assets/{n}.png": "" for n in range(300)})


def linked(tmp_path: Path) -> Path:
    made = BytesIO()
    with ZipFile(made, "w") as packed:
        packed.writestr("tokens.json", "{}")
        packed.writestr(LINK, "/etc/passwd")
    (tmp_path / "east.zip").write_bytes(made.getvalue())
    return tmp_path / "east.zip"


def linking(tmp_path: Path) -> Path:
    (tmp_path / "east" / "parts").mkdir(parents=True)
    (tmp_path / "east" / "tokens.json").write_text("{}")
    (tmp_path / "east" / "parts" / "_foot.html").symlink_to("/etc/passwd")
    return tmp_path / "east"


def no_zip(tmp_path: Path) -> Path:
    (tmp_path / "east.zip").write_bytes(b"PK\x03\x04 nothing")
    return tmp_path / "east.zip"


def heavy(tmp_path: Path) -> Path:
    (tmp_path / "east" / "assets").mkdir(parents=True)
    for n in range(6):
        (tmp_path / "east" / "assets" / f"{n}.png").write_bytes(b"0" * 199_000)
    return tmp_path / "east"


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (bomb, "larger than 200000 bytes"),
        (lying_bomb, "is not a zip that can be read"),
        (crowd, "more than 200 files"),
        (linked, "is a link"),
        (linking, "is a link"),
        (no_zip, "is not a zip that can be read"),
        (heavy, "more than 1000000 bytes"),
    ],
)
def test_a_package_that_is_no_theme_is_refused_before_a_byte_is_written(
    tmp_path: Path, make: Any, wrong: str
) -> None:
    refused = told("install", make(tmp_path), "--themes-dir", tmp_path / "t")
    assert refused.exit_code == 1 and wrong in refused.output
    assert not (tmp_path / "t").exists()


def test_what_is_replaced_while_it_is_read_is_read_from_one_version(tmp_path: Path) -> None:
    """Whoever has begun to read keeps to the folder that the link led to."""
    for number, colour in ((1, "#8A1538"), (2, "#00695C")):
        home = tmp_path / ".installed" / "east" / str(number)
        home.mkdir(parents=True)
        (home / "tokens.json").write_text(looking(tmp_path, colour)["tokens.json"])
    (tmp_path / "east").symlink_to(".installed/east/1")
    themes = Themes(tmp_path, "default", BASE)
    drawn = themes.named("east").widget(card(), as_fragment=True)
    (tmp_path / "next").symlink_to(".installed/east/2")
    (tmp_path / "next").replace(tmp_path / "east")
    assert themes.named("east").name == "east"
    assert drawn == themes.named("east").widget(card(), as_fragment=True)
    assert "#00695C" in style(themes, "east")


@pytest.mark.integration
async def test_a_page_from_before_an_upgrade_still_gets_its_scripts(tmp_path: Path) -> None:
    """Under an address of another release, for this once: nobody keeps it. What two themes call alike stays unknown."""
    for name in ("east", "west"):
        (tmp_path / "themes" / name / "assets").mkdir(parents=True)
        drawing = f"<svg xmlns='http://www.w3.org/2000/svg'><title>{name}</title></svg>"
        (tmp_path / "themes" / name / "assets" / "logo.svg").write_text(drawing)
    (tmp_path / "themes" / "west" / "assets" / "seal.svg").write_text(drawing)
    config = Configuration(tmp_path)
    config.put("[service]\n", f'[service]\nthemes_dir = "{tmp_path}/themes"\n')
    client = build(config.load()).test_client()
    now = await client.get(Theme(base_url="").asset("live.js"))
    older = await client.get("/static/live.0123456789ab.js")
    assert (200, 200) == (now.status_code, older.status_code)
    assert await now.get_data() == await older.get_data()
    assert ["public, max-age=31536000, immutable", "no-cache"] == [
        each.headers["Cache-Control"] for each in (now, older)
    ]
    others = [await client.get(f"/static/{name}.0123456789ab.svg") for name in ("seal", "logo", "none")]
    assert [200, 404, 404] == [each.status_code for each in others]
    assert others[0].headers["Content-Security-Policy"].endswith("; sandbox")
