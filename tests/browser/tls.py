"""A hospital on https, as all are outside of tests: a gateway that ends TLS stands before every server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from demo.places import Places, listening, port
from demo.portal import Addresses
from demo.world import World
from tests.auth.test_tls import certificate
from tests.browser.visitor import Clock
from widgets.app import build
from widgets.settings import load


@asynccontextmanager
async def https_hospital(clock: Clock, *, far: bool = False, **settings: str) -> AsyncIterator[World]:
    """One of them, running. `far`: the service is on a vendor's site; `settings` are keys of `[identity]`."""
    environ = {f"PORTAL_WIDGETS__IDENTITY__{name.upper()}": value for name, value in settings.items()}
    fronts = [listening(0) for _ in range(4)]

    class Behind(Places):
        def public(self) -> Addresses:
            at = super().public()
            names = (urlsplit(getattr(at, each.name)).hostname for each in fields(at))
            secure = Addresses(
                *(f"https://{name}:{port(front)}" for name, front in zip(names, fronts, strict=True))
            )
            return replace(secure, widgets=secure.widgets.replace("hospital", "vendor")) if far else secure

    async with AsyncExitStack() as stack:
        places = stack.enter_context(Behind(*(listening(0) for _ in range(4))))
        for front, each in zip(fronts, fields(places), strict=True):
            behind = port(getattr(places, each.name))
            server = await asyncio.start_server(partial(_pass_on, behind), sock=front, ssl=_context())
            stack.callback(server.close)
        world = await stack.enter_async_context(World.start(places=places, service=False))
        await world.servers.add(build(load(world.config, environ), clock.now), places.widgets)
        yield world


def _context() -> ssl.SSLContext:
    """With a certificate of nobody's, which the test's browser is told to take."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        context.load_cert_chain(certificate(Path(folder)))
    return context


async def _pass_on(behind: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", behind)
    await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.close()
