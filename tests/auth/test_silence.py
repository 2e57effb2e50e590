"""Silent attempts: only at a centre that honours them, and never without end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from quart import Response
from redis.asyncio import Redis

from auth import pace
from auth.sealing import KeyRing, new_key
from tests.auth.conftest import Clock
from tests.auth.world import OURS, World

Make = Callable[..., World]
ATTEMPT = "/auth/login?silent=1&return=/widgets/todos%3Fsilent=0"
CARD = f"{OURS}/widgets/todos?silent=0"


@pytest.fixture
def make(redis: Redis, clock: Callable[[], datetime]) -> Make:
    return lambda **options: World(redis, KeyRing.parse(new_key()), clock, **options)


def shows_its_page(world: World) -> None:
    """The centre answers `prompt=none` with its sign-in page."""

    async def page() -> Response:
        return Response("<form>password</form>")

    world.centre_app.view_functions["_authorize"] = page


async def test_a_centre_that_honours_it_is_asked(make: Make) -> None:
    """The first frame tries it out, and then sets out."""
    world = make(silent="auto")
    answer = await world.browser().get(ATTEMPT)
    assert "prompt=none" in answer.headers["Location"]


async def test_a_centre_that_shows_its_page_all_the_same_gets_no_frame(make: Make) -> None:
    """The card comes at once, without a detour that would end in somebody else's page."""
    world = make(silent="auto")
    shows_its_page(world)
    assert CARD == (await world.browser().get(ATTEMPT)).headers["Location"]


async def test_the_centre_is_tried_once_a_minute(make: Make, clock: Clock) -> None:
    """However many frames load."""
    world = make(silent="auto")
    shows_its_page(world)
    for _ in range(3):
        await world.browser().get(ATTEMPT)
    assert 1 == world.centre.asked.count("/authorize")
    clock.move(seconds=61)
    await world.browser().get(ATTEMPT)
    assert 2 == world.centre.asked.count("/authorize")


@pytest.mark.parametrize("earlier", [False, True])
async def test_a_centre_that_is_down_brings_the_card(make: Make, clock: Clock, earlier: bool) -> None:
    """A frame is never left with an error, though the centre was there a minute ago."""
    world = make(silent="auto")
    if earlier:
        assert "prompt=none" in (await world.browser().get(ATTEMPT)).headers["Location"]
        clock.move(seconds=61)
    world.centre.down = True
    assert CARD == (await world.browser().get(ATTEMPT)).headers["Location"]


@pytest.mark.parametrize(("choice", "location"), [("always", "prompt=none"), ("never", CARD)])
async def test_an_operators_word_needs_no_try(make: Make, choice: str, location: str) -> None:
    """`always` and `never` never ask the centre about it."""
    world = make(silent=choice)
    answer = await world.browser().get(ATTEMPT)
    assert location in answer.headers["Location"]
    assert "/authorize" not in world.centre.asked


async def test_silent_attempts_of_one_card_come_to_an_end(make: Make, clock: Clock) -> None:
    """Whatever sends a browser in circles, it stays with the card for the rest of five minutes."""
    world = make()
    world.centre.who = None
    browser = world.browser()
    for _ in range(pace.SILENT):
        assert "prompt=none" in (await browser.get(ATTEMPT)).headers["Location"]
    assert CARD == (await browser.get(ATTEMPT)).headers["Location"]
    assert "prompt=none" in (await browser.get(ATTEMPT.replace("todos", "notices"))).headers["Location"]


async def test_pressed_attempts_come_to_an_end(make: Make) -> None:
    """A page with a number, instead of one more round."""
    browser = make().browser()
    for _ in range(pace.PRESSED):
        assert 303 == (await browser.get("/auth/login")).status_code
    answer = await browser.get("/auth/login")
    assert 400 == answer.status_code
    assert answer.text.startswith("too-many")


async def test_a_sign_in_that_works_clears_the_count(make: Make) -> None:
    """People who sign in a dozen times in five minutes are doing their work."""
    browser = make().browser()
    for _ in range(pace.PRESSED + 2):
        assert 303 == (await browser.sign_in()).status_code
