"""Quiet refreshes: what is new appears by itself, and nothing moves under somebody's pointer or focus."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from demo.oa_seed import Task
from demo.people import HAN, ZHOU
from tests.browser.visitor import (
    Clock,
    Visitor,
    card,
    glance,
    look_away,
    look_back,
    row,
    shoot,
    shown,
    titles,
    waiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both = pytest.mark.parametrize("way", ["/", "/htmx2"])
POLL = 70_000
"""Milliseconds after which a card has certainly polled: 60 s, and 15 % of chance."""


async def arrival(visitor: Visitor, clock: Clock) -> Task:
    """A 特急 matter for HAN in the OA, a minute after the card was last looked at."""
    clock.minute()
    return await visitor.world.oa.add_urgent(HAN)


async def ticking(visitor: Visitor, way: str = "/") -> Page:
    """HAN before the portal, in a browser whose clock tests can put forward."""
    await visitor.context.clock.install()
    return await visitor.come_in(HAN, way)


async def places(found: Locator) -> list[float]:
    """How far down each row stands."""
    tops: list[float] = await found.locator(".pw-item").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().top)"
    )
    return tops


@both
async def test_a_new_urgent_item_appears_by_itself_and_is_said_aloud(
    visitor: Visitor, clock: Clock, way: str
) -> None:
    """At the next look it stands first, the count is right, and the live region names it; the page is the same."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    await todos.evaluate("section => { section.here = true; }")
    new = await arrival(visitor, clock)
    await glance(page)
    await expect(row(todos, new.title)).to_be_visible()
    assert waiting(visitor.world, HAN) == await titles(todos)
    await expect(todos.locator(".pw-count")).to_contain_text("5")
    await expect(todos.get_by_role("status")).to_contain_text(new.title)
    assert await todos.evaluate("section => section.here")


@both
async def test_nothing_moves_under_the_pointer(visitor: Visitor, clock: Clock, way: str) -> None:
    """With the pointer on a row the list stays and a button offers what is new; pressing it shows it."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    before = await titles(todos)
    await todos.locator(".pw-item").nth(1).hover()
    new = await arrival(visitor, clock)
    await glance(page)
    pill = todos.get_by_role("button", name="有 1 条新内容，点此显示")
    await expect(pill).to_be_visible()
    assert before == await titles(todos)
    await shoot(page, f"held{way.replace('/', '-')}")
    await pill.click()
    await expect(row(todos, new.title)).to_be_visible()
    await expect(todos.locator("[data-pw-show]")).to_be_hidden()
    assert waiting(visitor.world, HAN) == await titles(todos)


@both
async def test_nothing_moves_under_the_focus(visitor: Visitor, clock: Clock, way: str) -> None:
    """With the focus on a row the list stays and a button offers what is new, until the focus has left."""
    page = await ticking(visitor, way)
    todos = await shown(card(page))
    before, link = await titles(todos), todos.locator(".pw-link").nth(1)
    await link.focus()
    new = await arrival(visitor, clock)
    await poll(page)
    await expect(todos.get_by_role("button", name="有 1 条新内容，点此显示")).to_be_visible()
    assert before == await titles(todos)
    await expect(link).to_be_focused()
    await link.evaluate("link => link.blur()")
    await visitor.context.clock.fast_forward(3_000)
    await expect(row(todos, new.title)).to_be_visible()


async def poll(page: Page) -> None:
    """The cards ask as they do every minute."""
    for frame in page.frames:
        await frame.evaluate("window.portalWidgets && window.portalWidgets.wake()")


@both
async def test_the_pill_takes_the_place_of_nothing(visitor: Visitor, clock: Clock, way: str) -> None:
    """The offer itself does not push the row away that somebody points at."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    await todos.locator(".pw-item").nth(1).hover()
    before = await places(todos)
    await arrival(visitor, clock)
    await poll(page)
    await expect(todos.locator("[data-pw-show]")).to_be_visible()
    assert before == await places(todos)


