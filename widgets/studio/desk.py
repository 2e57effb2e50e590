"""What the views of the studio share: its parts, the view that an address asks for, and how an answer is dressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from quart import Response, request

from auth.relation import Relation
from widgets.asking import parameters
from widgets.items import Kind
from widgets.studio.access import Openness, declared
from widgets.studio.builder import Site
from widgets.studio.case import Facts
from widgets.studio.checks import Checks
from widgets.studio.choice import Choice
from widgets.studio.drawing import PAGE, Drawing
from widgets.studio.portal_pages import PortalPages
from widgets.theme import Theme
from widgets.themes.installed import Themes
from widgets.views import Language

HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the studio is made of; `app` puts it together."""

    themes: Themes
    base_url: str
    language: Language
    openness: Openness
    portals: Mapping[str, Relation]
    """By origin, how each portal stands to us."""
    campuses: Mapping[str, str]
    """Names by id."""
    facts: Facts
    portal_pages: PortalPages
    checks: Checks


class Desk:
    """Draws pages, and declares who may ask for them."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.themes = parts, parts.themes
        self.drawing = Drawing(parts.base_url)
        self.for_designers = declared(parts.openness, self._refused)
        self.by_itself = declared(parts.openness, self._refused, asks_by_itself=True)
        """For what pages of the studio ask for without a press of anybody's."""

    def choice(self, theme: str = "default", widget: Kind = "todos", state: str = "ok") -> Choice:
        """The view that this request is about."""
        said = parameters(request.query_string)
        return Choice.read(self.parts.base_url, self.parts.language, theme, widget, state, said)

    def page(self, name: str, seen: Choice, status: int = 200, **context: Any) -> Response:
        return answer(self.drawing.page(name, seen.ui, c=seen, **context), HTML, PAGE, status)

    def names(self) -> list[str]:
        """The themes, ours first."""
        return ["default", *self.themes.names()]

    def theme(self, seen: Choice) -> Theme:
        return self.themes.named(seen.theme)

    def site(self) -> Site:
        """What the embed builder has to know."""
        parts, own = self.parts, self.themes.default.name
        return Site(
            parts.base_url,
            parts.facts.centre,
            parts.language,
            parts.portals,
            parts.campuses,
            self.names(),
            own,
        )

    def _refused(self) -> Response:
        return self.page("refused", self.choice(), 403)


def json(told: Any) -> Response:
    return answer(orjson.dumps(told).decode(), "application/json", PAGE)


def answer(body: str, kind: str, policy: str, status: int = 200) -> Response:
    return Response(body, status, {"Content-Security-Policy": policy}, content_type=kind)
