"""A browser without a screen that keeps cookies as browsers do: what is `Lax` stays at home when another site posts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from http.cookiejar import Cookie
from urllib.parse import urlsplit

import httpx2

from demo.loopback import Loopback
from tests.staff import BROWSER


class Browser:
    """One browser. `visited` are the addresses it has been to, in order, without their queries."""

    def __init__(self, client: httpx2.AsyncClient, ours: str) -> None:
        self.client, self.ours = client, ours
        self.visited: list[str] = []

    @classmethod
    @asynccontextmanager
    async def before(cls, ports: Mapping[str, int], ours: str) -> AsyncIterator[Browser]:
        """`ports`: of the hosts that it can reach, each behind TLS."""
        transport = Loopback(ports)
        async with httpx2.AsyncClient(transport=transport, headers=BROWSER, trust_env=False) as client:
            yield cls(client, ours)

    async def go(self, url: str) -> httpx2.Response:
        """Follows redirects, and sends forms that send themselves, as far as a page that stays."""
        answer = await self._get(url)
        for _ in range(10):
            if answer.is_redirect:
                answer = await self._get(str(answer.url.join(answer.headers["Location"])))
            elif "<form" in answer.text and answer.url.host != urlsplit(self.ours).hostname:
                answer = await self._post_across(answer)
            else:
                return answer
        raise AssertionError("a loop")

    async def sign_in(self) -> httpx2.Response:
        """From our own address to the page on which it ends."""
        return await self.go(f"{self.ours}/auth/login")

    async def sign_out(self) -> httpx2.Response:
        """Presses our button; frames of the provider's page are loaded before its link is followed."""
        left = await self.client.post(f"{self.ours}/auth/logout", headers={"Origin": self.ours})
        page = await self.go(str(left.url.join(left.headers["Location"])))
        if page.url.host == urlsplit(self.ours).hostname:
            return page
        return await self.go(unescape(re.findall(r'href="([^"]*)"', page.text)[0]))

    async def is_signed_in(self) -> bool:
        """What the card says."""
        answer = await self.client.get(f"{self.ours}/widgets/todos", headers={"HX-Request": "true"})
        return answer.headers["Widget-State"] != "signed-out"

    async def frame(self, url: str) -> httpx2.Response:
        """A frame inside a page of another site: no cookie of ours goes along."""
        kept = list(self.client.cookies.jar)
        self.client.cookies.clear()
        answer = await self.client.get(url, headers={"Sec-Fetch-Dest": "iframe"})
        for cookie in kept:
            self.client.cookies.jar.set_cookie(cookie)
        return answer

    async def _get(self, url: str) -> httpx2.Response:
        self.visited.append(url.partition("?")[0])
        return await self.client.get(url)

    async def _post_across(self, page: httpx2.Response) -> httpx2.Response:
        """Sends the page's form to another site, with the cookies that are `SameSite=None` and no other."""
        fields = re.findall(r'name="([^"]*)" value="([^"]*)"', page.text)
        target = unescape(re.findall(r'action="([^"]*)"', page.text)[0])
        self.visited.append(target)
        kept = [cookie for cookie in self.client.cookies.jar if _stays_at_home(cookie)]
        for cookie in kept:
            self.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
        origin = f"{page.url.scheme}://{page.url.host}"
        form = {unescape(name): unescape(value) for name, value in fields}
        answer = await self.client.post(target, data=form, headers={"Origin": origin})
        held = {(cookie.domain, cookie.path, cookie.name) for cookie in self.client.cookies.jar}
        for cookie in kept:
            if (cookie.domain, cookie.path, cookie.name) not in held:
                self.client.cookies.jar.set_cookie(cookie)
        return answer


def _stays_at_home(cookie: Cookie) -> bool:
    return str(cookie.get_nonstandard_attr("SameSite", "Lax")).lower() != "none"
