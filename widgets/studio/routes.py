"""/studio: every state of both cards, looked at in every way; and the tools for whoever embeds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from quart import Blueprint, Response, request

from auth.relation import Relation
from widgets.asking import parameters
from widgets.items import Kind
from widgets.links import origin
from widgets.studio import palette, sample
from widgets.studio.access import Openness, declared
from widgets.studio.builder import Form, Site, allowed
from widgets.studio.choice import KNOBS, WIDTHS, Choice
from widgets.studio.drawing import PAGE, STAND_IN, Drawing, card_policy
from widgets.studio.snippets import SNIPPETS
from widgets.theme import Theme
from widgets.themes.installed import Themes
from widgets.themes.samples import KINDS
from widgets.tokens import Scheme
from widgets.views import Language


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
    centre: str
    """The identity centre's origin."""

    def site(self) -> Site:
        """What the embed builder has to know."""
        return Site(
            self.base_url,
            self.centre,
            self.language,
            self.portals,
            self.campuses,
            ["default", *self.themes.names()],
            self.themes.default.name,
        )


def blueprint(parts: Parts) -> Blueprint:
    studio = Blueprint("studio", __name__)
    drawing = Drawing(parts.base_url)

    def choice(theme: str, widget: Kind = "todos", state: str = "ok") -> Choice:
        said = parameters(request.query_string)
        return Choice.read(parts.base_url, parts.language, theme, widget, state, said)

    def page(name: str, seen: Choice, status: int = 200, **context: Any) -> Response:
        html = drawing.page(name, seen.ui, c=seen, **context)
        return _answer(html, "text/html; charset=utf-8", PAGE, status)

    def refused() -> Response:
        return page("refused", choice("default"), 403)

    def room(seen: Choice) -> Mapping[str, Any]:
        """What the rail and the knobs show."""
        themes = parts.themes
        return {
            "themes": ["default", *themes.names()],
            "refused": themes.refused,
            "theme": themes.named(seen.theme),
            "states": {kind: sample.names(kind) for kind in KINDS},
            "knobs": KNOBS,
            "widths": WIDTHS,
        }

    for_designers = declared(parts.openness, refused)
    by_itself = declared(parts.openness, refused, asks_by_itself=True)

    @studio.get("/studio")
    @for_designers
    async def gallery() -> Response:
        seen = choice(request.args.get("theme") or parts.themes.default.name)
        return page("gallery", seen, **room(seen))

    @studio.get("/studio/<theme>/<any(todos,notices):widget>/<state>")
    @for_designers
    async def view(theme: str, widget: Kind, state: str) -> Response:
        seen = choice(theme, widget, state)
        drawn = parts.themes.named(theme)
        if state not in sample.names(widget):
            return page("missing", seen, 404)
        return page("view", seen, **room(seen), table=_table(drawn, seen, {}), measures=drawn.tokens.other)

    @studio.get("/studio/frame/<theme>/<any(todos,notices):widget>/<state>")
    @by_itself
    async def frame(theme: str, widget: Kind, state: str) -> Response:
        return _card(parts.themes.named(theme), choice(theme, widget, state))

    @studio.get("/studio/page/<theme>/<any(todos,notices):widget>/<state>")
    @by_itself
    async def stand_in(theme: str, widget: Kind, state: str) -> Response:
        seen = choice(theme, widget, state)
        return _answer(drawing.page("portal", seen.layout.lang, c=seen), "text/html; charset=utf-8", STAND_IN)

    @studio.get("/studio/<theme>/tokens")
    @for_designers
    async def tokens(theme: str) -> Response:
        said = parameters(request.query_string)
        return _json([_told(each) for each in _table(parts.themes.named(theme), choice(theme), said)])

    @studio.get("/studio/changes")
    @by_itself
    async def changes() -> Response:
        themes = parts.themes
        every = {name: themes.named(name) for name in ("default", *themes.names())}
        looks = {name: theme.look for name, theme in every.items()}
        failing = {name: theme.failing for name, theme in every.items() if theme.failing}
        return _json({"looks": looks, "refused": themes.refused, "failing": failing})

    @studio.get("/studio/embed")
    @for_designers
    async def embed() -> Response:
        seen, said = choice("default"), parameters(request.query_string)
        form = Form.read(parts.site(), said)
        return page(
            "embed",
            seen,
            form=form,
            ways=SNIPPETS,
            kinds=KINDS,
            allowed=allowed(form.site),
            previews=form.previews(seen.ui, said.get("w", "")),
            policy=form.policy(origin(parts.base_url)),
        )

    @studio.get("/studio/sample")
    @for_designers
    async def leads_nowhere() -> Response:
        return page("sample", choice("default"))

    @studio.get("/studio/static/<path:path>")
    @by_itself
    async def static(path: str) -> Response:
        body, kind = drawing.file(path) or (b"Not found\n", "text/plain; charset=utf-8")
        kept = "private, max-age=31536000, immutable" if drawing.file(path) else "no-store"
        return Response(body, 200 if drawing.file(path) else 404, {"Cache-Control": kept}, content_type=kind)

    return studio


def _card(theme: Theme, seen: Choice) -> Response:
    """A sample as production answers it: a document, a fragment, or 204 while the version is right."""
    view = sample.sample(seen, theme.look)
    if view is None:
        return Response("Not found\n", 404, content_type="text/plain; charset=utf-8")
    said, is_fragment = request.args, request.args.get("as") == "fragment"
    kind, policy = "text/html; charset=utf-8", card_policy(theme.style_hashes)
    if said.get("v") == view.version:
        answer = _answer("", kind, policy, 204)
    else:
        answer = _answer(sample.drawn(theme, seen, view, is_fragment), kind, policy)
    answer.headers["Widget-State"] = view.state
    answer.headers["Widget-Version"] = view.version
    return answer


def _table(theme: Theme, seen: Choice, said: Mapping[str, str]) -> list[palette.Swatch]:
    scheme: Scheme = "dark" if seen.layout.scheme == "dark" else "light"
    return palette.swatches(theme.tokens, scheme, palette.edited(said))


def _told(swatch: palette.Swatch) -> Mapping[str, Any]:
    pairs = [
        {"back": pair.back, "ratio": round(pair.ratio, 2), "least": pair.least, "passes": pair.passes}
        for pair in swatch.pairs
    ]
    return {"name": swatch.name, "value": swatch.value, "pairs": pairs, "nearest": swatch.nearest}


def _json(told: Any) -> Response:
    return _answer(orjson.dumps(told).decode(), "application/json", PAGE)


def _answer(body: str, kind: str, policy: str, status: int = 200) -> Response:
    return Response(body, status, {"Content-Security-Policy": policy}, content_type=kind)
