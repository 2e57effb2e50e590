"""python -m bench.faults: what people see while OAs fail, beside what was asked, as one Markdown table."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

import click
import structlog

from bench.faults.herd import herd
from bench.faults.outage import outage
from bench.faults.owners import owners
from bench.faults.report import Figure, table
from bench.faults.single import single

PARTS = ("outage", "single", "owners", "herd")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--items", default=1_000_000, show_default=True, help="Items to see for `owners`.")
@click.option("--share", default=1.0, show_default=True, help="Of the people and the rate of `herd`.")
def main(parts: tuple[str, ...], items: int, share: float) -> None:
    """Measures these PARTS, or all of them; ends with 1 when a figure is missed."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(50)
    )  # faults are what it is about
    figures = asyncio.run(measured(parts or PARTS, items, share))
    print(
        f"Measured {datetime.now(UTC):%Y-%m-%d}: python -m bench.faults {' '.join(parts)}\n\n{table(figures)}"
    )
    sys.exit(not all(figure.holds for figure in figures))


async def measured(parts: tuple[str, ...], items: int, share: float) -> list[Figure]:
    """One part after the other."""
    work = {"outage": outage, "single": single, "owners": lambda: owners(items), "herd": lambda: herd(share)}
    figures: list[Figure] = []
    for part in parts:
        print(f"{part} …", file=sys.stderr)
        figures += await work[part]()
    return figures


if __name__ == "__main__":
    main()
