"""The service on a socket beside the provider on another, both behind a gateway that ends TLS, and one clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from redis.asyncio import Redis

from audit.store import Filter, Store
from auth.sealing import new_key
from demo.places import listening, port
from demo.serving import Servers
from demo.world import remembering
from tests.conformance.browser import Browser
from tests.conformance.fault import NONE, Fault
from tests.conformance.keyset import Keyset
from tests.conformance.provider import Provider
from tests.conformance.terms import CLIENT, ISSUER, PATH, SECRET
from widgets.app import build
from widgets.settings import load

OURS = "https://widgets.hospital.example"
CONFIGURATION = """\
[service]
base_url = "{ours}"
portals = [{{ origin = "https://portal.hospital.example" }}]
keys = {{ file = "keys" }}

[redis]
url = "{redis}"

[identity]
issuer = "{issuer}"
base_url = "{here}"
client_id = "{client}"
client_secret = {{ file = "oidc-secret" }}
account_claim = "employee_no"
{more}

[audit]
url = "sqlite:///{folder}/audit.db"

[[campuses]]
id = "main"
name = "总院区"
"""
A_DAY = timedelta(hours=25)
"""After that nothing is remembered of a centre, not even while it is away."""


@dataclass
class Clock:
    """The real time, and how far ahead both sides are."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Stage:
    """Where the modules are played."""

    provider: Provider
    clock: Clock
    folder: Path
    ports: dict[str, int]
    redis: Redis
    cleanup: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def begin(self, fault: Fault = NONE) -> Provider:
        """A new module: another day, an empty store, a provider with this fault."""
        self.clock.ahead += A_DAY
        await self.redis.flushall()
        self.provider.begin(fault)
        return self.provider

    async def browser(self) -> Browser:
        """Another browser, closed when the module ends."""
        return await self.cleanup.enter_async_context(Browser.before(self.ports, OURS))

    async def signed_in(self) -> Browser:
        browser = await self.browser()
        page = await browser.sign_in()
        assert await browser.is_signed_in(), page.text
        return browser

    def reason(self) -> str:
        """Why the last sign-in was refused; empty: it was not."""
        store = Store(f"sqlite:///{self.folder}/audit.db")
        reason = store.page(Filter(), 1)[0].reason
        store.close()
        return reason


@asynccontextmanager
async def opened(folder: Path, more: str = "") -> AsyncIterator[Stage]:
    """A stage whose service has these further lines under [identity]."""
    async with AsyncExitStack() as stack:
        valkey = await stack.enter_async_context(remembering(folder / "valkey"))
        clock, servers = Clock(), Servers()
        stack.push_async_callback(servers.close)
        places = {host: listening(0) for host in ("op.conformance.example", str(urlsplit(OURS).hostname))}
        ports = {host: port(place) for host, place in places.items()}
        here, there = places.values()
        provider = Provider(
            clock.now,
            redirect_uri=f"{OURS}/auth/callback",
            farewell_uri=f"{OURS}/auth/logout",
            keysets=[Keyset.made("first"), Keyset.made("second")],
        )
        await servers.add(provider.app(), here)
        config = installed(folder, ports["op.conformance.example"], valkey.connection_url, more)
        await servers.add(build(load(config, {}), clock.now), there)
        redis = await stack.enter_async_context(Redis.from_url(valkey.connection_url))
        yield Stage(provider, clock, folder, ports, redis)


def installed(folder: Path, provider: int, redis: str, more: str) -> Path:
    """The service's configuration: the provider under its public name, and where it is reached."""
    (folder / "keys").write_text(new_key())
    (folder / "oidc-secret").write_text(SECRET)
    for name in ("keys", "oidc-secret"):
        (folder / name).chmod(0o600)
    config = folder / "portal-widgets.toml"
    here = f"http://127.0.0.1:{provider}{PATH}/"
    told = {"ours": OURS, "redis": redis, "issuer": ISSUER, "here": here, "client": CLIENT, "folder": folder}
    config.write_text(CONFIGURATION.format(**told, more=more), "utf-8")
    return config


async def posted(stage: Stage, form: dict[str, str]) -> httpx2.Response:
    """The provider's server tells ours: no browser is in it."""
    async with httpx2.AsyncClient(trust_env=False) as http:
        address = f"http://127.0.0.1:{stage.ports[str(urlsplit(OURS).hostname)]}/auth/backchannel-logout"
        return await http.post(address, data=form)
