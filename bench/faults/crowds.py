"""Many people who look, so many at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import httpx2

from bench.faults.report import Tally
from demo.people import Person
from demo.rig import Rig

T = TypeVar("T")


async def abreast(each: Iterable[T], work: Callable[[T], Awaitable[None]], most: int) -> None:
    """`work` for each of them, never more than `most` at a time."""
    todo = iter(each)

    async def worker() -> None:
        for one in todo:
            await work(one)

    await asyncio.gather(*(worker() for _ in range(most)))


async def look(
    rig: Rig, tally: Tally, person: Person, query: str, at: int, name: str = "todos"
) -> httpx2.Response:
    """One look, noted."""
    began = time.perf_counter()
    answer = await rig.look(person, query, at=at, name=name)
    tally.note(answer, time.perf_counter() - began)
    return answer
