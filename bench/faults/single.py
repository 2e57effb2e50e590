"""Each fault alone, on all OAs at once, of six products: how long people wait for a card."""

from __future__ import annotations

from bench.faults.crowds import abreast, look
from bench.faults.report import Figure, Tally
from demo.crowd import crowd, give
from demo.fault_proxy import NONE, WORDS
from demo.people import Person
from demo.rig import Campus, Rig

KINDS = ("weaver-e9", "seeyon-v5", "seeyon-v8", "landray-ekp", "o2oa", "rest")
NOTICES = ("weaver-e9", "seeyon-v5", "o2oa", "rest")
"""Those that have any."""
EACH = 34
"""People who know their list, and as many who never had one, for each fault."""
ABREAST = 4


async def single() -> list[Figure]:
    """A thousand looks at the card of one campus or of all; a tenth as many with a sound wire, for comparison."""
    faults = [NONE, *(fault for fault in WORDS if fault != NONE)]
    people = crowd(EACH * (len(faults) + 1))
    known, tallies = people[:EACH], {fault: Tally() for fault in faults}
    async with Rig.start([Campus(kind, kind) for kind in KINDS], people, instances=2) as rig:
        for campus, oa in rig.oas.items():
            give(oa, people, 5, campus)

        async def one(asked: tuple[int, Person]) -> None:
            number, person = asked
            name = "notices" if number % 4 == 3 else "todos"
            kinds = NOTICES if name == "notices" else KINDS
            query = f"campus={kinds[number // 2 % len(kinds)]}" if number % 2 else ""
            await look(rig, tallies[fault], person, query, number // 2 % 2, name)

        async def settle(person: Person) -> None:
            for name in ("todos", "notices"):
                await rig.settled(person, name=name)

        for number, fault in enumerate(faults, 1):
            await rig.rest()
            await abreast(known, settle, ABREAST)
            await rig.turn(fault)
            rig.clock.later(seconds=90)
            await abreast(enumerate([*known, *people[number * EACH :][:EACH]]), one, ABREAST)
    return _figures(tallies)


def _figures(tallies: dict[str, Tally]) -> list[Figure]:
    sound, all_ = tallies.pop(NONE), Tally()
    for each in tallies.values():
        all_.add(each)
    worst = max(tallies, key=lambda fault: max(tallies[fault].seconds))
    late, bad = all_.quantile(0.999), all_.faults + all_.states["empty"]
    measured = (
        f"{late:.2f} s (p50 {all_.quantile(0.5):.2f}, slowest {max(all_.seconds):.2f} at {worst};"
        f" without a fault p50 {sound.quantile(0.5):.2f}, slowest {max(sound.seconds):.2f})"
    )
    what = f"each of {len(tallies)} faults at all OAs of six products, {len(all_.seconds):,} looks"
    return [
        Figure(f"{what}: p99.9", "≤ 1.5 s", measured, late <= 1.5),
        Figure("the same: answers that are no card, or empty", "0", f"{bad} ({all_.cards()})", not bad),
    ]
