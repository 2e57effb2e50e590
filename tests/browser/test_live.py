"""Cards that change by themselves: the OA says that a list changed, or somebody signs out, and nobody looked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Response, expect

from demo.oa_push import Pusher
from demo.people import HAN, ZHOU
from demo.world import World
from tests.browser.visitor import (
    Clock,
    Visitor,
    Wallet,
    card,
    glance,
    look_away,
    look_back,
    row,
    shown,
    streams,
    titles,
    waiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both = pytest.mark.parametrize("way", ["/", "/htmx2"])
WITHOUT_LOCKS: Final = "delete Navigator.prototype.locks;"


@pytest.fixture
def pushing(hospital: World, clock: Clock) -> World:
    """The OA says when something changes, for this test, and has the service's clock."""
    hospital.oa.changed = Pusher(f"{hospital.local.widgets}/push/main-oa", lambda: clock.now().timestamp())
    return hospital


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def silent_again(hospital: World) -> AsyncIterator[None]:
    await streams(hospital, 0)
    yield
    hospital.oa.changed = None


@both
async def test_an_item_that_arrives_in_the_oa_is_there(visitor: Visitor, pushing: World, way: str) -> None:
    """Nobody looked, no time passed: the new row stands first, and the live region says so."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    await streams(pushing, 1)
    new = await pushing.oa.add_urgent(HAN)
    await expect(row(todos, new.title)).to_be_visible()
    assert waiting(pushing, HAN) == await titles(todos)
    await expect(todos.get_by_role("status")).to_contain_text(new.title)


@both
async def test_an_item_that_is_approved_in_the_oa_is_gone(visitor: Visitor, pushing: World, way: str) -> None:
    """The person opens it from the card, presses 同意 in the OA's own page, and the card behind has changed."""
    page = await visitor.come_in(ZHOU, way)
    todos = await shown(card(page))
    await streams(pushing, 1)
    done = waiting(pushing, ZHOU)[0]
    async with visitor.context.expect_page() as opened:
        await row(todos, done).locator("a").first.click()
    oa = await opened.value
    await turn_to(oa, page)
    await oa.locator("button[value='approve']").click()
    await expect(row(todos, done)).to_have_count(0)
    assert waiting(pushing, ZHOU) == await titles(todos)


async def turn_to(other: Page, page: Page) -> None:
    """The pointer and the focus leave the page, under which nothing would move; headless Chromium does neither."""
    await page.mouse.move(1, 1)
    for frame in page.frames:
        await frame.evaluate("dispatchEvent(new Event('blur'))")
    await other.bring_to_front()


async def test_both_cards_of_a_page_and_every_tab_share_one_stream(visitor: Visitor, pushing: World) -> None:
    """Two frames and two tabs, one stream; each card hears, and when the holder is closed another takes over."""
    first = await visitor.come_in(HAN)
    await shown(card(first, "notices"))
    second = await visitor.open()
    lists = [await shown(card(page)) for page in (first, second)]
    await streams(pushing, 1)
    new = await pushing.oa.add_urgent(HAN)
    for todos in lists:
        await expect(row(todos, new.title)).to_be_visible()
    await first.close()
    await streams(pushing, 1)
    later = await pushing.oa.add_urgent(HAN)
    await expect(row(lists[1], later.title)).to_be_visible()
    await streams(pushing, 1)


async def test_without_web_locks_the_frames_of_a_page_share_one_stream(
    visitor: Visitor, pushing: World
) -> None:
    """As by plain http, and in old browsers: HTTP/1.1 has six connections for all of them."""
    await visitor.context.add_init_script(WITHOUT_LOCKS)
    page = await visitor.come_in(HAN)
    todos, notices = await shown(card(page)), await shown(card(page, "notices"))
    await streams(pushing, 1)
    new = await pushing.oa.add_urgent(HAN)
    await expect(row(todos, new.title)).to_be_visible()
    await expect(notices).to_have_attribute("data-state", "ok")
    await streams(pushing, 1)


