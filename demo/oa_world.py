"""The state of the demo OA, and the switches for its bad days, which tests and the control page turn."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, cycle
from typing import Final, Literal, get_args

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa

from demo.fault_proxy import NONE, FaultProxy
from demo.oa_gate import Gate
from demo.oa_seed import URGENT, Document, Task, documents, tasks
from demo.people import Person

Mode = Literal["ok", "slow", "down", "garbage", "someone-else"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
Changed = Callable[[Sequence[Person]], Awaitable[None]]
"""Told whose to-dos changed; must not raise."""


@dataclass(frozen=True, slots=True)
class Canned:
    """A fixed answer for one path, for tests: whatever the interface would have said."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the interface saw."""

    path: str
    cookie: str | None
    token: str | None
    at: float = field(default_factory=time.monotonic)
    """Seconds, of no particular beginning."""


class World:
    """Everything in the OA. `mode` is for the interface only: its browser pages always work."""

    def __init__(
        self,
        people: tuple[Person, ...],
        now: Callable[[], datetime],
        key: rsa.RSAPrivateKey | None = None,
        changed: Changed | None = None,
        campus: str = "main",
    ) -> None:
        self.people, self.now, self.changed, self.campus = people, now, changed, campus
        self.gate = Gate(people, now, key)
        self._numbers, self._urgent = count(190_000), cycle(URGENT)
        self.calls: list[Call] = []
        self.asks_back: str | None = None
        """Where the service answers what this product asks back: the address before `/ticket`."""
        self.way_back: httpx2.AsyncBaseTransport | None = None
        """Replaces the network on that way, for tests."""
        self.wire: FaultProxy | None = None
        """On which the service reaches it, and what is wrong with that."""
        self.reset()

    def reset(self) -> None:
        """The first morning again; keys and sessions stay."""
        self.mode: Mode = "ok"
        if self.wire:
            self.wire.turn(NONE)
        self.delay = 3.0
        """Seconds that every answer takes in mode `slow`."""
        self.canned: dict[str, Canned] = {}
        self.odd_rows: list[object] = []
        """Raw rows put in front of every to-do list."""
        self.demands_channel = False
        """Whether to-dos are told to a person's own token only (Seeyon's 三方互信)."""
        self._tasks = tasks(self.now(), self.campus)
        self.documents = documents(self.now())

    def waiting(self, person: Person) -> list[Task]:
        """What waits for this person."""
        return self._tasks.setdefault(person.oa_id or "", [])

    def task(self, person: Person, id: str) -> Task | None:
        return next((task for task in self.waiting(person) if task.id == id), None)

    def readable(self, person: Person) -> list[Document]:
        """The documents that this person may read."""
        return [d for d in self.documents if d.readers is None or person.oa_id in d.readers]

    async def decide(self, person: Person, id: str) -> Task | None:
        """Approved or sent back: either way it waits for this person no longer."""
        task = self.task(person, id)
        if task:
            self.waiting(person).remove(task)
            await self._tell(person)
        return task

    async def add_urgent(self, person: Person) -> Task:
        """A new 特急 matter for this person."""
        task = Task(
            str(next(self._numbers)), next(self._urgent), "2", "紧急处置", "应急处置", "总值班", self.now()
        )
        self.waiting(person).append(task)
        await self._tell(person)
        return task

    async def start_again(self) -> None:
        """`reset`, and everybody is told."""
        self.reset()
        await self._tell(*self.people)

    async def _tell(self, *people: Person) -> None:
        if self.changed:
            await self.changed(people)
