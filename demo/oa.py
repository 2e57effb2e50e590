"""A demo OA that speaks the interface of one product and shows pages to people. `python -m demo.oa` runs one alone."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import click
from cryptography.hazmat.primitives.asymmetric import rsa
from quart import Blueprint, Quart

from demo import oa_e9, oa_ekp, oa_engines, oa_jeecg, oa_o2oa, oa_plain, oa_seeyon, oa_seeyon8
from demo.oa_browser import browser
from demo.oa_world import Changed, World
from demo.people import PEOPLE, Person
from demo.places import listening
from demo.serving import Servers

SPOKEN: Final[Mapping[str, Callable[[World], Blueprint]]] = {
    "weaver-e9": oa_e9.interface,
    "seeyon-v5": oa_seeyon.interface,
    "seeyon-v8": oa_seeyon8.interface,
    "landray-ekp": oa_ekp.interface,
    "o2oa": oa_o2oa.interface,
    "rest": oa_plain.interface,
    "flowable": oa_engines.flowable,
    "camunda7": oa_engines.camunda7,
    "jeecg-notices": oa_jeecg.interface,
}
"""The interface of each product, by the `kind` that the service knows it by, or by the preset of kind `rest`."""


class DemoOA(Quart):
    """The application; `world` is its state and holds its switches."""

    world: World


def create_oa(
    people: tuple[Person, ...] = PEOPLE,
    *,
    now: Callable[[], datetime],
    key: rsa.RSAPrivateKey | None = None,
    changed: Changed | None = None,
    kind: str = "weaver-e9",
    campus: str = "main",
) -> DemoOA:
    """An OA with to-dos and documents for these people.

    `kind` is the product whose interface it speaks; its pages are the same for all. Each `campus` has matters
    of its own. `key` spares tests the
    making of one; `changed` is awaited after somebody's to-dos changed.
    """
    app = DemoOA(__name__, static_folder=None)
    app.world = World(people, now, key, changed, campus)
    app.register_blueprint(SPOKEN[kind](app.world))
    app.register_blueprint(browser(app.world))
    return app


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--kind", type=click.Choice([*SPOKEN]), default="rest", show_default=True, help="Its product.")
@click.option("--port", type=click.IntRange(1024, 65535), default=8120, show_default=True)
def main(kind: str, port: int) -> None:
    """Serves one OA on loopback until Ctrl-C, to try a configuration at."""
    asyncio.run(show(kind, port))


async def show(kind: str, port: int) -> None:
    """Runs it until a signal comes."""
    servers, loop = Servers(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, servers.stop.set)
    await servers.add(create_oa(now=lambda: datetime.now(UTC), kind=kind), listening(port))
    print(f"{kind}: http://127.0.0.1:{port}, its switches: /control, Ctrl-C ends it", flush=True)
    await servers.stop.wait()
    await servers.close()


if __name__ == "__main__":
    main()
