"""`theme check` and `theme shots` in a real browser: each rule that needs one finds a theme that breaks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import demo
from tests.widgets.theme_check.table import PART, written
from widgets.command import main

pytestmark = pytest.mark.browser
THEMES = sorted(path for path in (Path(demo.__file__).parent / "theme").iterdir() if path.is_dir())
BAD: dict[str, Any] = {
    "theme.css": """
.pw-title { color: var(--pw-color-border); }
.pw-foot > span { color: var(--pw-color-border-strong); }
.pw-tag.pw-tag--high, .pw-tag.pw-tag--critical { display: none; }
.pw-item[data-urgency]::before { content: none; }
.pw-tag.pw-tag--pinned { border-color: var(--pw-color-border); }
.pw-foot .pw-btn { min-width: 20px; min-height: 20px; padding: 0; line-height: 20px; }
a.pw-link:focus::after { outline: 0; }
.pw-meta { display: block; height: 10px; overflow: hidden; }
.pw-note { visibility: hidden; }
.pw-sk { padding: 40px 0; }
.renmin-wide { width: 700px; }
""",
    PART: '<p class="renmin-wide">{{ m["forbidden-more"] }}</p><input type="text">',
}
"""The title and the age of the list are faint, urgencies look alike, 置顶 has no border, a button is small, a ring
gone, details are cut, banners hidden, the skeleton is too high, and an empty card is too wide."""


def checked(*folders: Path, options: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(main, ["theme", "check", *options, *map(str, folders)], catch_exceptions=False)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """By rule, what is found in a theme that breaks all of them, in the states that show it."""
    folder = written(tmp_path_factory.mktemp("themes"), "bad", BAD)
    states = [word for state in ("ok", "empty", "stale") for word in ("--state", state)]
    [report] = json.loads(checked(folder, options=("--format", "json", *states)).stdout)
    assert {} == report["not_judged"]
    told: dict[str, list[str]] = {}
    for each in report["findings"]:
        told.setdefault(each["rule"], []).append(
            f"{each['level']} {each['file']}:{each['line']} {each['found']}"
        )
    return told


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("K01", "E theme.css:2 .pw-title #DCE3EB on #FFFFFF: 1.29, less than 4.5: todos/ok light zh-CN"),
        ("K02", "E theme.css:6 border of .pw-tag.pw-tag--pinned #DCE3EB on #FFFFFF: 1.29, less than 3"),
        ("K05", "E theme.css:4 critical and high (light) differ by colour alone"),
        ("A01", "E parts/_state_empty.html:1 label: Form elements must have labels"),
        ("A03", "E theme.css:7 .pw-btn is"),
        ("A04", "E theme.css:8 .pw-link has a ring of 0 px"),
        ("A07", "E theme.css:9 '科主任审批' of .pw-meta span is cut off at 360 px"),
        ("A07", "of .renmin-wide is cut off at 360 px: todos/empty"),
        ("T05", "E theme.css:10 [data-pw-banner] is there and cannot be seen: todos/stale light zh-CN"),
        ("P03", "todos: what is below the card moves by "),
    ],
)
def test_a_browser_rule_is_told_with_file_line_and_view(
    found: dict[str, list[str]], rule: str, told: str
) -> None:
    assert any(told in each for each in found.get(rule, [])), found.get(rule)


def test_nothing_is_to_be_told_of_ours_in_any_state_and_of_the_worked_themes_in_those_that_they_change(
    tmp_path: Path,
) -> None:
    (tmp_path / "ours").mkdir()
    shown = [word for state in ("ok", "empty") for word in ("--state", state)]
    reports = [
        *json.loads(checked(tmp_path / "ours", options=("--format", "json")).stdout),
        *json.loads(checked(*THEMES, options=("--format", "json", *shown)).stdout),
    ]
    assert [{}] * (1 + len(THEMES)) == [report["not_judged"] for report in reports]
    assert [[]] * (1 + len(THEMES)) == [report["findings"] for report in reports]


def shot(folder: Path, *options: str) -> Result:
    said = ["theme", "shots", "--only", "todos-ok-light-6", *options, str(folder)]
    return CliRunner().invoke(main, said, catch_exceptions=False)


def test_the_cards_that_say_why_are_among_the_pictures(tmp_path: Path) -> None:
    folder = written(tmp_path, "renmin", {})
    for name in ("todos-signed-out-light-elsewhere", "notices-failed-light-unchecked"):
        assert "1 pictures: the baseline" in shot(folder, "--accept", "--only", name).stdout


def test_pictures_are_compared_with_a_baseline_and_put_into_words(tmp_path: Path) -> None:
    """The same theme has the same pictures; another border and higher rows are said and shown."""
    folder = written(tmp_path, "renmin", {})
    first, again = shot(folder), shot(folder)
    assert (0, 0) == (first.exit_code, again.exit_code)
    assert "1 pictures: the baseline" in first.stdout
    assert "0 of 1 views have changed" in again.stdout
    changed = {
        "color": {"high-border": {"$value": "#E0A060"}},
        "space": {"row-y": {"$value": "13px"}},
        "radius": {"card": {"$value": "14px"}},
    }
    written(tmp_path, "renmin", {"tokens.json": changed})
    now = shot(folder, "--lang", "zh-CN")
    report = (tmp_path / "renmin.shots" / "report.html").read_text("utf-8")
    assert 1 == now.exit_code
    for words in (
        "卡片: 圆角 8 -&gt; 14 px (+6)",
        "行: 高 63 -&gt; 69 px (+6)",
        "紧急标签: 边框对比度 4.82 (#B25A00 / #FFFFFF) -&gt; 2.24",
    ):
        assert words in report
    assert 'src="baseline/todos-ok-light-640.png"' in report
    assert 0 == shot(folder, "--accept").exit_code
