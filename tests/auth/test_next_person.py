"""Shared computers: whoever sits down next gets nothing of whoever was there, in no jar of the browser."""

from __future__ import annotations

import pytest

from audit.trail import Outcome
from auth.session import Session
from tests.auth.conftest import Clock
from tests.auth.test_handover import FRAMED, Card
from tests.auth.test_logout import sees, signed_in
from tests.auth.world import OURS, Browser, World

SILENT = "?silent=1&return=/widgets/todos%3Fsilent=0"
FRAME = "__Host-pw-frame"


def session_of(browser: Browser, world: World) -> Session:
    found = world.sessions.recognise("; ".join(f"{name}={value}" for name, value in browser.cookies.items()))
    assert found is not None
    return found


async def asks_again(browser: Browser, world: World) -> bool:
    """Whether a page that is loaded now would ask the centre through the browser."""
    return (await world.sessions.check(session_of(browser, world))).ask_again


@pytest.mark.parametrize("refreshes", [False, True])
async def test_a_page_that_is_loaded_asks_who_is_there(world: World, clock: Clock, refreshes: bool) -> None:
    """A minute after the centre last said so in this browser: a refresh token says nothing about who sits here."""
    world.centre.refreshes = refreshes
    browser = world.browser()
    await browser.sign_in(SILENT)
    clock.move(seconds=59)
    assert not await asks_again(browser, world)
    clock.move(seconds=1)
    assert await asks_again(browser, world)


async def test_where_the_centre_answered_on_a_page_of_its_own_nobody_asks_behind_it(
    world: World, clock: Clock
) -> None:
    """It may see none of its cookies in a frame there: the refresh token has to do."""
    world.centre.refreshes = True
    browser = await signed_in(world)
    clock.move(minutes=9)
    assert not await asks_again(browser, world)


async def test_the_same_person_keeps_the_session(world: World, clock: Clock) -> None:
    """One session however many frames ask, its end where it was, and no line in the trail for each page load."""
    browser = world.browser()
    await browser.sign_in(SILENT)
    before = session_of(browser, world)
    clock.move(minutes=5)
    ways = [await browser.leave(SILENT) for _ in range(2)]
    for way in ways:
        await browser.get(way)
    after = session_of(browser, world)
    assert (before.id, before.expires_at) == (after.id, after.expires_at)
    assert (after.checked_at, after.seen_at) == (clock(), clock())
    assert [Outcome.OK] == [event.outcome for event in world.trail]


async def test_other_rights_begin_another_session(world: World, clock: Clock) -> None:
    """Somebody who became an auditor meanwhile is rotated as at every change of rights."""
    browser = world.browser()
    await browser.sign_in(SILENT)
    before = session_of(browser, world)
    world.centre.userinfo = {"roles": ["auditor", "designer"]}
    clock.move(minutes=5)
    await browser.sign_in(SILENT)
    after = session_of(browser, world)
    assert before.id != after.id and "designer" in after.who.roles
    assert (await world.sessions.check(before)).session is None


async def test_another_session_of_the_centre_begins_another_session(world: World, clock: Clock) -> None:
    """Its sign-outs name that one."""
    browser = world.browser()
    await browser.sign_in(SILENT)
    before = session_of(browser, world)
    world.centre.lies = {"sid": "s-2"}
    clock.move(minutes=5)
    await browser.sign_in(SILENT)
    assert (before.id, "s-2") != (session_of(browser, world).id, before.provider_sid)
    assert "s-2" == session_of(browser, world).provider_sid


async def test_an_ended_session_is_not_brought_back_by_asking(world: World, clock: Clock) -> None:
    """Signed out elsewhere while the frame was at the centre: what begins is a session of its own."""
    browser = world.browser()
    await browser.sign_in(SILENT)
    before = session_of(browser, world)
    back = await browser.leave(SILENT)
    await world.redis.set(before.tombstone, b"1")
    await browser.get(back)
    assert before.id != session_of(browser, world).id
    assert await sees(browser)


async def test_somebody_else_takes_over_at_once(world: World, clock: Clock) -> None:
    """The centre vouches for another person: the first one's session is over on every instance, and that is told."""
    browser = world.browser()
    await browser.sign_in(SILENT)
    before = session_of(browser, world)
    world.centre.who = "10010"
    clock.move(minutes=1)
    await browser.sign_in(SILENT)
    assert "10010" == session_of(browser, world).who.account
    assert (await world.sessions.check(before)).session is None
    assert ["", "another-person", ""] == world.reasons()
    assert "10086" == world.trail[1].actor


async def test_a_window_for_somebody_else_ends_who_was_signed_in_in_its_jar(world: World) -> None:
    """The card is on another site's page, its tab beside it on ours: the next person's window empties that tab."""
    tab = await signed_in(world)
    world.centre.who = "10010"
    card = Card.drawn(world)
    away = await tab.get(f"/auth/popup?t={card.ticket}")
    back = await tab.get(away.headers["Location"])
    assert 200 == (await tab.get(back.headers["Location"])).status_code
    assert not await sees(tab)


async def test_a_window_for_the_same_person_leaves_their_tab_alone(world: World, clock: Clock) -> None:
    """Nobody is signed out by opening another card."""
    tab = await signed_in(world)
    clock.move(minutes=5)
    card = Card.drawn(world)
    away = await tab.get(f"/auth/popup?t={card.ticket}")
    back = await tab.get(away.headers["Location"])
    await tab.get(back.headers["Location"])
    assert await sees(tab)


async def test_a_card_that_changes_hands_ends_what_its_jar_held(world: World) -> None:
    """A copy of the first person's cookie is worth nothing after the second has signed in."""
    card = Card.drawn(world)
    first = await card.redeem(code=(await card.window())[2])
    theirs = first.headers.get_list("Set-Cookie")[0].partition(";")[0]
    held = world.sessions.recognise(theirs)
    world.centre.who = "10010"
    again = Card.drawn(world, FRAMED)
    code = (await again.window())[2]
    assert 204 == (await again.redeem(code=code, Cookie=f"{again.cookie}; {theirs}")).status_code
    assert held is not None and (await world.sessions.check(held)).session is None


async def test_pressing_sign_out_ends_what_began_at_the_same_session_of_the_centre(world: World) -> None:
    """The tab beside the card, too, though this centre never says a word; another browser's session goes on."""
    card, tab = await signed_in(world), await signed_in(world)
    world.centre.lies = {"sid": "s-of-another-browser"}
    other = await signed_in(world)
    await card.post("/auth/logout", Origin=OURS)
    assert [False, False, True] == [await sees(each) for each in (card, tab, other)]
    assert ["", "beside"] == world.reasons()[-2:]
