"""python -m bench: us, the framework's limit and a peer, interleaved in one run, as one Markdown table."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.checks import NotAsMeant
from bench.machine import machine
from bench.measure import CONNECTIONS, DISTURBED, WARM_UP, Run, body_bytes, measure
from bench.processes import cores
from bench.scenarios import ALL, Scenario
from bench.sign_in import measure_sign_ins, told
from bench.table import remarks, table
from bench.world import World, world


def main() -> None:
    asked = _asked()
    try:
        with world(cores()[1]) as around:
            size = body_bytes(around)
            runs = _rounds(around, size, asked.rounds, asked.seconds)
            sign_ins = [measure_sign_ins(around, asked.seconds) for _ in range(asked.rounds)]
            about = machine(around.redis)
    except NotAsMeant as error:
        raise SystemExit(f"Nothing was measured. {error}") from None
    print(f"Measured {datetime.now(UTC):%Y-%m-%d}: {' '.join(about)}")
    print(
        f"Medians of {asked.rounds} interleaved rounds (min–max), {asked.seconds:g} s each after"
        f" {WARM_UP:g} s of warm-up, {CONNECTIONS} connections, one server process on one core."
        " Ratios are of requests for each second of the server's CPU, paired inside each round.\n"
    )
    print(table(runs, size), "", *(f"- {remark}" for remark in [*remarks(runs), told(sign_ins)]), sep="\n")


def _rounds(around: World, size: int, rounds: int, seconds: float) -> dict[str, list[Run]]:
    """Every scenario once a round, every other round backwards: a drift of the machine favours nobody."""
    runs: dict[str, list[Run]] = defaultdict(list)
    spare = iter(range(rounds))
    for number in range(1, rounds + 1):
        for scenario in ALL if number % 2 else reversed(ALL):
            run = _undisturbed(scenario, around, size, seconds, spare)
            runs[scenario.key].append(run)
            print(f"round {number}: {scenario.key} {run.per_second:,.0f}/s", file=sys.stderr)
    return runs


def _undisturbed(scenario: Scenario, around: World, size: int, seconds: float, spare: Iterator[int]) -> Run:
    """One run; begun again while the machine disturbs it and `spare` runs are left.

    A machine that stands still for 0.2 s makes ours give Redis up, and answer without a list: twice forgiven.
    """
    forgiven = iter(range(2))
    while True:
        try:
            run = measure(scenario, around, size, seconds)
        except NotAsMeant as error:
            if next(forgiven, None) is None:
                raise
            print(f"again: {error}", file=sys.stderr)
            continue
        if run.foreign <= DISTURBED or next(spare, None) is None:
            return run
        print(f"again: {scenario.key}, {run.foreign:.2f} cores were busy elsewhere", file=sys.stderr)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of all scenarios, at least 3 (default 5)"
    )
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="seconds measured for each run (default 3)"
    )
    asked = parser.parse_args()
    if asked.rounds < 3 or asked.seconds < 1:
        parser.error("at least 3 rounds of at least 1 second")
    return asked


if __name__ == "__main__":
    main()
