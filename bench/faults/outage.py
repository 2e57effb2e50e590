"""An OA that is down for half an hour, by a clock that is turned by hand."""

from __future__ import annotations

from bench.faults.crowds import abreast, look
from bench.faults.report import Figure, Tally
from demo.crowd import crowd, give
from demo.people import Person
from demo.rig import Campus, Rig

PEOPLE = crowd(200)
ITEMS = 10
MINUTES = 30
WAYS = ("refuse", "black-hole", "reset")
"""How it is down: one after the other, ten minutes each."""


async def outage() -> list[Figure]:
    """Everybody looks each minute; whoever had a list before must see exactly that."""
    tally, kept, wrong = Tally(), 0, 0
    async with Rig.start([Campus("main")], PEOPLE, instances=2) as rig:
        give(rig.oas["main"], PEOPLE, ITEMS)
        lists: dict[str, str] = {}

        async def first(person: Person) -> None:
            lists[person.subject] = titles((await rig.settled(person, "limit=50")).json())

        async def again(person: Person) -> None:
            nonlocal kept, wrong
            answer = await look(rig, tally, person, "limit=50", minute % 2)
            same = titles(answer.json()) == lists[person.subject]
            kept, wrong = kept + same, wrong + (not same)

        await abreast(PEOPLE, first, 20)
        for minute in range(MINUTES):
            await rig.turn(WAYS[minute * len(WAYS) // MINUTES])
            rig.clock.later(seconds=60)
            await abreast(PEOPLE, again, 4)
        await rig.rest()
        await abreast(PEOPLE, first, 20)
    share = 100 * kept / (kept + wrong)
    what = f"OA down {MINUTES} min, {len(PEOPLE)} people look each minute"
    return [
        Figure(f"{what}: who sees their last list", "100 %", f"{share:g} % ({tally.cards()})", not wrong),
        Figure("the same: answers that are no card", "0", f"{tally.faults}", not tally.faults),
        Figure(
            "the same: p99 with a list at hand",
            "≤ 0.3 s",
            f"{tally.quantile(0.99):.2f} s",
            tally.quantile(0.99) <= 0.3,
        ),
    ]


def titles(card: dict[str, list[dict[str, str]]]) -> str:
    return "\n".join(item["title"] for item in card["items"])
