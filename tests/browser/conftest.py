"""Chromium, and a demo hospital of its own for the browser tests, whose service reads a clock that tests may turn."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from demo.places import Places
from demo.world import World
from tests.browser.annex import Annex, opened
from tests.browser.door import Door
from tests.browser.visitor import Clock, Visitor, Wallet, forget_lists
from widgets.app import build
from widgets.settings import load

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that runs as root in a container, and speaks to nobody but us."""
# Milliseconds until what never comes fails a test: a busy machine is no failure.
expect.set_options(timeout=20_000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, started once."""
    found = shutil.which("chromium")
    assert found, "the browser tests need Chromium as `chromium` on the PATH: run `make browser`"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def one_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def places() -> Iterator[Places]:
    with Places.take(None) as taken:
        yield taken


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def before_opening(places: Places) -> AsyncIterator[World]:
    """Everything but the service."""
    async with World.start(places=places, service=False) as world:
        yield world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def annex(before_opening: World) -> Annex:
    """A second configured portal, whose pages the tests write."""
    return await opened(before_opening, "annex.hospital.localhost")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def door(before_opening: World, places: Places, annex: Annex, one_clock: Clock) -> Door:
    """The service, open, and who is in it."""
    portals = ", ".join(f'{{ origin = "{origin}" }}' for origin in (before_opening.at.portal, annex.origin))
    settings = load(before_opening.config, {"PORTAL_WIDGETS__SERVICE__PORTALS": f"[{portals}]"})
    app = build(settings, one_clock.now)
    counted = Door(app.asgi_app)
    app.asgi_app = counted  # type: ignore[method-assign]
    await before_opening.servers.add(app, places.widgets)
    return counted


@pytest.fixture(scope="session")
def running_hospital(before_opening: World, door: Door) -> World:
    return before_opening


@pytest_asyncio.fixture(loop_scope="session")
async def clock(one_clock: Clock, door: Door, before_opening: World) -> Clock:
    """The service's clock, right at the start of every test, with nothing of the last test under way."""
    before_opening.oa.mode = "ok"
    await door.quiet()
    one_clock.ahead *= 0
    return one_clock


@pytest.fixture
def hospital(clock: Clock, hospital: World) -> World:
    """Every party honest, the clock right, no list remembered."""
    hospital.switches.reset()
    hospital.oa.reset()
    forget_lists(hospital)
    return hospital


@pytest.fixture(scope="session")
def wallet() -> Wallet:
    """Who has signed in once need not do it again in every test."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(hospital: World, chromium: Browser, wallet: Wallet) -> AsyncIterator[Visitor]:
    """A person at a browser. Whatever the console complains about fails the test."""
    async with Visitor.at(hospital, chromium, wallet) as someone:
        yield someone
