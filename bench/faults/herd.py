"""Monday at eight, nothing remembered: everybody looks within a minute, at an OA with an agreed rate."""

from __future__ import annotations

import asyncio
import math
import random
import time
from bisect import bisect_left

from bench.faults.crowds import look
from bench.faults.report import Figure, Tally
from demo.crowd import crowd, give
from demo.people import Person
from demo.rig import Campus, Rig

PEOPLE = 2_000
WITHIN = 60.0
"""Seconds in which they all come."""
RATE = 50
LAST = 300.0
"""Seconds after which whoever has no list counts as not served."""


async def herd(share: float) -> list[Figure]:
    """That share of the people, at that share of the rate.

    Each card looks again as `widgets.js` does: when it was told to, and ever later where nothing changed.
    """
    tally, waited, chance = Tally(), [], random.Random(1)  # noqa: S311  # a crowd, not a key
    people, rate = crowd(round(PEOPLE * share)), RATE * share
    async with Rig.start([Campus("main", rate=rate)], people, instances=2) as rig:
        give(rig.oas["main"], people, 5)
        for person in people:
            await rig.sign_in(person)

        async def come(number: int, person: Person) -> None:
            await asyncio.sleep(chance.random() * WITHIN)
            began, every, version = time.monotonic(), 60.0, ""
            while time.monotonic() - began < LAST:
                answer = await look(rig, tally, person, f"v={version}", number % 2)
                if answer.headers["Widget-State"] == "ok":
                    waited.append(time.monotonic() - began)
                    return
                told = answer.headers.get("Widget-Refresh-After")
                every = float(told) if told else min(every * 2, 60.0)
                version = answer.headers["Widget-Version"]
                await asyncio.sleep(every * (0.85 + 0.3 * chance.random()))

        await asyncio.gather(*(come(number, person) for number, person in enumerate(people)))
        calls = [call.at for call in rig.oas["main"].calls]
    waited.sort()
    busiest = max(bisect_left(calls, at + 1) - number for number, at in enumerate(calls))
    overall = (len(calls) - 1) / (calls[-1] - calls[0])
    served = (
        f"{len(waited):,} of {len(people):,}; p50 {waited[len(waited) // 2]:.0f} s, last {waited[-1]:.0f} s"
    )
    what = f"{len(people):,} first looks in {WITHIN:g} s, OA allows {rate:g} calls/s"
    return [
        Figure(f"{what}: everyone served", f"{len(people):,}", served, len(waited) == len(people)),
        Figure(
            "the same: answers that are no card", "0", f"{tally.faults} ({tally.cards()})", not tally.faults
        ),
        Figure(
            "the same: calls at the OA in its busiest second",
            f"≤ {math.ceil(rate)}",
            f"{busiest} ({len(calls):,} calls, {overall:.1f} a second)",
            busiest <= math.ceil(rate),
        ),
        Figure(
            "the same: p99.9 of a look",
            "≤ 1.5 s",
            f"{tally.quantile(0.999):.2f} s",
            tally.quantile(0.999) <= 1.5,
        ),
    ]
