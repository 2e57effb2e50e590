"""What the live benchmark stands in: Valkey, a demo OA that pushes, and as many signed-in people as listen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.asyncio import Redis

from auth.principal import Principal
from auth.session import Tokens
from auth.sessions import Sessions
from bench.installed import install
from bench.people import CAMPUS, SOURCE
from demo.oa import create_oa
from demo.oa_gate import APP_ID
from demo.oa_push import SECRET, Pusher
from demo.oa_world import World as OA
from demo.people import Person
from demo.places import listening, port
from demo.serving import Servers
from demo.world import remembering
from widgets.oa.outbound import client as outbound
from widgets.oa.weaver_token import register


@dataclass(frozen=True, slots=True)
class LiveWorld:
    """Everything around the instance under test."""

    config: Path
    oa: OA
    cookies: dict[Person, str]
    """What each person's browser sends."""
    pusher: Pusher

    async def arrives(self, person: Person) -> str:
        """A new matter for this person, without a word to anybody: its title."""
        self.oa.changed = None
        return (await self.oa.add_urgent(person)).title


@asynccontextmanager
async def live_world(count: int, service: int) -> AsyncIterator[LiveWorld]:
    """A world of so many people, whose OA pushes to the service at that port."""
    people = tuple(_person(number) for number in range(count))
    with TemporaryDirectory(prefix="portal-widgets-live-") as name, listening(0) as place:
        folder, servers, address = Path(name), Servers(), f"http://127.0.0.1:{port(place)}"
        oa = create_oa(people, now=_now)
        await servers.add(oa, place)
        async with remembering(folder / "valkey") as valkey, Pusher(_push(service)).http as http:
            config, keys = install(folder, valkey.port)
            async with outbound([address]) as registering:
                (folder / "oa.json").write_text((await register(registering, address, APP_ID)).dump())
            _point(config, address)
            async with Redis(port=valkey.port) as redis:
                sessions = Sessions(redis, keys, _now, secure=True)
                cookies = {each: await _signed_in(sessions, each) for each in people}
            yield LiveWorld(config, oa.world, cookies, Pusher(_push(service), http=http))
        await servers.close()


def _push(service: int) -> str:
    return f"http://127.0.0.1:{service}/push/{SOURCE}"


def _point(config: Path, address: str) -> None:
    """The source at the OA's address, and the secret of its pushes; the last table is the source's."""
    secret = config.parent / "push"
    secret.touch(mode=0o600)
    secret.write_text(SECRET, "utf-8")
    before, table, source = config.read_text("utf-8").partition("[[sources]]")
    source = source.replace("http://127.0.0.1:9", address).replace('app_id = "bench"', f'app_id = "{APP_ID}"')
    config.write_text(f'{before}{table}{source}push_secret = {{ file = "{secret}" }}\n', "utf-8")


def _person(number: int) -> Person:
    account = str(10_000 + number)
    return Person(f"u-{account}", "王医生", account, "内科", "医师", account, str(500 + number))


async def _signed_in(sessions: Sessions, person: Person) -> str:
    who = Principal(person.subject, person.account, person.name, (CAMPUS,))
    _, set_cookie = await sessions.start(who, Tokens("x" * 900, "x" * 900), f"sid-{person.subject}")
    return set_cookie.partition(";")[0]


def _now() -> datetime:
    return datetime.now(UTC)