@both
async def test_the_focus_stays_on_its_link_when_the_list_changes_around_it(
    visitor: Visitor, clock: Clock, way: str
) -> None:
    """Other words in the same rows are shown at once, and the focused link is the very same element."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    link = todos.locator(".pw-link").nth(1)
    await link.focus()
    await link.evaluate("link => { link.mine = true; }")
    visitor.world.oa.waiting(HAN)[0].title = "改过的标题"
    clock.minute()
    await poll(page)
    await page.wait_for_timeout(1000)
    await poll(page)  # an OA that took longer than a look waits has answered by now
    await expect(row(todos, "改过的标题")).to_be_visible()
    await expect(link).to_be_focused()
    assert await link.evaluate("link => link.mine")


@both
async def test_what_the_person_left_the_focus_on_holds_nothing_up(
    visitor: Visitor, clock: Clock, way: str
) -> None:
    """Somebody who went to another tab with the focus on a row finds the new list when coming back."""
    page = await visitor.come_in(HAN, way)
    todos = await shown(card(page))
    await todos.locator(".pw-link").first.focus()
    await look_away(page)
    new = await arrival(visitor, clock)
    await look_back(page)
    await expect(row(todos, new.title)).to_be_visible()


async def test_the_focus_that_went_to_the_portal_holds_nothing_up(visitor: Visitor, clock: Clock) -> None:
    """A frame remembers its last link as active; when the person types elsewhere on the portal, the list goes on."""
    page = await visitor.come_in(HAN)
    todos = await shown(card(page))
    await todos.locator(".pw-link").first.focus()
    await page.get_by_role("searchbox").click()
    new = await arrival(visitor, clock)
    await poll(page)
    await expect(row(todos, new.title)).to_be_visible()


async def test_the_refresh_button_asks_and_says_that_it_did(visitor: Visitor, clock: Clock) -> None:
    """One press shows what is new after two seconds already, keeps the focus, and says how many there are."""
    page = await visitor.come_in(HAN)
    todos = await shown(card(page))
    new = await visitor.world.oa.add_urgent(HAN)
    clock.forward(3)
    await todos.locator("[data-pw-refresh]").click()
    await expect(row(todos, new.title)).to_be_visible()
    await expect(todos.get_by_role("status")).to_contain_text("5")
    await expect(todos.locator("[data-pw-refresh]")).to_be_focused()


async def test_an_unchanged_list_is_not_sent_again(visitor: Visitor, clock: Clock) -> None:
    """A look that finds nothing new is answered 204, for both cards, and both stay as they are."""
    page = await visitor.come_in(HAN)
    todos, notices = await shown(card(page)), await shown(card(page, "notices"))
    before = await titles(todos), await titles(notices)
    clock.minute()
    async with (
        page.expect_response("**/widgets/todos*&v=*") as one,
        page.expect_response("**/notices*&v=*") as other,
    ):
        await glance(page)
    assert (204, 204) == ((await one.value).status, (await other.value).status)
    assert before == (await titles(todos), await titles(notices))


async def test_a_card_polls_every_minute(visitor: Visitor, clock: Clock) -> None:
    """Nobody touches anything, a minute goes by, and the new item is there."""
    page = await ticking(visitor)
    todos = await shown(card(page))
    new = await arrival(visitor, clock)
    await visitor.context.clock.fast_forward(POLL)
    await expect(row(todos, new.title)).to_be_visible()


async def test_a_hidden_tab_asks_nothing(visitor: Visitor) -> None:
    """Minutes in the background cost no request; the tab asks when somebody looks at it again."""
    page = await ticking(visitor)
    await shown(card(page))
    await shown(card(page, "notices"))
    await look_away(page)
    before = len(visitor.looks())
    for _ in range(3):
        await visitor.context.clock.fast_forward(POLL)
    await page.evaluate("fetch('/static/logo.svg').then(answer => answer.status)")
    assert before == len(visitor.looks())
    async with page.expect_response(lambda answer: "as=fragment" in answer.url):
        await look_back(page)


async def test_a_paused_card_asks_nothing_and_says_so(visitor: Visitor, clock: Clock) -> None:
    """Paused: no request whatever happens, and the foot says it; resumed: asks at once."""
    page = await ticking(visitor)
    todos = await shown(card(page))
    await todos.get_by_role("button", name="暂停自动刷新").click()
    await expect(todos.locator("[data-pw-updated]")).to_contain_text("已暂停")
    asked: list[str] = []  # begun from here on; what was asked before the pause may still come back
    page.on("request", lambda request: asked.append(request.url))
    await arrival(visitor, clock)
    await visitor.context.clock.fast_forward(POLL)
    async with page.expect_response(lambda answer: "/widgets/notices" in answer.url):
        await glance(page)
    assert [] == [url for url in asked if "/widgets/todos" in url]
    await todos.get_by_role("button", name="继续自动刷新").click()
    await expect(todos.locator("[data-pw-updated]")).not_to_contain_text("已暂停")
    await expect(todos.get_by_role("button", name="有 1 条新内容，点此显示")).to_be_visible()


async def test_a_pause_outlives_the_page(visitor: Visitor) -> None:
    """Loaded again, the card is still paused."""
    page = await visitor.come_in(ZHOU)
    await (await shown(card(page))).get_by_role("button", name="暂停自动刷新").click()
    await page.reload()
    await expect((await shown(card(page))).locator("[data-pw-updated]")).to_contain_text("已暂停")
