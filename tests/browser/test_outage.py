"""Bad days: the OA away, the service away, the network away, while somebody has the page open."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from demo.people import ZHOU
from tests.browser.visitor import Clock, Visitor, card, glance, shoot, shown, titles, waiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both = pytest.mark.parametrize("way", ["/", "/htmx2"])


@both
async def test_the_oa_goes_down_and_comes_back(visitor: Visitor, clock: Clock, way: str) -> None:
    """The list stays, a banner says how old it is and the live region says it once; later everything is fresh again."""
    page = await visitor.come_in(ZHOU, way)
    todos, expected = await shown(card(page)), waiting(visitor.world, ZHOU)
    visitor.world.oa.mode = "down"
    clock.minute()
    await glance(page)
    await shown(todos, "stale")
    assert expected == await titles(todos)
    await expect(todos.locator("[data-pw-banner]")).to_contain_text("OA 系统暂时连不上")
    await expect(todos.get_by_role("status")).to_contain_text("OA 系统暂时连不上")
    await shoot(page, f"stale{way.replace('/', '-')}")
    visitor.world.oa.mode = "ok"
    clock.minute()
    await glance(page)
    await shown(todos, "ok")
    await expect(todos.locator("[data-pw-banner]")).to_have_count(0)
    assert expected == await titles(todos)


async def test_an_oa_that_is_down_at_the_first_look_is_not_an_empty_list(
    visitor: Visitor, clock: Clock
) -> None:
    """Nothing remembered: the card says that it cannot show the list, offers the OA and a retry, and a retry works."""
    visitor.world.oa.mode = "down"
    page = await visitor.come_in(ZHOU)
    todos = await shown(card(page), "failed")
    assert [] == await titles(todos)
    direct = await todos.get_by_role("link", name="打开 OA").get_attribute("href")
    assert direct and direct.startswith(f"{visitor.world.at.oa}/")
    visitor.world.oa.mode = "ok"
    clock.forward(3)
    await todos.get_by_role("link", name="立即重试").click()
    await shown(todos)
    assert waiting(visitor.world, ZHOU) == await titles(todos)


@both
async def test_without_the_network_the_list_stays_and_says_so(visitor: Visitor, way: str) -> None:
    """Offline: the rows stay, a line says why; online again: the line goes by itself."""
    page = await visitor.come_in(ZHOU, way)
    todos, expected = await shown(card(page)), waiting(visitor.world, ZHOU)
    note = todos.locator("[data-pw-offline]")
    await visitor.context.set_offline(True)
    await expect(note).to_contain_text("网络已断开")
    assert expected == await titles(todos)
    await visitor.context.set_offline(False)
    await expect(note).to_be_hidden()
    assert expected == await titles(todos)
    # Whether the stream or a look was under way is chance; browsers complain of either.
    visitor.troubles[:] = [each for each in visitor.troubles if "ERR_INTERNET_DISCONNECTED" not in each]


async def test_the_portal_does_not_mind_that_the_service_is_away(visitor: Visitor) -> None:
    """With every address of the service refused the htmx page is there, with links where the cards would be."""
    await visitor.context.route(
        f"{visitor.world.at.widgets}/**", lambda route: route.abort("connectionrefused")
    )
    page = await visitor.open("/htmx2")
    await expect(page.get_by_role("link", name="打开待办")).to_be_visible()
    await expect(page.get_by_role("heading", name="今日值班")).to_be_visible()
    visitor.troubles.clear()
