"""A demo OA that speaks the interface of one product and shows pages to people. Never shipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from quart import Blueprint, Quart

from demo import oa_e9, oa_ekp, oa_o2oa, oa_seeyon, oa_seeyon8
from demo.oa_browser import browser
from demo.oa_world import Changed, World
from demo.people import PEOPLE, Person

SPOKEN: Final[Mapping[str, Callable[[World], Blueprint]]] = {
    "weaver-e9": oa_e9.interface,
    "seeyon-v5": oa_seeyon.interface,
    "seeyon-v8": oa_seeyon8.interface,
    "landray-ekp": oa_ekp.interface,
    "o2oa": oa_o2oa.interface,
}
"""The interface of each product, by the `kind` that the service knows it by."""


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
) -> DemoOA:
    """An OA with to-dos and documents for these people.

    `kind` is the product whose interface it speaks; its pages are the same for all. `key` spares tests the
    making of one; `changed` is awaited after somebody's to-dos changed.
    """
    app = DemoOA(__name__, static_folder=None)
    app.world = World(people, now, key, changed)
    app.register_blueprint(SPOKEN[kind](app.world))
    app.register_blueprint(browser(app.world))
    return app
