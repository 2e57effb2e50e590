"""Every rule that needs no browser finds a theme that breaks it, names file and line, and leaves good themes alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import demo
from tests.widgets.theme_check.table import HEAD, INSTEAD, SVG, Case, Files, colour, packed, written
from widgets.command import main
from widgets.theme_check.finding import RULES
from widgets.theme_check.pages import files

pytestmark = pytest.mark.integration
RULES_OF_DOCS = Path(demo.__file__).parents[1] / "docs" / "rules"


def checked(*folders: Path, options: tuple[str, ...] = ()) -> Result:
    said = ["theme", "check", "--no-browser", *options, *map(str, folders)]
    return CliRunner().invoke(main, said, catch_exceptions=False)


def reports(*folders: Path) -> list[dict[str, Any]]:
    return json.loads(checked(*folders, options=("--format", "json")).stdout)


Told = tuple[str, str, str, int]
BROKEN, CASES = packed()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Told]]:
    """What is found in each theme of the table, by one run of the command."""
    folder = tmp_path_factory.mktemp("themes")
    themes = [written(folder, name, files) for name, files in BROKEN.items()]
    return {
        report["theme"]: [
            (each["rule"], each["level"], each["file"], each["line"]) for each in report["findings"]
        ]
        for report in reports(*themes)
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.theme}-{case.line}")
def test_a_broken_rule_is_told_with_its_level_file_and_line(
    judged: dict[str, list[Told]], case: Case
) -> None:
    assert (case.rule, case.level, case.file, case.line) in judged[case.theme]


@pytest.mark.parametrize(("broken", "instead"), INSTEAD.values(), ids=INSTEAD)
def test_what_to_write_instead_is_said_as_it_is_to_be_written(
    tmp_path: Path, broken: Files, instead: str
) -> None:
    [report] = reports(written(tmp_path, "mine", broken))
    assert instead in [each["instead"] for each in report["findings"]]


def test_a_font_from_elsewhere_is_one_mistake(tmp_path: Path) -> None:
    """The service and the rules say it in their own words; only one of them is told."""
    css = "@font-face { font-family: x; src: url(https://fonts.example/x.woff2); }"
    [report] = reports(written(tmp_path, "mine", {"theme.css": css}))
    assert ["X02"] == [each["rule"] for each in report["findings"] if each["level"] == "F"]


def test_one_tone_is_offered_for_all_grounds_of_a_colour(tmp_path: Path) -> None:
    """Whoever takes the offers has no pair left that is too faint."""
    faint = colour(accent="#9AD8CF", link="#9AD8CF", focus="#9AD8CF")
    [report] = reports(written(tmp_path, "mine", {"tokens.json": faint}))
    offers = dict(
        each["instead"].removeprefix("color.").split(": ")
        for each in report["findings"]
        if each["rule"][0] == "K"
    )
    mended: Files = {"tokens.json": colour(**offers)}
    [report] = reports(written(tmp_path, "mended", mended))
    assert len(offers) > 2 and [] == [each for each in report["findings"] if each["rule"] in ("K01", "K02")]


def test_every_rule_that_needs_no_browser_is_in_the_table() -> None:
    assert {id for id, rule in RULES.items() if rule.judged != "browser"} == {case.rule for case in CASES}


def test_the_command_ends_with_2_1_or_0(tmp_path: Path) -> None:
    """By the worst of them: refused by the service, not for production, fine."""
    fatal = written(tmp_path, "fatal", {"theme.json": "{"})
    wrong = written(tmp_path, "wrong", {"theme.css": "body { margin: 0; }"})
    fine = written(tmp_path, "fine", {})
    assert (2, 1, 0) == tuple(checked(*each).exit_code for each in ((fatal, wrong), (wrong, fine), (fine,)))


def test_what_nobody_judged_is_said_and_can_fail(tmp_path: Path) -> None:
    fine = written(tmp_path, "fine", {})
    result = checked(fine, options=("--every-rule",))
    assert "! NOT JUDGED: K05 A01 A03 A04 A07 P03 (--no-browser was said)" in result.stdout
    assert "! NOT JUDGED: T05 K01 K02 K03 P02 (in part: --no-browser was said)" in result.stdout
    assert 1 == result.exit_code


def test_without_a_browser_on_the_path_it_says_so_and_judges_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    theme = written(tmp_path, "wrong", {"theme.css": "body { margin: 0; }"})
    result = CliRunner().invoke(main, ["theme", "check", str(theme)])
    assert 1 == result.exit_code
    assert "E S01 theme.css:1" in result.stdout
    assert "A01 A03 A04 A07 P03 (no Chromium is on the PATH (looked for chromium, " in result.stdout


def test_a_finding_says_what_is_there_and_what_to_write(tmp_path: Path) -> None:
    theme = written(tmp_path, "red", {"theme.css": ".pw-title { color: #1A2330; }"})
    said = checked(theme, options=("--lang", "zh-CN")).stdout
    assert (
        "E K04 theme.css:1  theme.css 里写了颜色值\n    发现：color: #1A2330\n    改为：var(--pw-color-text)\n"
        in said
    )


def test_a_rule_is_switched_off_with_a_reason_and_still_counted(tmp_path: Path) -> None:
    css = "/* theme-check-disable S05: the portal's own sheet says it too */\n.pw-title { margin: 0 !important; }"
    [report] = reports(written(tmp_path, "loud", {"theme.css": css}))
    assert [] == report["findings"]
    assert ["the portal's own sheet says it too"] == [each["reason"] for each in report["silenced"]]


def test_what_can_be_mended_is_mended(tmp_path: Path) -> None:
    theme = written(
        tmp_path,
        "renmin",
        {
            "theme.css": ".pw-titel { color: #1A2330; }\n.pw-pill { display: flex !important; }\n",
            "messages/zh-CN.json": '{\n "empty-todos-more": "没有待办,请休息!"\n}',
            "messages/en.json": '{\n "empty-todos-more": "Nothing. Rest."\n}',
            "assets/old.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        },
    )
    result = checked(theme, options=("--fix",))
    assert (0, 4) == (result.exit_code, result.stderr.count("\n") - 1)
    assert (
        ".pw-title { color: var(--pw-color-text); }\n.pw-pill { display: flex ; }\n"
        == (theme / "theme.css").read_text()
    )
    assert "没有待办，请休息！" in (theme / "messages" / "zh-CN.json").read_text("utf-8")
    assert not (theme / "assets" / "old.svg").exists()


def test_every_rule_has_its_page_in_both_languages() -> None:
    """If not: `make docs`."""
    assert files() == {path.name: path.read_text("utf-8") for path in RULES_OF_DOCS.glob("*.md")}
    for id, rule in RULES.items():
        page = (RULES_OF_DOCS / f"{id}.md").read_text("utf-8")
        assert all(rule.title[lang] in page and rule.why[lang] in page for lang in rule.title)
        assert rule.before in page
        assert rule.after in page


def test_sarif_has_the_shape_that_the_standard_asks_for(tmp_path: Path) -> None:
    """SARIF 2.1.0: version and runs; rules by id; results that name a rule, a level, a place; what was not judged."""
    files = {
        "theme.css": "/* theme-check-disable S05: so it is */\n.pw-x { margin: 0 !important; }\nbody { margin: 0; }"
    }
    theme = written(tmp_path, "bad", files)
    log = json.loads(checked(theme, options=("--format", "sarif", "--lang", "zh-CN")).stdout)
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert ("2.1.0", list(RULES)) == (log["version"], [rule["id"] for rule in rules])
    assert {"error", "warning", "note"} == {rule["defaultConfiguration"]["level"] for rule in rules} | {
        "note"
    }
    for result in run["results"]:
        [place] = [each["physicalLocation"] for each in result["locations"]]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] >= 1
    quiet = [result for result in run["results"] if "suppressions" in result]
    assert [("S05", "inSource")] == [(each["ruleId"], each["suppressions"][0]["kind"]) for each in quiet]
    [invocation] = run["invocations"]
    browsers = {id for id, rule in RULES.items() if rule.judged == "browser" or rule.seen}
    told = {note["associatedRule"]["id"] for note in invocation["toolExecutionNotifications"]}
    assert (False, browsers) == (invocation["executionSuccessful"], told)


def test_brackets_without_end_are_told_and_break_nothing(tmp_path: Path) -> None:
    theme = written(tmp_path, "deep", {"theme.css": ".pw-title { margin: " + "(" * 5000 + ")" * 5000 + "; }"})
    result = checked(theme)
    assert 2 == result.exit_code
    assert "no browser can read it: brackets in brackets without end" in result.stdout


def test_the_worked_themes_and_ours_have_nothing_to_be_told(tmp_path: Path) -> None:
    """Not even a warning or a hint, by every rule that needs no browser."""
    worked = sorted(path for path in (Path(demo.__file__).parent / "theme").iterdir() if path.is_dir())
    told = reports(*worked, written(tmp_path, "ours", {}))
    assert [[]] * 4 == [report["findings"] for report in told]


def test_what_the_service_refuses_first_does_not_hide_the_rest(tmp_path: Path) -> None:
    """Two faults of one rule in one part, one of which is what the service says."""
    source = "{{ w.tilte }}{{ shelf }}{{ m['forbidden-more'] }}"
    [told] = reports(written(tmp_path, "renmin", {"parts/_state_empty.html": source}))
    assert [
        "reads fields that do not exist: tilte; title is the nearest",
        "uses names that do not exist: shelf",
    ] == [each["found"] for each in told["findings"] if each["rule"] == "T03"]


def test_a_picture_may_have_its_size_from_the_theme_below(tmp_path: Path) -> None:
    shown = {"assets/a.svg": SVG, "theme.css": ".renmin-logo { width: 9px; height: 9px; }"}
    image = "<img class='renmin-logo' src='{{ assets[\"a.svg\"] }}' alt=''>"
    written(tmp_path, "renmin", {**shown, "parts/_head.html": HEAD + image})
    [told] = reports(written(tmp_path, "east", {"theme.json": '{"extends": "renmin"}'}))
    assert [] == told["findings"]


def test_a_theme_just_begun_has_nothing_to_be_told(tmp_path: Path) -> None:
    """And a part that was just copied stays, whatever is mended."""
    for said in (["new", "renmin", "--in", str(tmp_path)], ["part", str(tmp_path / "renmin"), "_foot"]):
        assert 0 == CliRunner().invoke(main, ["theme", *said], catch_exceptions=False).exit_code
    checked(tmp_path / "renmin", options=("--fix",))
    [report] = reports(tmp_path / "renmin")
    assert [("T06", "parts/_foot.html")] == [(each["rule"], each["file"]) for each in report["findings"]]
