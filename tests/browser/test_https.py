"""The ways in on https, where cookies bear `__Host-` and `Secure`: what plain http under `.localhost` cannot show."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from demo.people import HAN
from demo.world import World
from tests.browser.tls import https_hospital
from tests.browser.visitor import Clock, Visitor, card, shown, titles, waiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
WAYS = ("/", "/htmx2")


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=["query", "form_post"])
async def secure(request: pytest.FixtureRequest, one_clock: Clock) -> AsyncIterator[tuple[World, str]]:
    """Portal, service and centre on one site; the centre answers in the address, or by a form that is posted."""
    async with https_hospital(one_clock, response_mode=request.param) as world:
        yield world, request.param


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def far(one_clock: Clock) -> AsyncIterator[World]:
    """The service on a site of its own."""
    async with https_hospital(one_clock, far=True) as world:
        yield world


async def press(page: Page, person: str) -> None:
    """The card's button, and a choice at the centre in the tab or window that opens."""
    todos = await shown(card(page), "signed-out")
    async with page.context.expect_page() as opened:
        await todos.locator("[data-pw-sign-in]").click()
    await (await opened.value).locator(f"button[value='{person}']").click()


async def jar(visitor: Visitor) -> dict[str, tuple[bool, str]]:
    """Our session cookies by name: whether Secure, and their SameSite."""
    cookies = [dict(each) for each in await visitor.context.cookies()]
    held = {str(each["name"]): (bool(each["secure"]), str(each["sameSite"])) for each in cookies}
    return {
        name: form
        for name, form in held.items()
        if name in ("__Host-pw-session", "__Host-pw-frame", "pw-session")
    }


@pytest.mark.parametrize("way", WAYS)
async def test_the_button_and_then_nothing(secure: tuple[World, str], chromium: Browser, way: str) -> None:
    """One press, one choice, both cards follow; a jar without our session is filled silently at the next load."""
    world, mode = secure
    async with Visitor.at(world, chromium, ignore_https_errors=True) as visitor:
        page = await visitor.open(way)
        await press(page, HAN.subject)
        assert waiting(world, HAN) == await titles(await shown(card(page)))
        assert {"__Host-pw-session": (True, "Lax")} == await jar(visitor)
        await visitor.context.clear_cookies(name="__Host-pw-session")
        await page.reload()
        assert waiting(world, HAN) == await titles(await shown(card(page)))
        assert {"__Host-pw-session": (True, "Lax")} == await jar(visitor)
        back = [answer.request.method for answer in visitor.answers if "/auth/callback" in answer.url]
        assert (mode == "form_post") == ("POST" in back)


@pytest.mark.parametrize("way", WAYS)
async def test_the_window(far: World, chromium: Browser, way: str) -> None:
    """From another site: the window hands over, and the session lives in the portal's own jar."""
    async with Visitor.at(far, chromium, ignore_https_errors=True) as visitor:
        page = await visitor.open(way)
        await press(page, HAN.subject)
        assert waiting(far, HAN) == await titles(await shown(card(page)))
        assert {"__Host-pw-frame": (True, "None")} == await jar(visitor)
