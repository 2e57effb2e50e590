"""The real provider and two instances of the service on one Valkey: a sign-out at the one is felt at both."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx2
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from demo.installed import Issuer
from demo.people import ZHOU
from demo.places import Places, listening, port
from demo.world import World, service_client
from tests.op.provider import real_provider
from tests.staff import Staff
from widgets.app import build
from widgets.settings import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
WITHIN: Final = 5.0
"""Seconds in which a sign-out has to arrive everywhere (contract §8): a bound for waiting, no measurement."""
WIDGETS: Final = ("todos", "notices")
OVERDUE: Final = timedelta(seconds=61)
"""After that the centre is asked again, at the shortest recheck that can be configured."""


@dataclass
class Clock:
    """The service's, on both instances."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True, slots=True)
class Hospital:
    """One world, and the two addresses under which the instances of its service are reached."""

    world: World
    issuer: str
    instances: tuple[str, str]
    clock: Clock

    async def states(self, staff: Staff) -> set[str]:
        """What both widgets say on both instances."""
        asked = [f"{each}/widgets/{name}" for each in self.instances for name in WIDGETS]
        answers = await asyncio.gather(*(staff.get(each, headers={"HX-Request": "true"}) for each in asked))
        return {answer.headers["Widget-State"] for answer in answers}

    async def everywhere(self, staff: Staff, state: str) -> set[str]:
        """Every state that was seen last: the one that is waited for alone, or what was still there in the end."""
        seen: set[str] = set()
        try:
            async with asyncio.timeout(WITHIN):
                while seen != {state}:
                    seen = await self.states(staff)
        except TimeoutError:
            pass
        return seen


@pytest_asyncio.fixture(loop_scope="session")
async def hospital() -> AsyncIterator[Hospital]:
    """Two instances with the same configuration, as behind a gateway; cookies do not see which port they are at."""
    with listening(0) as found:
        number = port(found)
    issuer = Issuer(f"http://sso.hospital.localhost:{number}", f"http://127.0.0.1:{number}")
    with Places.take(None) as places, listening(0) as second:
        at = places.public()
        async with (
            real_provider(issuer.public, number, [service_client(at)]),
            World.start(places=places, issuer=issuer, service=False) as world,
        ):
            there = f"http://widgets.hospital.localhost:{port(second)}"
            clock, settings = Clock(), load(world.config, {"PORTAL_WIDGETS__IDENTITY__RECHECK": "1"})
            for place in (places.widgets, second):
                await world.servers.add(build(settings, clock.now), place)
            yield Hospital(world, issuer.public, (at.widgets, there), clock)


async def sign_out_at(issuer: str, staff: Staff) -> httpx2.Response:
    """The person opens the provider's own sign-out page, whose script sends its form."""
    page = await staff.get(f"{issuer}/session/end")
    form = {"xsrf": re.findall(r'name="xsrf" value="(\w+)"', page.text)[0], "logout": "yes"}
    return await staff.client.post(f"{issuer}/session/end/confirm", data=form, headers={"Origin": issuer})


async def test_a_sign_out_at_the_centre_empties_both_widgets_on_two_instances(hospital: Hospital) -> None:
    """Nobody touched the service: the centre's message reaches one instance, and every card of both is empty."""
    async with Staff.at(hospital.world) as staff:
        await staff.sign_in(ZHOU)
        assert {"ok"} == await hospital.everywhere(staff, "ok")
        await sign_out_at(hospital.issuer, staff)
        assert {"signed-out"} == await hospital.everywhere(staff, "signed-out")


async def test_another_persons_sign_out_is_not_mine(hospital: Hospital) -> None:
    """The message names one session of the centre; a second browser with its own stays signed in."""
    async with Staff.at(hospital.world) as leaving, Staff.at(hospital.world) as staying:
        for staff in (leaving, staying):
            await staff.sign_in(ZHOU)
        await sign_out_at(hospital.issuer, leaving)
        await hospital.everywhere(leaving, "signed-out")
        assert "signed-out" not in await hospital.states(staying)


async def test_one_refresh_token_is_used_once_by_two_instances(hospital: Hospital) -> None:
    """Four cards ask at one moment, three times over: a token used twice would end the grant, and the session."""
    async with (
        Staff.at(hospital.world) as staff,
        Redis.from_url(hospital.world.valkey.connection_url) as redis,
    ):
        await staff.sign_in(ZHOU)
        for _ in range(3):
            before = await kept_tokens(redis)
            hospital.clock.ahead += OVERDUE
            async with asyncio.timeout(WITHIN):
                while await kept_tokens(redis) == before:
                    await hospital.states(staff)
        assert {"ok"} == await hospital.states(staff)


async def kept_tokens(redis: Redis) -> list[bytes]:
    """What the service keeps of the provider's tokens, sealed: it changes when there are new ones."""
    return [await redis.get(name) async for name in redis.scan_iter("pw:*:tokens:*")]
