"""The six rows: what is started, what it is asked, and what it must answer."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bench.installed import HOST
from bench.people import Person
from bench.processes import HERE
from bench.world import World

PATH: Final = "/widgets/todos?limit=10"
BROWSER: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537"
)
AS_A_PROXY_SENDS: Final = {
    "User-Agent": BROWSER,
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Referer": "https://portal.hospital.example/",
    "X-Forwarded-For": "10.20.30.40",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": HOST,
    "X-Request-Id": "4bf92f3577b34da6a3ce929d0e0e4736",
}
"""Nine headers, beside Host, Connection and the person's Cookie."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table."""

    key: str
    title: str
    server: Literal["asgi", "quart", "widgets", "podlet"]
    status: int = 200
    personal: bool = False
    """Its answers show the asking person's own list."""
    reads: bool = False
    """It asks Redis once for each request."""
    idle: bool = False
    """The browsers were left alone for minutes, so that each answer brings their cookie sealed anew."""

    def command(self, world: World, port: int, size: int) -> list[str]:
        """Starts its server, which answers `size` bytes."""
        if self.server == "podlet":
            return ["node", str(HERE / "podlet.mjs"), str(port), str(world.redis_port), str(size)]
        if self.server == "widgets":
            return [sys.executable, "-m", "bench.ours", str(port), str(world.config)]
        return [sys.executable, "-m", "bench.bare", self.server, str(port), str(size)]

    def headers(self, person: Person) -> Mapping[str, str]:
        own = person.idle_cookie if self.idle else person.cookie
        return {
            "Host": HOST,
            **AS_A_PROXY_SENDS,
            "Cookie": person.peer_cookie if self.server == "podlet" else own,
        }


ASGI: Final = Scenario("asgi", "bare ASGI app on Hypercorn", "asgi")
QUART: Final = Scenario("quart", "bare Quart route on Hypercorn", "quart")
HIT: Final = Scenario("hit", "**our widget, rendered at each request**", "widgets", personal=True, reads=True)
SEALED: Final = Scenario(
    "sealed",
    "the same after five idle minutes: cookie sealed anew",
    "widgets",
    personal=True,
    reads=True,
    idle=True,
)
POLL: Final = Scenario("poll", "**our widget, unchanged: 204**", "widgets", status=204, reads=True)
PODLET: Final = Scenario("podlet", "Podium podlet on Fastify, rendered", "podlet", personal=True, reads=True)
ALL: Final = (ASGI, QUART, HIT, SEALED, POLL, PODLET)
