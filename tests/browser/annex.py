"""A second portal of the same hospital: pages that a test writes, served from an origin of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from quart import Quart, Response, send_file

from demo.places import listening, port
from demo.world import World

_WHEEL: Final = Path(str(getattr(find_spec("django_htmx"), "origin", ""))).parent / "static" / "django_htmx"
_NPM: Final = Path(__file__).parents[1] / "node_modules"
HTMX: Final = {
    1: _NPM / "htmx-1" / "dist" / "htmx.min.js",
    2: _WHEEL / "htmx-2.min.js",
    4: _WHEEL / "htmx-4.min.js",
}
"""htmx itself, by major version: the newest two from the wheel that the demo has, the old one from npm."""


@dataclass(slots=True)
class Annex:
    """Pages by name. What is not written yet is a blank page."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, html: str) -> str:
        """Puts a page there and gives its address."""
        self.pages[name] = (
            f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{name}</title>{html}'
        )
        return f"{self.origin}/{name}"


async def opened(world: World, host: str) -> Annex:
    """Serves an annex under that host name until the world ends."""
    place = listening(0)
    annex = Annex(f"http://{host}:{port(place)}")
    app = Quart(f"{__name__}.{host}", static_folder=None)

    @app.get("/htmx/<int:major>.js")
    async def htmx(major: int) -> Response:
        return await send_file(HTMX[major], mimetype="text/javascript")

    @app.get("/<name>")
    async def page(name: str) -> Response:
        return Response(annex.pages.get(name, ""), content_type="text/html; charset=utf-8")

    await world.servers.add(app, place)
    return annex
