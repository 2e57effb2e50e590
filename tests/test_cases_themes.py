"""The hostile cases of themes, logs and exports, and the tests that play each of them: G 96 to 104 of the same list."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.test_cases import cases, missing

TESTS: Final = Path(__file__).parent
FILES: Final = {
    "theme": TESTS / "widgets" / "test_theme.py",
    "files": TESTS / "widgets" / "test_theme_files.py",
    "store": TESTS / "widgets" / "test_theme_store.py",
    "record": TESTS / "widgets" / "test_theme_record.py",
    "sandbox": TESTS / "widgets" / "test_theme_sandbox.py",
    "rules": TESTS / "widgets" / "theme_check" / "test_rules.py",
    "table": TESTS / "widgets" / "theme_check" / "table.py",
    "eyes": TESTS / "browser" / "test_theme_check.py",
    "hostile": TESTS / "test_hostile.py",
    "trail": TESTS / "audit" / "test_trail.py",
    "command": TESTS / "widgets" / "test_command.py",
}
"""By the word before the colon below."""

CASES: Final = r"""
96 | a name that leaves the folder, a link, zip-slip, bombs, crowds of files | refused before a byte is written
  store: test_names_that_are_no_names_are_not_installed [../up] [..%2fup] [/etc] [C:]
  store: test_a_path_that_leaves_the_theme_is_refused [../../etc/cron.d/x] [a\..\..\x]
  store: test_a_package_that_is_no_theme_is_refused_before_a_byte_is_written
  store: test_a_page_that_asks_for_a_theme_gets_it_and_any_other_name_the_services_own
  theme: test_a_theme_is_named_by_letters_that_cannot_leave_the_folder
  files: test_a_folder_that_is_a_link_is_not_followed_out_of_the_theme
97 | templates that reach into Python | refused, and a line in the trail
  sandbox: test_a_part_that_reaches_out_is_refused [{{ ''.__class__.__mro__ }}] [{{ cycler }}]
  sandbox: test_a_part_that_reaches_out_is_refused [{{ w | attr('title') }}] [{{ {'a': 1} | xmlattr }}]
  sandbox: test_a_part_that_fails_is_drawn_by_the_one_that_it_replaces_and_is_told_once [{{ '{:999999999}'.format(1) }}]
  record: test_a_theme_that_is_installed_taken_back_or_refused_is_in_the_trail
  record: test_a_hostile_name_stays_on_its_line_of_the_trail
98 | texts, loops and includes without end | ended in a child by memory and time, and bounded in the service
  sandbox: test_a_theme_is_tried_in_a_process_that_may_die [slow] [deep] [long]
  sandbox: test_a_part_that_fails_is_drawn_by_the_one_that_it_replaces_and_is_told_once [{{ 'a' * 1000000000 }}]
  sandbox: test_a_part_that_writes_without_measure_is_left_out
  sandbox: test_a_part_that_works_without_end_and_writes_nothing_is_left_out
  sandbox: test_a_part_that_reaches_out_is_refused [{% include '_state_empty.html' %}]
99 | safe, escaping off, scripts, handlers, inline styles, what loads from elsewhere | refused by rule and line
  theme: test_a_broken_part_is_refused_in_a_sentence_that_names_it [{{ w.title | safe }}] [<p onclick="x">]
  theme: test_a_broken_part_is_refused_in_a_sentence_that_names_it [may not switch escaping off] [<script>1</script>]
  files: test_a_rule_that_loads_breaks_out_or_covers_the_page_is_refused_by_line [a{width:expression(alert(1))}]
  rules: test_a_broken_rule_is_told_with_its_level_file_and_line
  table: X01 [X02] [X03] [X04]
  sandbox: test_everything_that_is_written_is_escaped_in_a_theme_too
100 | styles that send out what they see, or cover the page | refused, and the policy lets nothing out
  files: test_a_rule_that_loads_breaks_out_or_covers_the_page_is_refused_by_line [.pw{position:fixed;inset:0}]
  files: test_a_rule_that_loads_breaks_out_or_covers_the_page_is_refused_by_line [.pw{--p:fixed;position:var(--p)}]
  files: test_ordinary_rules_are_taken_and_assets_get_their_hashed_address
  theme: test_the_policy_hash_fits_the_one_inline_style_of_every_document
  sandbox: test_a_card_may_load_images_fonts_and_answers_of_its_own_origin_alone
101 | drawings that run or load, files that are two things at once | refused; served in a sandbox
  files: test_a_drawing_that_runs_or_loads_something_is_refused [holds <script>] [holds <foreignObject>]
  files: test_an_asset_that_is_not_what_its_name_says_is_refused [b.png]
  sandbox: test_a_drawing_that_is_opened_as_a_page_is_no_page_of_ours
102 | a theme that hides that a list is old, or the way out | refused; a browser sees what is there and hidden
  sandbox: test_a_theme_that_keeps_a_card_from_saying_what_it_must_is_refused [the way to sign out]
  eyes: test_a_browser_rule_is_told_with_file_line_and_view [T05]
103 | line ends, escapes, invisible signs, a megabyte in a log | one line, encoded, capped
  trail: test_hostile_fields_are_encoded_and_capped
  hostile: test_a_log_line_is_one_line_for_every_reader
  record: test_a_hostile_name_stays_on_its_line_of_the_trail
104 | cells that a spreadsheet reckons with | nothing writes tables for one: a table to read, or JSON
  command: test_the_trail_as_json_has_one_object_a_line
"""


@pytest.mark.parametrize(("case", "tests"), cases(CASES), ids=[c.split(" | ")[0] for c, _ in cases(CASES)])
def test_the_case_is_played(case: str, tests: list[str]) -> None:
    """By tests that are there, under the names that stand here."""
    assert tests, case
    assert [] == missing(tests, FILES)


def test_no_case_is_left_out() -> None:
    """Nine, in their order, each with what is tried and what must come of it."""
    lines = [case.split(" | ") for case, _ in cases(CASES)]
    assert [str(number) for number in range(96, 105)] == [parts[0] for parts in lines]
    assert {3} == {len(parts) for parts in lines}
