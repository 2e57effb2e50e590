"""From the folder of a theme to a Report: every rule that can be judged here, and the names of those that cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from gzip import compress
from pathlib import Path
from typing import Any, Final

from widgets.theme_check import (
    accessibility,
    browser,
    colour,
    language,
    manifest,
    performance,
    safety,
    seen,
    styles,
)
from widgets.theme_check import templates as parts
from widgets.theme_check.drawn import cards
from widgets.theme_check.finding import LEVELS, RULES, Finding, Level, refusal
from widgets.theme_check.subject import Subject
from widgets.themes.samples import STATES
from widgets.themes.trial import tried
from widgets.views import State

_SWITCH: Final = re.compile(
    r"(?:\{#-?|/\*)\s*theme-check-disable\s+(\S+?):?(?:\s+(.*?))?\s*(?:-?#\}|\*/)", re.DOTALL
)
BY_FILES: Final = (manifest, safety, parts, styles, colour, performance, language)


@dataclass(slots=True)
class Report:
    """What was found, what somebody chose not to hear, and what nobody looked at."""

    theme: str
    findings: list[Finding] = field(default_factory=list)
    silenced: list[tuple[Finding, str]] = field(default_factory=list)
    """With the reason that the theme gives."""
    not_judged: dict[str, str] = field(default_factory=dict)
    """Why, by rule."""
    drawn: int = 0
    """States of each card that were judged as HTML."""
    seen: int = 0
    """Those that a browser has shown, in each of the theme's modes."""

    def count(self, level: Level) -> int:
        return sum(finding.weight == level for finding in self.findings)

    @property
    def status(self) -> int:
        """The command's: 2 with a fatal finding, 1 with an error, otherwise 0."""
        return 2 if self.count("F") else 1 if self.count("E") else 0


def examine(
    folders: Sequence[Path], *, path: str | None = None, states: Sequence[State] = STATES, look: bool = True
) -> list[Report]:
    """Judges themes. `path` is the browser's; `look=False` leaves it out, and says so."""
    folders = [folder.absolute() for folder in folders]
    wrong = {
        (parent, name): sentence
        for parent in dict.fromkeys(folder.parent for folder in folders)
        for name, sentence in tried(parent, [each.name for each in folders if each.parent == parent]).items()
    }
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(browser.opened(path)) if look else None
            missing = "" if look else "--no-browser was said"
        except browser.NoBrowser as error:
            opened, missing = None, str(error)
        return [
            _judged(Subject.read(each, wrong.get((each.parent, each.name), "")), opened, missing, states)
            for each in folders
        ]


def _judged(subject: Subject, opened: Any, missing: str, states: Sequence[State]) -> Report:
    report = Report(subject.folder.name)
    found = [finding for family in BY_FILES for finding in family.findings(subject)]
    found += language.unused(subject)
    if subject.theme is None:
        _not_judged(report, ("drawing", "browser"), "the theme cannot be drawn")
    else:
        found += _drawn(subject)
        report.drawn = len(STATES)
        if opened:
            found += seen.findings(subject, opened, states)
            report.seen = len(states)
        else:
            _not_judged(report, ("browser",), missing)
        if opened and browser.axe() is None:
            report.not_judged["A01"] = f"axe-core is not installed: {browser.INSTALL}"
    _hear(subject, report, _ordered(subject, found))
    return report


def _drawn(subject: Subject) -> Iterator[Finding]:
    assert subject.theme  # noqa: S101
    drawn = cards(subject.theme, compress)
    for family in (parts, performance, accessibility):
        yield from _once(family.drawing(subject, drawn))


def _once(findings: Iterator[Finding]) -> Iterator[Finding]:
    """The same thing in the same place is said for the first card alone."""
    told = set()
    for finding in findings:
        key = finding.rule, finding.file, finding.line, finding.found.partition(": ")[2]
        if key not in told:
            told.add(key)
            yield finding


def _not_judged(report: Report, kinds: Sequence[str], why: str) -> None:
    report.not_judged |= dict.fromkeys((id for id, rule in RULES.items() if rule.judged in kinds), why)
    partly = [id for id, rule in RULES.items() if rule.seen and id not in report.not_judged]
    report.not_judged |= dict.fromkeys(partly, f"in part: {why}")


def _ordered(subject: Subject, found: list[Finding]) -> list[Finding]:
    """The gravest first. What the service says when it refuses a theme is left out where a rule says it better."""
    echo = refusal(subject.folder, subject.refused) if subject.refused else None
    others = [f for f in found if f.weight == "F" and f != echo]
    if echo and found.count(echo) == 1 and any(_says(f, echo) for f in others):
        found = [f for f in found if f != echo]
    return sorted(
        dict.fromkeys(found), key=lambda f: (LEVELS.index(f.weight), f.file, f.line, f.rule, f.found)
    )


def _says(finding: Finding, echo: Finding) -> bool:
    """The same rule, or one of the same family about the same line; T02 stands for whatever has no rule."""
    alike = (finding.rule[0], finding.file, finding.line) == (echo.rule[0], echo.file, echo.line)
    return alike or echo.rule in (finding.rule, "T02")


def _hear(subject: Subject, report: Report, found: list[Finding]) -> None:
    """Sets aside what a file has switched off with a reason. What is fatal cannot be."""
    reasons: dict[tuple[str, str], str] = {}
    for file, text in subject.texts.items():
        for switch in _SWITCH.finditer(text):
            id, reason, line = switch[1], (switch[2] or "").strip(), text.count("\n", 0, switch.start()) + 1
            if id in RULES and reason and RULES[id].level != "F":
                reasons[file, id] = reason
            else:
                why = "without a reason" if id in RULES and not reason else "which cannot be switched off"
                report.findings.append(Finding("M07", file, line, f"theme-check-disable {id}, {why}"))
    for finding in found:
        reason = reasons.get((finding.file, finding.rule))
        if reason and finding.weight != "F":
            report.silenced.append((finding, reason))
        else:
            report.findings.append(finding)
