"""Whoever asks too much pays for themselves alone: nobody else notices, and neither trail nor centre is drowned."""

from __future__ import annotations

import pytest
from httpx2 import Response
from redis.asyncio import Redis

from auth.flood import REFUSAL, Flood, Rate
from auth.sealing import KeyRing
from tests.auth.conftest import Clock
from tests.auth.tokens import AT, ISSUER, RSA, Token
from tests.auth.world import OURS, World

AT_ONCE = 20
ATTACKER = {"X-Peer": "10.66.6.6"}
FORGED = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.AAAA"


@pytest.fixture
def world(redis: Redis, keys: KeyRing, clock: Clock) -> World:
    """Twenty attempts at once from one address, one a second after that; thirty at once from all together."""
    return World(redis, keys, clock, flood=Flood(clock, Rate(1, AT_ONCE), Rate(1, 30)))


async def knock(world: World, query: str = "", count: int = AT_ONCE) -> list[Response]:
    """An attacker sets out again and again, each time as a new browser."""
    return [await world.browser().get(f"/auth/login{query}", headers=ATTACKER) for _ in range(count)]


async def forge(world: World, count: int, **headers: str) -> list[int]:
    """Sign-outs that nobody signed."""
    browser = world.browser()
    return [
        (
            await browser.post(f"/auth/backchannel-logout?n={n}", **(headers or {"X_Peer": "10.66.6.6"}))
        ).status_code
        for n in range(count)
    ]


async def test_an_address_that_sets_out_without_end_is_held_back(world: World) -> None:
    """429 and when to come back, before anything is kept; everybody else signs in as ever."""
    assert {303} == {answer.status_code for answer in await knock(world)}
    kept = await world.redis.dbsize()
    answer = (await knock(world, count=1))[0]
    assert (429, "too-fast ", "10") == (answer.status_code, answer.text, answer.headers["Retry-After"])
    assert kept == await world.redis.dbsize()
    assert (await world.browser().sign_in()).status_code == 303


async def test_all_addresses_of_one_ipv6_machine_are_one(world: World) -> None:
    """It may choose among 2^64 of them; its neighbour's are another's."""

    async def begins(peer: str) -> int:
        return (await world.browser().get("/auth/login", headers={"X-Peer": peer})).status_code

    answers = [await begins(f"2001:db8:0:1::{number:x}") for number in range(AT_ONCE + 1)]
    assert [303] * AT_ONCE + [429] == answers
    assert 303 == await begins("2001:db8:0:2::1")


async def test_a_frame_that_is_held_back_shows_its_card(world: World) -> None:
    """A silent attempt goes back where it came from."""
    await knock(world)
    answer = (await knock(world, "?silent=1&return=/widgets/todos", 1))[0]
    assert f"{OURS}/widgets/todos" == answer.headers["Location"]


async def test_all_addresses_together_have_their_measure(world: World) -> None:
    """What the centre can be asked is bounded, however many machines ask."""
    await knock(world)
    others = [
        (await world.browser().get("/auth/login", headers={"X-Peer": f"10.66.7.{n}"})).status_code
        for n in range(12)
    ]
    assert [303] * 10 + [429] * 2 == others


async def test_it_passes(world: World, clock: Clock) -> None:
    """A second later one more may begin."""
    await knock(world)
    clock.move(seconds=1)
    assert [303, 429] == [answer.status_code for answer in await knock(world, count=2)]


async def test_a_clock_that_is_set_back_locks_nobody_out(world: World, clock: Clock) -> None:
    """An hour back: nothing is given away, and afterwards it goes on from there."""
    await knock(world)
    clock.move(hours=-1)
    assert [429] == [answer.status_code for answer in await knock(world, count=1)]
    assert (await world.browser().sign_in()).status_code == 303


async def test_forged_sign_outs_drown_neither_the_trail_nor_the_centre(world: World, clock: Clock) -> None:
    """So many are looked at and written down; the rest is turned away, and the centre's own word is heard."""
    browser = world.browser()
    await browser.sign_in()
    world.trail.clear()
    world.centre.asked.clear()
    looked_at = AT_ONCE // REFUSAL
    assert [400] * looked_at + [429] * 96 == await forge(world, looked_at + 96)
    assert ["token-malformed"] * looked_at == world.reasons()
    assert [] == world.centre.asked
    told = {"logout_token": honest(), "other": ""}
    assert 200 == (await world.browser().send("/auth/backchannel-logout", told)).status_code
    assert 303 == (await browser.get("/me")).status_code


def honest() -> str:
    """The centre's word that session `s-1` is over."""
    event: dict[str, object] = {"http://schemas.openid.net/event/backchannel-logout": {}}
    said = {"iss": ISSUER, "aud": "portal-widgets", "iat": AT, "exp": AT + 120, "jti": "j", "sid": "s-1"}
    return Token("logout", payload={**said, "events": event}, header={"typ": "logout+jwt"}, key=RSA).text()


async def test_forged_callbacks_are_turned_away_before_redis_is_asked(world: World) -> None:
    """A callback without a state of ours costs five attempts; then nothing of that address is looked at."""
    answers = [
        (await world.browser().get("/auth/callback?state=x&code=y", headers=ATTACKER)).status_code
        for _ in range(6)
    ]
    assert [400] * 4 + [429] * 2 == answers


async def test_whoever_wants_to_leave_may_always_do_so(world: World) -> None:
    """A page that floods us from this very machine keeps nobody signed in."""
    browser = world.browser()
    await browser.sign_in()
    await forge(world, 10, X_Peer="10.9.8.7")
    assert 303 == (await browser.post("/auth/logout", Origin=OURS)).status_code
    assert 303 == (await browser.get("/me")).status_code


def test_addresses_that_stay_away_are_forgotten(clock: Clock) -> None:
    """Ten thousand are kept: a flood of addresses takes no memory without end."""
    flood = Flood(clock, Rate(1, 10), Rate(1, 1e9))
    for _ in range(2):
        flood.refused("10.0.0.1")
    assert flood.holds_back("10.0.0.1")
    for number in range(10_000):
        flood.refused(f"host-{number}")
    assert not flood.holds_back("10.0.0.1")
