"""Two instances of the service on one Valkey, each with a way to it that can be cut: as behind a gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
from quart import Quart

from demo.loopback import Loopback
from demo.oa_push import signed
from demo.people import Person
from demo.places import Places, listening, port
from demo.serving import Servers
from demo.world import World
from tests.auth.relay import Relay
from tests.staff import Staff
from tests.widgets.live.ear import PATIENCE
from widgets.app import build
from widgets.settings import load

HEARD: Final = "portal_widgets_wakeups_connected"
JSON: Final = {"Accept": "application/json"}


@dataclass
class Clock:
    """The service's, on both instances."""

    ahead: timedelta = timedelta(0)
    stopped: datetime | None = None

    def now(self) -> datetime:
        return (self.stopped or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        """From now on only tests move it."""
        self.stopped = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Pair:
    """One world, and the two addresses under which its service is reached; cookies see no ports."""

    world: World
    here: str
    there: str
    ways: tuple[Relay, Relay]
    """To Valkey, of each instance."""
    clock: Clock
    http: httpx2.AsyncClient
    """Whoever is no browser: the OA, and the operator."""

    @classmethod
    @asynccontextmanager
    async def start(cls) -> AsyncIterator[Pair]:
        with Places.take(None) as places, listening(0) as second:
            at, clock = places.public(), Clock()
            addresses = at.widgets, f"http://widgets.hospital.localhost:{port(second)}"
            async with (
                World.start(places=places, service=False, pushes=True) as world,
                Relay(world.valkey.port) as one,
                Relay(world.valkey.port) as other,
                httpx2.AsyncClient(transport=Loopback(), trust_env=False) as http,
            ):
                for place, way in ((places.widgets, one), (second, other)):
                    await world.servers.add(instance(world, way, clock), place)
                yield cls(world, *addresses, (one, other), clock, http)
                await world.servers.close()

    @asynccontextmanager
    async def without_redis(self, number: int) -> AsyncIterator[None]:
        """That instance reaches no Valkey inside the block, and knows it."""
        await self.ways[number].cut()
        await self.until(HEARD, 0, (self.here, self.there)[number])
        try:
            yield
        finally:
            await self.ways[number].mend()

    @asynccontextmanager
    async def beside(self, environ: Mapping[str, str]) -> AsyncIterator[str]:
        """The address of a third instance, with something else in its environment; gone after the block."""
        servers = Servers()
        with listening(0) as place:
            address = f"http://127.0.0.1:{port(place)}"
            await servers.add(build(load(self.world.config, environ), self.clock.now), place)
        yield address
        await servers.close()

    async def push(self, *people: Person, at: str | None = None) -> httpx2.Response:
        """The OA says that the lists of these people changed."""
        return await self.send({"employees": [each.account for each in people]}, at=at)

    async def send(self, told: Any, *, at: str | None = None, **options: Any) -> httpx2.Response:
        """Whatever an OA may send; `options` are of `signed`."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        return await self.post(body, signed(body, **options), at=at)

    async def post(
        self,
        body: bytes,
        headers: Mapping[str, str | bytes],
        *,
        at: str | None = None,
        source: str = "main-oa",
    ) -> httpx2.Response:
        return await self.http.post(f"{at or self.here}/push/{source}", content=body, headers=headers)

    async def card(self, staff: Staff, at: str, **query: str) -> httpx2.Response:
        """A look that a card makes by itself: nobody pressed anything."""
        return await staff.get(f"{at}/widgets/todos", params=query, headers=JSON)

    async def figure(self, name: str, at: str | None = None) -> float:
        """One number of `/metrics`."""
        text = (await self.http.get(f"{at or self.here}/metrics")).text
        return next((float(line.split()[-1]) for line in text.splitlines() if line.split()[:1] == [name]), 0)

    async def until(self, name: str, value: float, at: str | None = None) -> None:
        """Waits for that number."""
        found: float = -1
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await self.figure(name, at)) != value:  # noqa: ASYNC110 (numbers announce nothing)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{name} is {found}, not {value}") from None


def instance(world: World, way: Relay, clock: Clock) -> Quart:
    """One more of the same configuration, whose way to Valkey leads through there."""
    redis = {"PORTAL_WIDGETS__REDIS__URL": f"redis://127.0.0.1:{way.port}/0"}
    return build(load(world.config, redis), clock.now)
