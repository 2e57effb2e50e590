"""Writes docs/accessibility.md from a run of the tests that it speaks of: `make accessibility`.

No figure in it is written by hand, and a test that fails is written as failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parent / "docs" / "accessibility.md"
FILES: Final = ("states", "accessibility", "keyboard", "refresh")
AXE: Final = json.loads((HERE / "node_modules" / "axe-core" / "package.json").read_text())["version"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed in both languages, by which criteria, and the tests that must pass for it."""

    zh: str
    en: str
    criteria: str
    tests: tuple[str, ...]


CLAIMS: Final = (
    Claim(
        "axe-core 未发现 A 级、AA 级问题：全部状态、明暗两色、中英两语；嵌入门户时亦然",
        "axe-core finds nothing at levels A and AA: every state, light and dark, both languages, embedded too",
        "1.1.1, 1.3.1, 1.4.3, 1.4.11, 2.4.4, 3.1.1, 4.1.2",
        (
            "test_axe_finds_nothing",
            "test_a_card_has_no_barrier",
            "test_the_sign_in_card_has_no_barrier",
            "test_the_cards_bring_no_barrier_to_the_portal",
        ),
    ),
    Claim(
        "只用键盘即可登录、打开事项；焦点始终可见",
        "Sign-in and every item by keyboard alone; the focus is always to be seen",
        "2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11",
        (
            "test_sign_in_and_open_an_item_without_a_mouse",
            "test_tab_goes_from_refresh_over_all_and_the_rows",
            "test_the_focus_is_always_to_be_seen",
        ),
    ),
    Claim(
        "320 像素宽（等于放大至 400%）并加大字距行距，内容不被截断，不需横向滚动",
        "At 320 px (400 % of zoom) and with wider text spacing nothing is cut or scrolls sideways",
        "1.4.4, 1.4.10, 1.4.12",
        ("test_text_may_be_spaced_and_enlarged", "test_a_card_in_a_narrow_column_has_no_barrier"),
    ),
    Claim(
        "高对比度（强制颜色）、减少动态效果、打印均可用",
        "Forced colours, reduced motion and print are provided for",
        "1.4.1, 2.3.3",
        ("test_forced_colours_leave", "test_who_wants_no_motion", "test_what_is_printed"),
    ),
    Claim(
        "自动刷新可以暂停；指针或焦点所在处列表不移动；新事项由读屏软件礼貌播报",
        "Refreshing can be paused; nothing moves under pointer or focus; news is announced politely",
        "2.2.2, 3.2.1, 4.1.3",
        ("test_a_paused_card_asks_nothing", "test_nothing_moves_under", "test_a_new_urgent_item_appears"),
    ),
)
NOT_TRIED: Final = (
    ("未用真实读屏软件（NVDA、争渡、VoiceOver）走查", "No pass with a real screen reader (NVDA, VoiceOver)"),
    ("GB/T 37668-2019 未逐项对照（未取得标准文本）", "GB/T 37668-2019 was not mapped item by item"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One case of a test: its name without parameters, whether it passed, what it noted down."""

    test: str
    passed: bool
    notes: dict[str, str]


def played() -> list[Run]:
    """Runs the tests, and reads what became of each."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        files = [str(HERE / "browser" / f"test_{name}.py") for name in FILES]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-ojunit_family=xunit1",
                f"--junitxml={report.name}",
                *files,
            ],
            check=False,
        )
        cases = ElementTree.parse(report.name).iter("testcase")  # noqa: S314 (written by pytest just now)
        return [_run(case) for case in cases]


def _run(case: ElementTree.Element) -> Run:
    notes = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
    failed = case.find("failure") is not None or case.find("error") is not None
    return Run(case.get("name", "").partition("[")[0], not failed, notes)


def chromium() -> str:
    """Its version, as it says itself."""
    told = subprocess.run(["chromium", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().partition(" built")[0]


def _table(runs: list[Run], lang: str) -> Iterable[str]:
    for claim in CLAIMS:
        told = [run.passed for run in runs if run.test.startswith(claim.tests)]
        assert all(any(run.test.startswith(test) for run in runs) for test in claim.tests), claim.tests
        yield f"| {claim.zh if lang == 'zh' else claim.en} | {claim.criteria} | {sum(told)} / {len(told)} |"


def page(runs: list[Run], on: date, browser: str) -> str:
    """The whole statement, in both languages."""
    axe = [run.notes for run in runs if run.test == "test_axe_finds_nothing"]
    documents = sum(int(notes.get("documents", 0)) for notes in axe)
    failed = sorted({run.test for run in runs if not run.passed})
    passed = f"{sum(run.passed for run in runs)} / {len(runs)}"
    meets = not failed and documents > 0
    lines = [
        "# Accessibility · 无障碍声明",
        "",
        "<!-- written by `make accessibility`; do not edit -->",
        "",
        "## 中文",
        "",
        f"待办、公告两个组件以 WCAG 2.2 AA 级为目标，自动化检查{'全部通过' if meets else '**未全部通过**'}。",
        f"最近一次检查：{on}，{browser}，axe-core {AXE}；检查文档 {documents} 个，测试通过 {passed}。",
        "",
        "| 项目 | 准则 | 通过的测试 |",
        "| --- | --- | --: |",
        *_table(runs, "zh"),
        "",
        "尚未完成：",
        "",
        *(f"- {zh}。" for zh, _ in NOT_TRIED),
        "",
        "## English",
        "",
        "Both widgets aim at WCAG 2.2, level AA; "
        f"the automated checks {'all pass' if meets else '**do not all pass**'}.",
        f"Last run: {on}, {browser}, axe-core {AXE}; {documents} documents, tests passed {passed}.",
        "",
        "| what | criteria | tests passed |",
        "| --- | --- | --: |",
        *_table(runs, "en"),
        "",
        "Not done yet:",
        "",
        *(f"- {en}." for _, en in NOT_TRIED),
        *(["", "Failed: " + ", ".join(f"`{name}`" for name in failed)] if failed else []),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(played(), date.today(), chromium()))
