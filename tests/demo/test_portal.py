"""The demo portal: every way of embedding on its own page, with the markup that it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest

from demo.grants import Client
from demo.identity import create_identity
from demo.people import PEOPLE, ZHOU
from demo.portal import Addresses, create_portal
from demo.tokens import Signer
from demo.ways import WAYS, Way
from tests.demo.conftest import asgi

AT = Addresses("http://portal.test", "http://widgets.test", "http://sso.test", "http://oa.test")
PORTAL = Client("portal", "secret", ("http://portal.test/callback",), ("http://portal.test/",), name="门户")


@pytest.fixture
async def browser(signer: Signer) -> AsyncIterator[httpx2.AsyncClient]:
    """One browser before portal and centre."""
    signer.switches.reset()
    centre = asgi(create_identity(PEOPLE, AT.identity, [PORTAL], signer=signer))
    portal = asgi(create_portal(AT, PORTAL, transport=centre))
    mounts = {AT.portal: portal, AT.identity: centre}
    async with httpx2.AsyncClient(mounts=mounts, base_url=AT.portal, follow_redirects=True) as client:
        yield client


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.path)
async def test_a_page_shows_the_very_markup_that_it_uses(browser: httpx2.AsyncClient, way: Way) -> None:
    page = (await browser.get(way.path)).text
    used, markup = page.split('<pre id="snippet"'), way.body_for(AT.widgets, "todos", scheme="light")
    assert (markup in used[0], markup in unescape(used[1])) == (True, True)


async def test_dark_is_passed_on_to_the_widgets(browser: httpx2.AsyncClient) -> None:
    assert "/widgets/todos?scheme=dark" in (await browser.get("/?scheme=dark")).text


async def test_the_pages_can_ask_for_another_look(browser: httpx2.AsyncClient) -> None:
    """Of the demo's own themes; any other name changes nothing."""
    pages = [(await browser.get(f"/?theme={name}")).text for name in ("hean", "hospital-large", "x%22y")]
    assert [True, True, False] == ["/widgets/todos?scheme=light&amp;theme=" in page for page in pages]


@pytest.mark.parametrize("major", [2, 4])
async def test_the_portal_serves_htmx_itself(browser: httpx2.AsyncClient, major: int) -> None:
    script = await browser.get(f"/htmx/{major}.js")
    assert (script.status_code, "htmx" in script.text) == (200, True)


async def test_there_is_no_other_htmx(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/htmx/3.js")).status_code == 404


async def sign_in(browser: httpx2.AsyncClient, page: str = "/htmx2") -> httpx2.Response:
    asked = await browser.get("/sign-in", params={"next": page})
    choice = f"{AT.identity}/sign-in?{urlsplit(str(asked.url)).query}"
    return await browser.post(choice, data={"person": ZHOU.subject})


async def test_signing_in_comes_back_to_the_same_page_with_the_name(browser: httpx2.AsyncClient) -> None:
    page = await sign_in(browser)
    assert (page.url.path, "周若岚" in page.text) == ("/htmx2", True)


async def test_signing_in_never_leads_outside(browser: httpx2.AsyncClient) -> None:
    assert (await sign_in(browser, "//evil.test/")).url.path == "/"


async def test_signing_out_ends_the_visit_at_the_centre_too(browser: httpx2.AsyncClient) -> None:
    await sign_in(browser)
    left = await browser.get("/sign-out")
    centre = await browser.get(f"{AT.identity}/")
    assert (left.url.path, "您已登录" in centre.text) == ("/", False)


async def test_a_callback_that_nobody_asked_for_signs_nobody_in(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/callback", params={"code": "x", "state": "y", "iss": AT.identity})
    assert "退出</a>" not in page.text
