"""More people than the cast: each with matters whose titles say whose they are."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from demo.oa_seed import Task
from demo.oa_world import World
from demo.people import Person

MARK: Final = re.compile(r"〔(\d{5})·")
"""In every title of theirs: the owner's 工号."""


def crowd(count: int, first: int = 20_000) -> tuple[Person, ...]:
    """That many people, from this 工号 on."""
    return tuple(_person(number) for number in range(first, first + count))


def _person(number: int) -> Person:
    return Person(
        f"u-{number}", f"职工{number}", f"w{number}", "各科", "医师", str(number), str(number + 30_000)
    )


def give(world: World, people: tuple[Person, ...], items: int, campus: str = "") -> None:
    """Puts `items` matters before each of them."""
    for person in people:
        world.waiting(person)[:] = [_task(world, person, n, campus) for n in range(items)]


def _task(world: World, person: Person, n: int, campus: str) -> Task:
    title = f"{campus}第 {n + 1} 号设备采购申请〔{person.account}·{n:02}〕"
    received = world.now() - timedelta(minutes=7 * n + 5)
    return Task(f"{person.oa_id}{n:02}", title, str(n % 3), "科主任审批", "设备采购", "严叙白", received)
