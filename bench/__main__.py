"""python -m bench: us, the framework's limit and a peer, interleaved in one run, as one Markdown table."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Final

from bench.checks import NotAsMeant
from bench.machine import machine
from bench.measure import CONNECTIONS, DISTURBED, Run, Standing, body_bytes, measure, standing
from bench.processes import cores
from bench.scenarios import ALL
from bench.sign_in import measure_sign_ins, told
from bench.table import remarks, table
from bench.world import World, world

SIGNING_IN: Final = 3.0
"""Seconds of signing in, three times."""


def main() -> None:
    asked = _asked()
    try:
        with world(cores()[1]) as around:
            size = body_bytes(around)
            runs = _rounds(around, size, asked.rounds, asked.seconds)
            sign_ins = [measure_sign_ins(around, SIGNING_IN) for _ in range(3)]
            about = machine(around.redis)
    except NotAsMeant as error:
        raise SystemExit(f"Nothing was measured. {error}") from None
    print(f"Measured {datetime.now(UTC):%Y-%m-%d}: {' '.join(about)}")
    print(
        f"Medians of {asked.rounds} interleaved rounds (min–max), {asked.seconds:g} s each,"
        f" {CONNECTIONS} connections, one server process on one core."
        " Ratios are of requests for each second of the server's CPU, paired inside each round.\n"
    )
    print(table(runs, size), "", *(f"- {remark}" for remark in [*remarks(runs), told(sign_ins)]), sep="\n")


def _rounds(around: World, size: int, rounds: int, seconds: float) -> dict[str, list[Run]]:
    """Every scenario once a round, every other round backwards: a drift of the machine favours nobody."""
    runs: dict[str, list[Run]] = defaultdict(list)
    spare = iter(range(rounds))
    with ExitStack() as stack:
        ready = [stack.enter_context(standing(scenario, around, size)) for scenario in ALL]
        for number in range(1, rounds + 1):
            for one in ready if number % 2 else reversed(ready):
                run = _undisturbed(one, around, seconds, spare)
                runs[one.scenario.key].append(run)
                print(f"round {number}: {one.scenario.key} {run.per_second:,.0f}/s", file=sys.stderr)
    return runs


def _undisturbed(ready: Standing, around: World, seconds: float, spare: Iterator[int]) -> Run:
    """One run; begun again while the machine disturbs it and `spare` runs are left.

    A machine that stands still for 0.2 s makes ours give Redis up, and answer without a list: twice forgiven.
    """
    forgiven = iter(range(2))
    while True:
        try:
            run = measure(ready, around, seconds)
        except NotAsMeant as error:
            if next(forgiven, None) is None:
                raise
            print(f"again: {error}", file=sys.stderr)
            continue
        if run.foreign <= DISTURBED or next(spare, None) is None:
            return run
        print(f"again: {ready.scenario.key}, {run.foreign:.2f} cores were busy elsewhere", file=sys.stderr)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=15, help="rounds of all scenarios, at least 3 (default 15)"
    )
    parser.add_argument(
        "--seconds", type=float, default=1.5, help="seconds measured for each run (default 1.5)"
    )
    asked = parser.parse_args()
    if asked.rounds < 3 or asked.seconds < 1:
        parser.error("at least 3 rounds of at least 1 second")
    return asked


if __name__ == "__main__":
    main()
