"""The one table, as Markdown: medians over the rounds, and ratios that are paired inside each round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from bench.measure import Run
from bench.scenarios import ALL, HIT, PODLET, POLL, QUART, Scenario

Runs = Mapping[str, Sequence[Run]]
"""By the key of the scenario; the n-th run of each belongs to round n."""

HEAD: Final = (
    "what answers",
    "bytes: body / on the wire",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU µs/request",
    "RSS MiB",
    "Redis reads/request",
    "× bare Quart",
    "× podlet",
)
TARGETS: Final = ((HIT, 0.5), (POLL, 0.75))
"""What our rows should reach of the bare Quart route."""
SATURATED: Final = 0.9


def table(runs: Runs, size: int) -> str:
    rows = [_row(scenario, runs, size) for scenario in ALL]
    return "\n".join(_line(cells) for cells in (HEAD, [":--", *["--:"] * (len(HEAD) - 1)], *rows))


def remarks(runs: Runs) -> list[str]:
    """What a reader must know beside the table: the targets, and whether the machine was quiet."""
    said = [_target(scenario, aim, runs) for scenario, aim in TARGETS]
    for scenario in ALL:
        busy = median(run.busy for run in runs[scenario.key])
        if busy < SATURATED:
            title = scenario.title.strip("*")
            said.append(f"Not saturated: {title} got {busy:.0%} of its core; its requests/s are too few.")
    foreign = max(run.foreign for each in runs.values() for run in each)
    return [*said, f"Other processes of the machine used up to {foreign:.2f} of a core during a run."]


def ratios(runs: Runs, ours: Scenario, theirs: Scenario) -> list[float]:
    """Requests for each second of the server's CPU, ours against theirs in the same round.

    On a quiet machine that is the ratio of requests/s; on a busy one that ratio would tell who had to wait.
    """
    return [b.cpu / a.cpu for a, b in zip(runs[ours.key], runs[theirs.key], strict=True)]


def _row(scenario: Scenario, runs: Runs, size: int) -> list[str]:
    own = runs[scenario.key]
    body = 0 if scenario.status == 204 else size
    return [
        scenario.title,
        f"{body:,} / {own[0].size:,}",
        _spread([run.per_second for run in own], "{:,.0f}"),
        _middle(own, lambda run: run.p50, "{:.1f}"),
        _middle(own, lambda run: run.p99, "{:.1f}"),
        _middle(own, lambda run: run.cpu, "{:,.0f}"),
        _middle(own, lambda run: run.rss, "{:.0f}"),
        _middle(own, lambda run: run.reads, "{:.2f}"),
        _spread(ratios(runs, scenario, QUART), "{:.2f}"),
        _spread(ratios(runs, scenario, PODLET), "{:.2f}"),
    ]


def _target(scenario: Scenario, aim: float, runs: Runs) -> str:
    reached = median(ratios(runs, scenario, QUART))
    word = "reached" if reached >= aim else "missed"
    return f"Target ≥ {aim} of the bare Quart route, {scenario.title.strip('*')}: {word}, {reached:.2f}."


def _middle(runs: Sequence[Run], figure: Callable[[Run], float], form: str) -> str:
    return form.format(median(map(figure, runs)))


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = (form.format(value) for value in (min(values), median(values), max(values)))
    return f"{middle} ({low}–{high})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
