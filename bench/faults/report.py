"""One line a figure: what was asked, what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx2


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the report."""

    what: str
    asked: str
    measured: str
    holds: bool


@dataclass(slots=True)
class Tally:
    """What came of many looks."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def note(self, answer: httpx2.Response, took: float) -> None:
        self.seconds.append(took)
        self.statuses[answer.status_code] += 1
        self.states[answer.headers.get("Widget-State", "none")] += 1

    def add(self, other: Tally) -> None:
        """All that the other noted, too."""
        self.seconds += other.seconds
        self.statuses += other.statuses
        self.states += other.states

    @property
    def faults(self) -> int:
        """Answers that are neither a card nor word that nothing changed."""
        return sum(number for status, number in self.statuses.items() if status not in (200, 204))

    def quantile(self, share: float) -> float:
        return sorted(self.seconds)[min(int(len(self.seconds) * share), len(self.seconds) - 1)]

    def cards(self) -> str:
        return ", ".join(f"{number:,} {state}" for state, number in self.states.most_common())


def table(figures: Iterable[Figure]) -> str:
    """Markdown."""
    rows = [
        f"| {each.what} | {each.asked} | {each.measured} | {'held' if each.holds else '**missed**'} |"
        for each in figures
    ]
    return "\n".join(["| what | asked | measured | |", "| :-- | --: | --: | :-- |", *rows])
