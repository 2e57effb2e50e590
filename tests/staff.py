"""A browser without a screen, for journeys that need none: cookies per host, redirects followed, forms sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx2
from redis.asyncio import Redis

from auth.principal import Principal
from auth.sealing import KeyRing
from auth.session import Limits, Tokens
from auth.sessions import Sessions
from demo.loopback import Loopback
from demo.people import Person
from demo.world import World

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Staff:
    """One person at one browser."""

    def __init__(self, world: World, client: httpx2.AsyncClient) -> None:
        self.world, self.client = world, client

    @classmethod
    @asynccontextmanager
    async def at(cls, world: World) -> AsyncIterator[Staff]:
        async with httpx2.AsyncClient(
            transport=Loopback(), trust_env=False, follow_redirects=True, headers=BROWSER, timeout=10
        ) as client:
            yield cls(world, client)

    async def get(self, address: str, **options: object) -> httpx2.Response:
        """A page of the widget service, or any absolute address."""
        return await self.client.get(urljoin(self.world.at.widgets, address), **options)  # type: ignore[arg-type]

    async def sign_in(self, person: Person) -> httpx2.Response:
        """From the card's own button to the page after signing in."""
        page = await self.get("/auth/login")
        return await self.send_form(page, choosing=person.subject)

    async def send_form(self, page: httpx2.Response, choosing: str) -> httpx2.Response:
        """Sends the page's form whose markup contains this text, with its hidden fields and that button."""
        forms = re.findall(r"<form\b.*?</form>", page.text, re.DOTALL)
        form = next(one for one in forms if choosing in one)
        action = re.search(r'action="([^"]*)"', form)
        target = urljoin(str(page.url), unescape(action[1]) if action else "")
        return await self.client.post(target, data=_fields(form, choosing), headers={"Origin": _origin(page)})


async def push_out(world: World, person: Person) -> None:
    """They sign in once more, elsewhere, on an instance that allows one session: every other of theirs ends."""
    keys = KeyRing.parse((world.folder / "keys").read_text("utf-8"))
    async with Redis.from_url(world.valkey.connection_url) as redis:
        sessions = Sessions(
            redis,
            keys,
            lambda: datetime.now(UTC),
            secure=False,
            limits=Limits(most=1),
            issuer=world.at.identity,
        )
        await sessions.start(Principal(person.subject, person.account, person.name), Tokens("", ""), None)


def _fields(form: str, choosing: str) -> dict[str, str]:
    hidden = [tag for tag in re.findall(r"<input\b[^>]*>", form) if 'type="hidden"' in tag]
    button = [tag for tag in re.findall(r"<(?:button|input)\b[^>]*>", form) if f'value="{choosing}"' in tag]
    return {_named(tag, "name"): _named(tag, "value") for tag in [*hidden, *button[:1]]}


def _named(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def _origin(page: httpx2.Response) -> str:
    parts = urlsplit(str(page.url))
    return f"{parts.scheme}://{parts.netloc}"
