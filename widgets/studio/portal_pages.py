"""Fetching a portal's page for the embed doctor: of the configured portals alone, no redirects, little, and soon.

Whoever may open the studio makes this service fetch an address; so it fetches none but those that are configured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin, urlsplit

from widgets.links import origin
from widgets.oa import OAError
from widgets.oa.outbound import Answer, ask, client
from widgets.studio.host_html import Element, HostPage, read, saved_from

DEADLINE: Final = 0.6
"""Seconds for the page, and half of it for its style sheets: somebody waits before a page of the studio."""
CAP: Final = 2 * 1024 * 1024
MOST_SHEETS: Final = 6


class Unread(Exception):
    """The page was not read; the text is the code of the sentence that says why: `unread-<code>`."""

    def __init__(self, code: str, **told: str) -> None:
        super().__init__(code)
        self.code, self.told = code, told


class PortalPages:
    """Reads pages of these origins. `deadline` in seconds."""

    def __init__(self, origins: Collection[str], deadline: float = DEADLINE) -> None:
        self._origins, self._deadline = frozenset(origins), deadline
        self._http = client([_reached(each) for each in origins], deadline=deadline, cap=CAP, places=4)

    async def read(self, address: str) -> HostPage:
        """The page, with the style sheets that came in time. Raises Unread."""
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._fetch(address)
                page = await asyncio.to_thread(read, _text(answer))
        except TimeoutError:
            raise Unread("slow") from None
        page = replace(page, address=address, headers=answer.headers)
        return await self._with_sheets(page)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _fetch(self, address: str) -> Answer:
        try:
            if origin(address) not in self._origins:
                raise Unread("foreign", portals=", ".join(sorted(self._origins)))
        except ValueError:
            raise Unread("no-address") from None
        try:
            answer = await self._get(address)
        except OAError as error:
            raise Unread("away", reason=str(error)[:200]) from None
        if 300 <= answer.status < 400:
            raise Unread("redirected")
        if answer.status >= 400:
            raise Unread("status", status=str(answer.status))
        return answer

    async def _get(self, address: str) -> Answer:
        return await ask(self._http, "GET", _reached(address), headers={"host": urlsplit(address).netloc})

    async def _with_sheets(self, page: HostPage) -> HostPage:
        wanted = await asyncio.to_thread(_sheets, page)
        read = await asyncio.gather(*(self._sheet(each) for each in wanted[:MOST_SHEETS]))
        unread = [address for address, text in zip(wanted, read, strict=False) if text is None]
        texts = [text for text in read if text is not None]
        return replace(page, styles=(*page.styles, *texts), unread=(*unread, *wanted[MOST_SHEETS:]))

    async def _sheet(self, address: str) -> str | None:
        """A style sheet; None when it is of another origin or does not come."""
        try:
            async with asyncio.timeout(self._deadline / 2):
                return _text(await self._fetch(address))
        except (Unread, TimeoutError):
            return None


def saved(html: str, address: str | None = None) -> HostPage:
    """A page that somebody saved; where from, browsers note in it. Its style sheets are not fetched."""
    page = read(html)
    sheets = tuple(each.get("href") for each in page.all("link") if _is_sheet(each))
    return replace(page, address=address or saved_from(html), unread=sheets)


def _sheets(page: HostPage) -> list[str]:
    return [urljoin(page.address or "", each.get("href")) for each in page.all("link") if _is_sheet(each)]


def _is_sheet(link: Element) -> bool:
    return "stylesheet" in link.get("rel").lower().split() and bool(link.get("href"))


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def _reached(address: str) -> str:
    """`*.localhost` is this machine (RFC 6761 §6.3), which not every resolver knows."""
    parts = urlsplit(address)
    if not (parts.hostname or "").endswith(".localhost"):
        return address
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return parts._replace(netloc=f"127.0.0.1:{port}").geturl()
