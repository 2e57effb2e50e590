"""Hospitals whose portal and service stand on two sites, or under one name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from quart import Quart

from demo.places import Places, listening, port
from demo.portal import Addresses, create_portal
from demo.world import World, portal_client
from tests.browser.visitor import Clock
from widgets.app import build
from widgets.settings import load

PREFIX = "/pw"


class FarPlaces(Places):
    """The service on a vendor's site; portal and centre are of the hospital's."""

    def public(self) -> Addresses:
        at = super().public()
        return replace(at, widgets=at.widgets.replace("hospital", "vendor"))


@asynccontextmanager
async def far_hospital(clock: Clock, **settings: str) -> AsyncIterator[World]:
    """One of them, running. `settings` are keys of `[identity]`."""
    environ = {f"PORTAL_WIDGETS__IDENTITY__{name.upper()}": value for name, value in settings.items()}
    with FarPlaces(*(listening(0) for _ in range(4))) as places:
        async with World.start(places=places, service=False) as world:
            await world.servers.add(build(load(world.config, environ), clock.now), places.widgets)
            yield world


class OneName(Places):
    """Portal and service under one origin; the centre and the OA where they always are."""

    def public(self) -> Addresses:
        at = super().public()
        front = f"http://portal.hospital.localhost:{port(self.widgets)}"
        return Addresses(front, front + PREFIX, at.identity, at.oa)


class Proxy:
    """A portal's web server as an ASGI app: `/pw/…` goes to the service without the prefix, all else to the portal."""

    def __init__(self, portal: Quart, service: Quart) -> None:
        self._portal, self._service = portal.asgi_app, service.asgi_app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if not path.startswith(PREFIX + "/"):
            await self._portal(scope, receive, send)
            return
        raw = scope["raw_path"].removeprefix(PREFIX.encode())
        await self._service({**scope, "path": path.removeprefix(PREFIX), "raw_path": raw}, receive, send)


@asynccontextmanager
async def one_name_hospital(clock: Clock) -> AsyncIterator[World]:
    """One whose portal mounts the service below its own origin."""
    with OneName(*(listening(0) for _ in range(4))) as places:
        async with World.start(places=places, service=False) as world:
            service = build(load(world.config), clock.now)
            portal = create_portal(world.at, portal_client(world.at))
            service.asgi_app = Proxy(portal, service)  # type: ignore[method-assign]
            await world.servers.add(service, places.widgets)
            yield world
