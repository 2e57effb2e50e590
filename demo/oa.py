"""A demo OA that speaks the interface of a Weaver E9 and shows pages to people. Never shipped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from quart import Quart

from demo.oa_browser import browser
from demo.oa_e9 import interface
from demo.oa_world import Changed, World
from demo.people import PEOPLE, Person


class DemoOA(Quart):
    """The application; `world` is its state and holds its switches."""

    world: World


def create_oa(
    people: tuple[Person, ...] = PEOPLE,
    *,
    now: Callable[[], datetime],
    key: rsa.RSAPrivateKey | None = None,
    changed: Changed | None = None,
) -> DemoOA:
    """An OA with to-dos and documents for these people.

    `key` spares tests the making of one; `changed` is awaited after somebody's to-dos changed.
    """
    app = DemoOA(__name__, static_folder=None)
    app.world = World(people, now, key, changed)
    app.register_blueprint(interface(app.world))
    app.register_blueprint(browser(app.world))
    return app
