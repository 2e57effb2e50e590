"""Session cookies that do not open leave a line in the trail, and never a flood of lines. Through the front door."""

from __future__ import annotations

import tracemalloc

import pytest

from audit.trail import Action, AuditEvent, Outcome
from auth.jar import Jar
from auth.sealing import KeyRing, new_key, to_text
from auth.session import FRAME
from tests.auth.conftest import Clock
from tests.auth.test_logout import signed_in
from tests.auth.world import Browser, World

COOKIE = "__Host-pw-session"


def told(world: World) -> list[AuditEvent]:
    return [event for event in world.trail if event.reason == "cookie-damaged"]


async def asks(browser: Browser, value: str, peer: str = "10.9.8.7", name: str = COOKIE) -> int:
    """Somebody asks for a page of ours with this value in a cookie of ours."""
    return (await browser.get("/me", headers={"Cookie": f"{name}={value}", "X-Peer": peer})).status_code


async def value_of(world: World) -> str:
    return (await signed_in(world)).cookies[COOKIE]


def spoiled(value: str, place: int = 40) -> str:
    return value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]


@pytest.mark.parametrize("how", ["changed", "cut", "made up", "another key", "another cookie"])
async def test_it_leaves_a_line(world: World, how: str) -> None:
    """Whose it claims to be nobody knows; where it came from is told."""
    good, name = await value_of(world), COOKIE
    stranger = KeyRing.parse(new_key()).seal("session", "", b"[3]")
    values = {
        "changed": spoiled(good),
        "cut": good[:-4],
        "made up": "let-me-in",
        "another key": to_text(stranger),
        "another cookie": good,
    }
    name = FRAME if how == "another cookie" else COOKIE
    assert 303 == await asks(world.browser(), values[how], name=name)
    assert [
        AuditEvent(world.now(), Action.SIGN_IN, None, Outcome.REFUSED, "cookie-damaged", peer="10.9.8.7")
    ] == told(world)


async def test_a_card_that_asks_each_minute_leaves_a_line_in_ten(world: World, clock: Clock) -> None:
    """However often it asks, and however the cookie changes."""
    good, browser = await value_of(world), world.browser()
    for minute in range(21):
        await asks(browser, spoiled(good, 40 + minute))
        clock.move(minutes=1)
    assert 3 == len(told(world))


async def test_a_flood_from_everywhere_leaves_thirty_lines_a_minute(world: World, clock: Clock) -> None:
    """Who comes after that is told of in the next minute."""
    browser = world.browser()
    for minute in range(2):
        for number in range(50):
            await asks(browser, f"forged{number}", f"10.{minute}.0.{number}")
        clock.move(minutes=1)
    assert [30, 30] == [
        sum(event.peer.startswith(f"10.{minute}.") for event in told(world)) for minute in range(2)
    ]


async def test_all_addresses_of_one_ipv6_machine_leave_one_line(world: World) -> None:
    """It may choose among 2^64 of them, and takes nobody else's lines away; its neighbour's are another's."""
    for peer in (*(f"2001:db8:0:1::{number:x}" for number in range(40)), "2001:db8:0:2::1"):
        await asks(world.browser(), f"forged{peer}", peer)
    assert ["2001:db8:0:1::0", "2001:db8:0:2::1"] == [event.peer for event in told(world)]


async def test_cookies_that_are_merely_over_leave_none(world: World, clock: Clock, keys: KeyRing) -> None:
    """Idle, of an older release, empty: nobody tried anything."""
    good = await value_of(world)
    clock.move(minutes=15)
    older = to_text(keys.seal("session", "", b'[1,"id","slot",1,2,3,null,"u","10086","",[],[]]'))
    for value in (good, older, ""):
        assert 303 == await asks(world.browser(), value)
    assert [] == told(world)


def test_nothing_is_kept_of_cookies_that_somebody_made_up(keys: KeyRing) -> None:
    """What ours hold is kept for the next look; a megabyte of forged ones takes nobody's place."""
    heard: list[str] = []
    jar = Jar(keys, secure=False, damaged=heard.append)
    tracemalloc.start()
    try:
        for number in range(1000):
            assert jar.own(f"pw-session={to_text(bytes(750) + number.to_bytes(2))}") is None
        assert len(heard) == 1000
        heard.clear()
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
