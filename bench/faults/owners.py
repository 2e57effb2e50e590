"""Whose list it is: many people in parallel, fault after fault, and every title tells whose it is."""

from __future__ import annotations

from itertools import cycle, islice

from bench.faults.crowds import abreast, look
from bench.faults.report import Figure, Tally
from demo.crowd import MARK, crowd, give
from demo.fault_proxy import WORDS
from demo.people import Person
from demo.rig import Campus, Rig

PEOPLE = crowd(200)
ITEMS = 50
ABREAST = 50
ROUNDS = 5
"""Looks of each person between two changes of the wire."""


async def owners(wanted: int) -> list[Figure]:
    """Every fault once, and on until so many items were seen; the wire is well every other time."""
    tally, seen, foreign = Tally(), 0, 0
    async with Rig.start([Campus("main")], PEOPLE, instances=2) as rig:
        give(rig.oas["main"], PEOPLE, ITEMS)

        async def one(asked: tuple[int, Person]) -> None:
            nonlocal seen, foreign
            number, person = asked
            found = MARK.findall((await look(rig, tally, person, "limit=50", number % 2)).text)
            seen, foreign = seen + len(found), foreign + sum(owner != person.account for owner in found)

        await abreast(enumerate(PEOPLE), one, ABREAST)
        for played, fault in enumerate(cycle(WORDS)):
            if seen >= wanted and played >= len(WORDS):
                break
            for each in ("none", fault):
                await rig.turn(each)
                rig.clock.later(seconds=75)
                looks = islice(cycle(PEOPLE), ROUNDS * len(PEOPLE))
                await abreast(enumerate(looks), one, ABREAST)
    what = f"{len(PEOPLE)} people, {ABREAST} in parallel, {len(WORDS) - 1} faults"
    return [
        Figure(f"{what}: foreign titles", f"0 in {wanted:,}", f"{foreign} in {seen:,}", not foreign),
        Figure(
            "the same: answers that are no card", "0", f"{tally.faults} ({tally.cards()})", not tally.faults
        ),
    ]
