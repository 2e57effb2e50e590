"""What is done to themes at a terminal is in the trail, and what was refused with the rule that refused it."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.widgets.configuration import Configuration
from widgets.command import main

pytestmark = pytest.mark.integration


@pytest.fixture
def config(tmp_path: Path) -> Configuration:
    """Written, with a folder for themes and a trail of its own."""
    made = Configuration(tmp_path)
    (tmp_path / "themes").mkdir()
    made.write("client-secret", "x")
    made.put('{ env = "CLIENT_SECRET" }', '{ file = "client-secret" }')
    made.put("sqlite:///audit.db", f"sqlite:///{tmp_path}/audit.db")
    made.put("[identity]", f'themes_dir = "{tmp_path}/themes"\n\n[identity]')
    made.write("portal-widgets.toml", made.text)
    return made


def told(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def theme(folder: Path, part: str = "") -> Path:
    (folder / "renmin" / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "renmin" / "tokens.json").write_text("{}")
    (folder / "renmin" / "parts" / "_state_empty.html").write_text(part)
    return folder / "renmin"


def trail(config: Configuration) -> list[dict[str, Any]]:
    lines = told("audit", "list", "--config", config.path, "--json").output.splitlines()
    return [json.loads(line) for line in lines]


def test_a_theme_that_is_installed_taken_back_or_refused_is_in_the_trail(config: Configuration) -> None:
    """With the account at the terminal, and the number of the version or the rule of the refusal."""
    for part in ("<p>1</p>", "<p>2</p>", "{{ w.title | safe }}"):
        told("theme", "install", theme(config.folder, part), "--config", config.path)
    told("theme", "rollback", "renmin", "--config", config.path)
    told("theme", "rollback", "renmin", "--config", config.path)
    assert [
        ("install-theme", "renmin/1", "ok", ""),
        ("install-theme", "renmin/2", "ok", ""),
        ("install-theme", "renmin", "refused", "X01"),
        ("rollback-theme", "renmin/1", "ok", ""),
        ("rollback-theme", "renmin", "refused", "theme-refused"),
    ] == [(each["action"], each["object"], each["outcome"], each["reason"]) for each in trail(config)]
    people = {f"os:{each.pw_name}" for each in pwd.getpwall()} | {f"os:{os.getuid()}"}
    assert {each["actor"] for each in trail(config)} < people


def test_a_hostile_name_stays_on_its_line_of_the_trail(config: Configuration) -> None:
    made = theme(config.folder)
    told("theme", "install", made, "--name", "../up\n{}\x1b[2J", "--config", config.path)
    [line] = trail(config)
    assert (line["object"], line["reason"]) == ("../up\\u{a}{}\\u{1b}[2J", "M02")


def test_a_trail_that_is_away_holds_no_theme_up_and_is_told(config: Configuration) -> None:
    config.put("/audit.db", "/none/audit.db")
    config.write("portal-widgets.toml", config.text)
    done = told("theme", "install", theme(config.folder), "--config", config.path)
    assert done.exit_code == 0 and "renmin 0.0.0 is installed as number 1" in done.output
    assert "This is not in the trail, which cannot be written" in done.output


def test_whoever_names_a_folder_alone_leaves_no_line(config: Configuration) -> None:
    told("theme", "install", theme(config.folder), "--themes-dir", config.folder / "laptop")
    assert [] == trail(config)
