"""What must never be shown: to other sites, to the next person, or as anything but text."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from playwright.async_api import Browser, Frame, Page, expect

from demo.people import HAN, SHEN, ZHOU, Person
from demo.world import World
from tests.browser.annex import Annex, opened
from tests.browser.door import Door
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
    titles,
    waiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
FRAME = '<div id="slot-todos"><iframe src="{widgets}/widgets/todos" width="640" height="480"></iframe></div>'
FETCH = """async address => {
  const told = await fetch(address, {credentials: 'include'}).then(answer => answer.text(), () => 'refused');
  return told;
}"""
HOSTILE = (
    "<img src=x onerror=\"window.owned = 'image'\">",
    "<script>window.owned = 'script'</script>",
    "</template></portal-widget><svg onload=\"window.owned = 'svg'\">",
    '"onmouseover="window.owned=\'attribute\'" x="',
    "<a href=\"javascript:window.owned='link'\">点此</a>",
    "&lt;b&gt;不是粗体&lt;/b&gt; {{ 7*7 }} ${7*7}",
)


async def test_a_configured_portal_may_frame_the_card(visitor: Visitor, annex: Annex) -> None:
    """The same page as in the test below, but on an origin that the service knows: it shows the list."""
    page = await visitor.come_in(ZHOU, annex.write("framing", FRAME.format(widgets=visitor.world.at.widgets)))
    frame = page.locator("iframe").content_frame.locator(".pw[data-widget]")
    assert waiting(visitor.world, ZHOU) == await titles(await shown(frame))


@pytest.mark.parametrize("host", ["evil.localhost", "evil.hospital.localhost"])
async def test_any_other_page_can_neither_frame_nor_read_the_card(visitor: Visitor, host: str) -> None:
    """From another site, and even from the same site with the cookies sent, nothing of it is to be had."""
    evil, widgets = await opened(visitor.world, host), visitor.world.at.widgets
    page = await visitor.come_in(ZHOU, evil.write("trap", FRAME.format(widgets=widgets)))
    await page.frames[1].wait_for_url("chrome-error://chromewebdata/")
    await expect(page.locator("iframe").content_frame.locator(".pw")).to_have_count(0)
    for address in (f"{widgets}/widgets/todos?as=fragment", f"{widgets}/widgets/todos/count?as=fragment"):
        assert "refused" == await page.evaluate(FETCH, address)
    assert any("frame-ancestors" in each for each in visitor.troubles)
    visitor.troubles.clear()


def hostile_row(number: int, text: str) -> dict[str, str]:
    """A row of the OA with the text wherever a person may type."""
    typed = dict.fromkeys(("requestName", "currentNodeName", "creatorName"), text)
    return {"requestId": f"66{number}", "requestLevel": "2", "receiveTime": "2026-11-20 08:00:00", **typed}


async def owned(frames: Iterable[Frame]) -> list[object]:
    return [found for frame in frames if (found := await frame.evaluate("window.owned"))]


async def assert_typed(page: Page, texts: Iterable[str]) -> None:
    """Each text stands in the card as it was typed, and none of it became markup."""
    todos = card(page)
    drawn = set(await titles(todos))
    assert set(texts) <= drawn
    words = await todos.locator(".pw-text").all_inner_texts()
    assert all(any(text in each for each in words) for text in texts)
    assert 0 == await todos.locator("img, script, b, .pw-list svg, [onmouseover], [onload]").count()
    assert 0 == await todos.locator("a[href^='javascript:']").count()
    assert [] == await owned(page.frames)


@pytest.mark.parametrize("way", ["/", "/htmx2", "/htmx4", "/element"])
async def test_what_people_typed_in_the_oa_stays_text(visitor: Visitor, clock: Clock, way: str) -> None:
    """Markup in titles, steps and names is shown as typed, at the first look and after a refresh; no script runs."""
    visitor.world.oa.odd_rows = [hostile_row(n, text) for n, text in enumerate(HOSTILE[:3])]
    page = await visitor.come_in(HAN, way)
    await shown(card(page))
    await assert_typed(page, HOSTILE[:3])
    visitor.world.oa.odd_rows = [hostile_row(n, text) for n, text in enumerate(HOSTILE[3:], 3)]
    clock.minute()
    await glance(page)
    await expect(row(card(page), waiting(visitor.world, HAN)[0])).to_be_visible()
    await expect(card(page).locator(".pw-text", has_text="不是粗体")).to_be_visible()
    await assert_typed(page, HOSTILE[3:])


def told(door: Door, since: int, person: Person, world: World) -> list[str]:
    """This person's own titles that the service sent to anybody since then."""
    bodies = b"".join(door.sent[since:]).decode()
    return [task.title for task in world.oa.waiting(person) if task.title in bodies]


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_the_next_person_at_this_machine_sees_their_own_list_only(
    visitor: Visitor, door: Door, way: str
) -> None:
    """Signed out at the portal, another person signs in: nothing of the first is sent or shown again."""
    page, world = await visitor.sign_in(ZHOU, way), visitor.world
    assert waiting(world, ZHOU) == await titles(await shown(card(page)))
    assert told(door, 0, ZHOU, world)
    await page.goto(f"{world.at.portal}/sign-out")
    await page.wait_for_url(f"{world.at.portal}/*")
    since = len(door.sent)
    page = await visitor.sign_in(HAN, way)
    assert waiting(world, HAN) == await titles(await shown(card(page)))
    assert [] == told(door, since, ZHOU, world)
    assert told(door, since, HAN, world)


