"""Hospitals whose portal and service stand on two sites."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from demo.places import Places, listening
from demo.portal import Addresses
from demo.world import World
from tests.browser.visitor import Clock
from widgets.app import build
from widgets.settings import load


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