async def test_a_page_that_nobody_sees_holds_no_stream(visitor: Visitor, pushing: World) -> None:
    """It looks when it is seen again, and listens from then on."""
    page = await visitor.come_in(HAN)
    todos = await shown(card(page))
    await streams(pushing, 1)
    await look_away(page)
    await streams(pushing, 0)
    new = await pushing.oa.add_urgent(HAN)
    await look_back(page)
    await expect(row(todos, new.title)).to_be_visible()
    await streams(pushing, 1)


def listening(answer: Response) -> bool:
    return answer.url.endswith("/widgets/events")


async def ticking(visitor: Visitor) -> Page:
    await visitor.context.clock.install()
    return await visitor.come_in(HAN)


async def refuse(context: BrowserContext, world: World) -> None:
    """A gateway that lets no stream through."""
    await context.route(f"{world.at.widgets}/widgets/events", lambda route: route.abort())


async def test_where_no_stream_comes_through_the_card_looks_every_minute(
    visitor: Visitor, pushing: World, clock: Clock
) -> None:
    """Polling goes on beside the stream and without it."""
    await refuse(visitor.context, pushing)
    page = await ticking(visitor)
    todos = await shown(card(page))
    new = await pushing.oa.add_urgent(HAN)
    clock.minute()
    await visitor.context.clock.fast_forward(70_000)
    await expect(row(todos, new.title)).to_be_visible()
    await streams(pushing, 0)
    visitor.troubles.clear()


@both
async def test_a_sign_out_elsewhere_empties_the_open_cards(
    visitor: Visitor, pushing: World, way: str
) -> None:
    """At the centre, in another tab: the portal's page was not touched, and shows nobody's list any more."""
    page = await visitor.sign_in(HAN, way)
    todos = await shown(card(page))
    await streams(pushing, 1)
    centre = await visitor.open(f"{pushing.at.identity}/sign-out")
    await centre.get_by_role("button", name="退出登录").click()
    await shown(todos, "signed-out")
    await shown(card(page, "notices"), "signed-out")
    assert [] == await titles(todos)
    await streams(pushing, 0)


async def test_whoever_signs_in_again_is_heard_again(visitor: Visitor, pushing: World) -> None:
    """In the same page, which was never left or hidden: the stream is there again, and it is this person's."""
    page = await visitor.sign_in(HAN)
    todos = await shown(card(page))
    centre = await visitor.open(f"{pushing.at.identity}/sign-out")
    await centre.get_by_role("button", name="退出登录").click()
    await shown(todos, "signed-out")
    async with visitor.context.expect_page() as opened:
        await todos.locator("[data-pw-sign-in]").click()
    await (await opened.value).locator(f"button[value='{ZHOU.subject}']").click()
    await shown(todos)
    await streams(pushing, 1)
    await turn_to(page, page)
    new = await pushing.oa.add_urgent(ZHOU)
    await expect(row(todos, new.title)).to_be_visible()


async def test_whoever_works_on_is_heard_beyond_the_idle_time_of_an_open_stream(
    visitor: Visitor, pushing: World, clock: Clock
) -> None:
    """A stream knows only the session that it began with; the person pressed something since, and stays."""
    page = await visitor.sign_in(HAN, "/htmx2")
    todos = await shown(card(page))
    pushing.switches.down = True  # it would answer by a clock that nobody turned
    clock.forward(15 * 60 - 8)
    async with page.expect_response(listening):
        await glance(page)
    async with page.expect_response(listening, timeout=20_000):
        await todos.locator("[data-pw-refresh]").click()
    await shown(todos)
    await turn_to(page, page)
    new = await pushing.oa.add_urgent(HAN)
    await expect(row(todos, new.title)).to_be_visible()


async def test_nobody_hears_of_another_persons_list(
    visitor: Visitor, pushing: World, chromium: Browser, wallet: Wallet
) -> None:
    """ZHOU's item wakes ZHOU's browser alone; HAN's makes no request."""
    page = await visitor.come_in(HAN)
    await shown(card(page))
    async with Visitor.at(pushing, chromium, wallet) as zhou:
        todos = await shown(card(await zhou.come_in(ZHOU)))
        await streams(pushing, 2)
        looked = len(visitor.looks())
        new = await pushing.oa.add_urgent(ZHOU)
        await expect(row(todos, new.title)).to_be_visible()
        assert looked == len(visitor.looks())
