"""What the steps of a mapping got, and how long it stays true. Asked for once at a time, kept in this process only."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from auth.principal import Principal
from widgets.oa import OABadAnswer, OABarred, OADenied, OAForeign
from widgets.oa.gathering import account
from widgets.oa.reading import identifier
from widgets.oa.rest_answers import Told
from widgets.oa.rest_mapping import One, Step, Taken
from widgets.oa.rest_paths import opened, word
from widgets.oa.rest_templates import Find

MOST: Final = 10_000
"""Answers kept; the one not asked for longest goes first."""
_LONGEST: Final = 4096
"""Characters of one value."""
Values: TypeAlias = Mapping[str, str]


@dataclass(slots=True)
class _Known:
    values: Values
    until: datetime
    used: datetime


class Steps:
    """The values of every step, per person where the step depends on the person."""

    def __init__(
        self,
        steps: Mapping[str, Step],
        personal: frozenset[str],
        run: Callable[[str, Principal | None], Awaitable[tuple[Told, Find]]],
        now: Callable[[], datetime],
    ) -> None:
        """`run` makes the request of a step; `personal` names those that may differ from person to person."""
        self._steps, self._personal, self._run, self._now = steps, personal, run, now
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._flights: dict[tuple[str, str], asyncio.Task[Values]] = {}

    async def get(self, name: str, who: Principal | None) -> Values:
        """What the step keeps. Raises OAError."""
        key = self._key(name, who)
        known, now = self._known.get(key), self._now()
        if known and now < known.until and not self._is_idle(name, known, now):
            known.used = now
            self._known.move_to_end(key)
            return known.values
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fetch(key, who))
            flight.add_done_callback(partial(self._landed, key))
        return await asyncio.shield(flight)

    def forget(self, name: str, who: Principal | None, values: Values) -> None:
        """Ask anew next time, if these are still what is kept."""
        key = self._key(name, who)
        known = self._known.get(key)
        if known and known.values == values:
            del self._known[key]

    def _key(self, name: str, who: Principal | None) -> tuple[str, str]:
        if name not in self._personal:
            return name, ""
        if who is None:
            raise OADenied(f"the step {name} needs a person")
        # Both: two people of one 工号 must not share what was taken for one `sub`.
        return name, f"{account(who)} {who.subject}"

    def _is_idle(self, name: str, known: _Known, now: datetime) -> bool:
        idle = self._steps[name].idle
        return idle is not None and now - known.used >= timedelta(seconds=idle)

    async def _fetch(self, key: tuple[str, str], who: Principal | None) -> Values:
        step = self._steps[key[0]]
        try:
            told, find = await self._run(key[0], who if key[1] else None)
        except OADenied as error:
            raise error if key[1] else OABarred(str(error)) from error
        place = _the_one(key[0], step.one, told.value, find) if step.one else told.value
        values = {
            name: _taken(f"{key[0]}.{name}", taken, told, place, find) for name, taken in step.take.items()
        }
        life = _life(step, told)
        if life > 0:
            now = self._now()
            self._known[key] = _Known(values, now + timedelta(seconds=life), now)
            self._known.move_to_end(key)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        return values

    def _landed(self, key: tuple[str, str], flight: asyncio.Task[Values]) -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # taken, so that a failure nobody waited for any more is no noise


def _the_one(step: str, one: One, value: object, find: Find) -> object:
    """The row of a look-up that is the person's."""
    rows = opened(one.among.find(value))
    if isinstance(rows, dict):  # people by their numbers
        rows = [{"key": key, "value": each} for key, each in rows.items()]
    if not isinstance(rows, list):
        raise OABadAnswer(f"{step}: {one.among} is no list")
    wanted = one.equals.write(find)
    exact = [row for row in rows if wanted is not None and word(one.at.find(row)) == wanted]
    if rows and not exact:
        raise OAForeign(step, len(rows))
    if len(exact) != 1:
        raise OADenied(f"{step}: {'several' if exact else 'none'} where {one.at} is {one.equals.text}")
    return exact[0]


def _taken(where: str, taken: Taken, told: Told, place: object, find: Find) -> str:
    value = told.answer.headers.get(taken.header.lower()) if taken.header else word(taken.at.find(place))
    if not value or len(value) > _LONGEST or not value.isprintable():
        raise OABadAnswer(f"{where}: nothing fit to keep at {taken.header or taken.at}")
    if taken.matches and not taken.matches.fullmatch(value):
        raise OABadAnswer(f"{where}: what came does not look as it must")
    if taken.equals and taken.equals.write(find) != value:
        raise OAForeign(where, 1)
    return value


def _life(step: Step, told: Told) -> float:
    stated = identifier(step.life_at.find(told.value)) if step.life_at else None
    if stated is None or not stated.isdecimal():
        return step.life
    return min(step.life, int(stated) * 0.9)
