"""The portal's own nginx puts the page together: the service behind its name, the cards in its pages by SSI."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from demo.people import ZHOU
from demo.places import Places, listening, port
from demo.portal import Addresses
from demo.world import World
from tests.browser.visitor import Clock, Visitor, readable, shown, titles, waiting
from widgets.app import build
from widgets.settings import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
CONFIGURATION = """
daemon off; user root; pid {folder}/pid; error_log {folder}/errors; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type "text/html; charset=utf-8";
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{front};
    location /pages/ {{ root {folder}; ssi on; ssi_silent_errors on; }}
    location /pw/ {{ proxy_pass {widgets}/; proxy_set_header Accept-Encoding ""; }}
    location /gone/ {{ proxy_pass http://127.0.0.1:9; }}
    location / {{ proxy_pass {portal}; }}
  }}
}}
"""


class BehindNginx(Places):
    """Portal and service under the name and port of a web server."""

    front = 0

    def public(self) -> Addresses:
        at = super().public()
        front = f"http://portal.hospital.localhost:{self.front}"
        return Addresses(front, f"{front}/pw", at.identity, at.oa)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def behind_nginx(one_clock: Clock) -> AsyncIterator[World]:
    """The hospital, and nginx before its portal and its service."""
    nginx = shutil.which("nginx")
    assert nginx, "nginx is needed as `nginx` on the PATH: run `make nginx`"
    with listening(0) as place:
        BehindNginx.front = port(place)
    with BehindNginx(*(listening(0) for _ in range(4))) as places:
        async with World.start(places=places, service=False) as world:
            await world.servers.add(build(load(world.config), one_clock.now), places.widgets)
            (world.folder / "pages").mkdir()
            file, local = world.folder / "nginx.conf", world.local
            about = {"folder": world.folder, "front": places.front}
            file.write_text(CONFIGURATION.format(**about, widgets=local.widgets, portal=local.portal))
            process = await asyncio.create_subprocess_exec(
                nginx, "-c", str(file), "-p", str(world.folder), stderr=asyncio.subprocess.DEVNULL
            )
            yield world
            process.terminate()
            await process.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def person(behind_nginx: World, one_clock: Clock, chromium: Browser) -> AsyncIterator[Visitor]:
    one_clock.ahead *= 0
    behind_nginx.oa.reset()
    async with Visitor.at(behind_nginx, chromium) as someone:
        yield someone


async def pasted(person: Visitor, name: str) -> Path:
    """A page of the portal that holds what the builder writes."""
    builder = await person.open(f"{person.world.at.widgets}/studio/embed?way=ssi&limit=3")
    page = person.world.folder / "pages" / name
    code = await builder.locator("#code").text_content()
    page.write_text(
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>门户</title>{code}', "utf-8"
    )
    return page


async def test_server_side_includes_show_both_lists_at_once(person: Visitor) -> None:
    """Whoever is signed in has the list in the page itself: one origin, so nginx passes the session on."""
    await pasted(person, "own.html")
    await person.sign_in_at_the_service(ZHOU)
    page = await person.open("/pages/own.html")
    for name, rows in (
        ("todos", waiting(person.world, ZHOU, 3)),
        ("notices", readable(person.world, ZHOU, 3)),
    ):
        card = await shown(page.locator(f"portal-widget[name={name}] .pw[data-widget]"))
        assert rows == await titles(card)
    sent = await page.reload()
    assert sent
    assert waiting(person.world, ZHOU, 3)[0] in await sent.text()


async def test_server_side_includes_show_the_sign_in_button_to_whoever_is_signed_out(person: Visitor) -> None:
    """nginx passes the browser's Accept on, which must not send the include to the sign-in instead."""
    await pasted(person, "out.html")
    page = await person.open("/pages/out.html")
    for name in ("todos", "notices"):
        await expect(page.locator(f"portal-widget[name={name}] [data-state=signed-out]")).to_be_visible()


async def test_without_the_service_the_page_has_its_links(person: Visitor) -> None:
    """What nginx cannot fetch leaves the link that the builder wrote in its place."""
    page = await pasted(person, "away.html")
    page.write_text(page.read_text("utf-8").replace('virtual="/pw/', 'virtual="/gone/'), "utf-8")
    shown_page = await person.open("/pages/away.html")
    await expect(shown_page.get_by_role("link", name="打开待办")).to_be_visible()
