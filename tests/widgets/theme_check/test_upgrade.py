"""When the service's part changes under a theme's copy: what changed is shown, and both are brought together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.widgets.theme_check.test_rules import checked
from widgets.command import main
from widgets.theme import HERE, Theme
from widgets.themes.merge import mark

pytestmark = pytest.mark.integration
OURS = (HERE / "templates" / "_foot.html").read_text("utf-8")
FIRST = OURS.splitlines()[0]


def told(*words: object) -> Result:
    return CliRunner().invoke(main, ["theme", *(str(word) for word in words)])


def copied(tmp_path: Path, older: str) -> tuple[Path, Path]:
    """A theme whose foot was copied from an older one of ours, and that part."""
    folder = tmp_path / "renmin"
    assert told("new", "renmin", "--in", tmp_path).exit_code == 0
    assert told("part", folder, "_foot").exit_code == 0
    assert (folder / "based-on" / "_foot.html").read_text("utf-8") == OURS
    (folder / "based-on" / "_foot.html").write_text(older)
    part = folder / "parts" / "_foot.html"
    part.write_text(f"{mark(older)}\n{older}")
    return folder, part


def found(folder: Path, *options: str) -> list[dict[str, Any]]:
    [report] = json.loads(checked(folder, options=("--format", "json", *options)).stdout)
    return [each for each in report["findings"] if each["rule"] == "T07"]


def test_what_changed_since_is_shown_as_a_diff_in_every_format(tmp_path: Path) -> None:
    folder, part = copied(tmp_path, OURS.replace(FIRST, "<!-- older -->"))
    part.write_text(part.read_text() + "<p>own</p>\n")
    [finding] = found(folder)
    assert finding["found"].endswith(" now: new lines 1, gone 1")
    assert finding["instead"] == "portal-widgets theme part renmin _foot --merge"
    assert ["-<!-- older -->", f"+{FIRST}"] == finding["diff"].splitlines()[1:3]
    text = checked(folder, options=("--lang", "zh-CN")).stdout
    assert "多了 1 行，少了 1 行" in text and f"      -<!-- older -->\n      +{FIRST}\n" in text
    assert "-<!-- older -->" in checked(folder, options=("--format", "sarif")).stdout


def test_both_changes_come_together_where_they_do_not_meet(tmp_path: Path) -> None:
    folder, part = copied(tmp_path, OURS.replace(FIRST, "<!-- older -->"))
    part.write_text(part.read_text() + "<p>own</p>\n")
    done = told("part", folder, "_foot", "--merge")
    assert (done.exit_code, part.read_text()) == (0, f"{mark(OURS)}\n{OURS}<p>own</p>\n")
    assert (folder / "based-on" / "_foot.html").read_text("utf-8") == OURS
    assert [] == found(folder)


def test_where_both_changed_the_same_lines_they_stand_marked_and_the_theme_is_refused(tmp_path: Path) -> None:
    folder, part = copied(tmp_path, OURS.replace(FIRST, "<!-- older -->"))
    part.write_text(part.read_text().replace("<!-- older -->", "<!-- own -->"))
    done = told("part", folder, "_foot", "--merge")
    assert done.exit_code == 1 and "1 place changed by both" in done.output
    marked = f"<<<<<<< the theme\n<!-- own -->\n=======\n{FIRST}\n>>>>>>> the service\n"
    assert part.read_text() == f"{mark(OURS)}\n{OURS.replace(f'{FIRST}{chr(10)}', marked, 1)}"
    refused = told("install", folder, "--themes-dir", tmp_path / "installed")
    assert "_foot.html:2 holds the marks of a merge" in refused.output and "[T01]" in refused.output


def test_what_cannot_be_merged_is_said_and_left_alone(tmp_path: Path) -> None:
    folder, part = copied(tmp_path, OURS)
    assert "was made from the part as it is today" in told("part", folder, "_foot", "--merge").output
    (folder / "based-on" / "_foot.html").unlink()
    part.write_text(f"{{# based-on: 00000000 #}}\n{OURS}<p>own</p>\n")
    refused = told("part", folder, "_foot", "--merge")
    assert refused.exit_code == 1 and "is not there, or is not what" in refused.output
    assert "<p>own</p>" in part.read_text()
    [finding] = found(folder)
    assert ("", mark(OURS)) == (finding["diff"], finding["instead"])


def test_a_theme_with_what_it_copied_is_installed_and_has_nothing_to_be_told(tmp_path: Path) -> None:
    assert told("new", "renmin", "--in", tmp_path).exit_code == 0
    assert told("part", tmp_path / "renmin", "_todo").exit_code == 0
    done = told("install", tmp_path / "renmin", "--themes-dir", tmp_path / "installed")
    assert (0, "") == (done.exit_code, done.stderr)
    [report] = json.loads(checked(tmp_path / "renmin", options=("--format", "json")).stdout)
    assert ["T06"] == [each["rule"] for each in report["findings"]]


def test_over_a_theme_of_the_hospitals_own_nothing_is_begun_with_and_parts_are_copied_from_it(
    tmp_path: Path,
) -> None:
    """A theme for a campus: it looks like the one below, and hears of changes there."""
    below = tmp_path / "renmin"
    assert told("new", "renmin", "--in", tmp_path).exit_code == 0
    assert told("part", below, "_foot").exit_code == 0
    (below / "parts" / "_foot.html").write_text(f"{mark(OURS)}\n{OURS}<p>renmin</p>\n")
    assert told("new", "renmin-east", "--in", tmp_path, "--extends", "renmin").exit_code == 0
    assert Theme(tmp_path, "renmin-east").style == Theme(tmp_path, "renmin").style
    east = tmp_path / "renmin-east"
    assert told("part", east, "_foot").exit_code == 0
    part = east / "parts" / "_foot.html"
    assert part.read_text() == f"{mark(f'{OURS}<p>renmin</p>{chr(10)}')}\n{OURS}<p>renmin</p>\n"
    part.write_text(part.read_text() + "<p>east</p>\n")
    assert [] == found(east)
    (below / "parts" / "_foot.html").write_text(f"{mark(OURS)}\n<i></i>\n{OURS}<p>renmin</p>\n")
    assert ["+<i></i>"] == found(east)[0]["diff"].splitlines()[1:2]
    assert told("part", east, "_foot", "--merge").exit_code == 0
    assert part.read_text().endswith(f"\n<i></i>\n{OURS}<p>renmin</p>\n<p>east</p>\n")


def test_a_part_that_lost_its_mark_gets_back_the_one_of_what_it_was_made_from(tmp_path: Path) -> None:
    older = OURS.replace(FIRST, "<!-- older -->")
    folder, part = copied(tmp_path, older)
    part.write_text(older + "<p>own</p>\n")
    assert [mark(older)] == [each["instead"] for each in found(folder)]
    assert told("part", folder, "_foot", "--merge").exit_code == 0
    assert part.read_text() == f"{mark(OURS)}\n{OURS}<p>own</p>\n"