async def leave(visitor: Visitor) -> None:
    """Signs out of the service, on the card's own page in another tab."""
    page = await visitor.open(f"{visitor.world.at.widgets}/widgets/todos")
    await (await shown(card(page))).get_by_role("button", name="退出登录").click()
    await page.wait_for_url(f"{visitor.world.at.widgets}/auth/logout*")
    await page.close()


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_signing_out_empties_the_cards_in_every_tab(visitor: Visitor, way: str) -> None:
    """One press in another tab, and the list is gone from this one when the person is back, without a reload."""
    page = await visitor.sign_in(ZHOU, way)
    todos = await shown(card(page))
    await look_away(page)
    await leave(visitor)
    await look_back(page)
    await shown(todos, "signed-out")
    await shown(card(page, "notices"), "signed-out")
    assert [] == await titles(todos)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_a_tab_left_open_becomes_the_next_persons(visitor: Visitor, way: str) -> None:
    """Hidden while one person left and another came, the old tab shows nothing of the first when it is looked at,
    not even held back under the pointer."""
    page, world = await visitor.sign_in(ZHOU, way), visitor.world
    todos = await shown(card(page))
    await todos.locator(".pw-item").first.hover()
    await look_away(page)
    await leave(visitor)
    other = await visitor.sign_in(HAN)
    await shown(card(other))
    await look_back(page)
    await expect(row(todos, waiting(world, HAN)[0])).to_be_visible()
    assert waiting(world, HAN) == await titles(todos)


async def test_the_next_persons_links_are_their_own_though_the_list_is_the_same(visitor: Visitor) -> None:
    """ZHOU and HAN may read the same notices; in a tab that changed hands they open for HAN."""
    page = await visitor.sign_in(ZHOU)
    notices = await shown(card(page, "notices"))
    await look_away(page)
    await leave(visitor)
    other = await visitor.sign_in(HAN)
    fresh = await shown(card(other, "notices"))
    await look_back(page)
    assert await titles(fresh) == await titles(notices)
    theirs = await fresh.locator("a.pw-link").first.get_attribute("href")
    await expect(notices.locator("a.pw-link").first).to_have_attribute("href", theirs or "")


async def test_two_people_in_two_browsers_never_see_each_others_list(
    hospital: World, visitor: Visitor, chromium: Browser, wallet: Wallet
) -> None:
    """Both at the same time, each their own."""
    one = await visitor.come_in(ZHOU)
    async with Visitor.at(hospital, chromium, wallet) as second:
        other = await second.come_in(SHEN)
        assert waiting(hospital, SHEN) == await titles(await shown(card(other)))
        assert waiting(hospital, ZHOU) == await titles(await shown(card(one)))
