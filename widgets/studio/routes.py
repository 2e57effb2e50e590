"""/studio: every state of both cards, looked at in every way; and the tools for whoever embeds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from widgets.asking import parameters
from widgets.items import Kind
from widgets.studio import palette, sample, tools
from widgets.studio.choice import KNOBS, WIDTHS, Choice
from widgets.studio.desk import HTML, Desk, Parts, answer, json
from widgets.studio.drawing import STAND_IN, card_policy
from widgets.theme import Theme
from widgets.themes.samples import KINDS
from widgets.tokens import Scheme

__all__ = ["Parts", "blueprint"]


def blueprint(parts: Parts) -> Blueprint:
    studio, desk = Blueprint("studio", __name__), Desk(parts)
    _pages(studio, desk)
    _frames(studio, desk)
    _watched(studio, desk)
    return studio


def _pages(studio: Blueprint, desk: Desk) -> None:
    """What people open."""

    @studio.get("/studio")
    @desk.for_designers
    async def gallery() -> Response:
        seen = desk.choice(request.args.get("theme") or desk.themes.default.name)
        return desk.page("gallery", seen, **_room(desk, seen))

    @studio.get("/studio/<theme>/<any(todos,notices):widget>/<state>")
    @desk.for_designers
    async def view(theme: str, widget: Kind, state: str) -> Response:
        seen = desk.choice(theme, widget, state)
        if state not in sample.names(widget):
            return desk.page("missing", seen, 404)
        drawn = desk.theme(seen)
        table = _table(drawn, seen, {})
        told: dict[str, Any] = {
            "table": table,
            "measures": drawn.tokens.other,
            "faint": sum(not each.passes for each in table),
        }
        return desk.page("view", seen, **_room(desk, seen), **told)

    @studio.get("/studio/embed")
    @desk.for_designers
    async def embed() -> Response:
        return await tools.build(desk)

    @studio.route("/studio/doctor", methods=["GET", "POST"])
    @desk.for_designers
    async def doctor() -> Response:
        return await tools.diagnose(desk)

    @studio.get("/studio/sample")
    @desk.for_designers
    async def leads_nowhere() -> Response:
        return desk.page("sample", desk.choice())


def _frames(studio: Blueprint, desk: Desk) -> None:
    """What stands in frames, and what pages need."""

    @studio.get("/studio/frame/<theme>/<any(todos,notices):widget>/<state>")
    @desk.by_itself
    async def frame(theme: str, widget: Kind, state: str) -> Response:
        seen = desk.choice(theme, widget, state)
        return _card(desk.theme(seen), seen)

    @studio.get("/studio/page/<theme>/<any(todos,notices):widget>/<state>")
    @desk.by_itself
    async def stand_in(theme: str, widget: Kind, state: str) -> Response:
        seen = desk.choice(theme, widget, state)
        return answer(desk.drawing.page("portal", seen.layout.lang, c=seen), HTML, STAND_IN)

    @studio.get("/studio/static/<path:path>")
    @desk.by_itself
    async def static(path: str) -> Response:
        found = desk.drawing.file(path)
        if found is None:
            return _not_found()
        kept = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(found[0], headers=kept, content_type=found[1])


def _watched(studio: Blueprint, desk: Desk) -> None:
    """What the script asks for."""

    @studio.get("/studio/<theme>/tokens")
    @desk.for_designers
    async def tokens(theme: str) -> Response:
        seen, said = desk.choice(theme), parameters(request.query_string)
        return json([_told(each) for each in _table(desk.theme(seen), seen, said)])

    @studio.get("/studio/<theme>/check")
    @desk.by_itself
    async def check(theme: str) -> Response:
        seen = desk.choice(theme)
        if theme not in desk.themes.names():
            return json({"state": "none"})
        version = (desk.theme(seen).look, desk.themes.refused.get(theme))
        return json(desk.parts.checks.told(theme, version, seen.ui))

    @studio.get("/studio/changes")
    @desk.by_itself
    async def changes() -> Response:
        every = {name: desk.themes.named(name) for name in desk.names()}
        looks = {name: theme.look for name, theme in every.items()}
        failing = {name: theme.failing for name, theme in every.items() if theme.failing}
        return json({"looks": looks, "refused": desk.themes.refused, "failing": failing})


def _room(desk: Desk, seen: Choice) -> Mapping[str, Any]:
    """What the rail and the knobs show."""
    theme = desk.theme(seen)
    campuses = {"campus": ("", *theme.overrides.variants)} if theme.overrides.variants else {}
    return {
        "themes": desk.names(),
        "labels": {name: desk.themes.named(name).overrides.manifest.name for name in desk.themes.names()},
        "refused": desk.themes.refused,
        "theme": theme,
        "states": {kind: sample.names(kind) for kind in KINDS},
        "knobs": {**KNOBS, **campuses},
        "campuses": desk.parts.campuses,
        "widths": WIDTHS,
    }


def _card(theme: Theme, seen: Choice) -> Response:
    """A sample as production answers it: a document, a fragment, or 204 while the version is right."""
    view = sample.sample(seen, theme)
    if view is None:
        return _not_found()
    policy, is_fragment = card_policy(theme.style_hashes), request.args.get("as") == "fragment"
    if request.args.get("v") == view.version:
        made = answer("", HTML, policy, 204)
    else:
        made = answer(sample.drawn(theme, seen, view, is_fragment), HTML, policy)
    made.headers["Widget-State"] = view.state
    made.headers["Widget-Version"] = view.version
    return made


def _table(theme: Theme, seen: Choice, said: Mapping[str, str]) -> list[palette.Swatch]:
    scheme: Scheme = "dark" if seen.layout.scheme == "dark" else "light"
    return palette.swatches(theme.tokens, scheme, palette.edited(said))


def _told(swatch: palette.Swatch) -> Mapping[str, Any]:
    pairs = [
        {"back": pair.back, "ratio": round(pair.ratio, 2), "least": pair.least, "passes": pair.passes}
        for pair in swatch.pairs
    ]
    return {"name": swatch.name, "value": swatch.value, "pairs": pairs, "nearest": swatch.nearest}


def _not_found() -> Response:
    return Response("Not found\n", 404, content_type="text/plain; charset=utf-8")
