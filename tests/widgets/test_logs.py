"""What an instance writes while something is away for long: enough to know it, and no more."""

from __future__ import annotations

import contextlib

import pytest
import structlog

from widgets.logs import APART, Repeated

AWAY = {"event": "memory.not_written", "level": "warning", "error": "ConnectionError"}


class Lines:
    """What gets through of what is said at these seconds."""

    def __init__(self) -> None:
        self.at, self.repeated, self.written = 0.0, Repeated(lambda: self.at), []  # type: list[dict[str, object]]

    def say(self, at: float, **event: object) -> None:
        self.at = at
        with contextlib.suppress(structlog.DropEvent):
            self.written.append(dict(self.repeated(None, "warning", event)))


@pytest.fixture
def lines() -> Lines:
    return Lines()


def test_the_same_line_is_written_once_in_ten_seconds_and_then_says_how_often(lines: Lines) -> None:
    for at in (0.0, 1.0, APART - 0.1, APART, APART + 1):
        lines.say(at, **AWAY)
    assert [AWAY, {**AWAY, "repeated": 2}] == lines.written


def test_lines_that_differ_in_one_word_are_all_written(lines: Lines) -> None:
    """A reference number is one: whoever reads it out must be found."""
    for reference in ("B3BE8D41", "E0F53927"):
        lines.say(0.0, event="auth.refused", reference=reference)
    assert ["B3BE8D41", "E0F53927"] == [line["reference"] for line in lines.written]


def test_what_is_remembered_of_lines_has_a_limit(lines: Lines) -> None:
    """The oldest is forgotten, and written again."""
    lines.say(0.0, **AWAY)
    for number in range(1000):
        lines.say(1.0, event="oa.failed", person=number)
    lines.say(2.0, **AWAY)
    assert AWAY == lines.written[-1]
