"""The embed builder: what its form says becomes the code that a portal pastes; every state of it is an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast, get_args
from urllib.parse import urlencode

from auth.relation import Relation
from widgets.items import Kind
from widgets.layout import MOST_ROWS
from widgets.manifest import height
from widgets.studio.choice import USUAL, Choice
from widgets.studio.snippets import SNIPPETS, Embedding, Snippet
from widgets.views import Language, Mask, Scheme, Size

_PASSED_ON: Final = ("campus", "limit", "size", "scheme", "theme", "lang", "heading", "mask")
"""What the form says about the card itself; what is left empty is not written."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the cards come from, and where they may go."""

    base_url: str
    centre: str
    """The identity centre's origin."""
    language: Language
    portals: Mapping[str, Relation]
    """By origin, how each stands to us."""
    campuses: Mapping[str, str]
    themes: Sequence[str]
    theme: str
    """The one that is drawn where a portal asks for none."""


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody chose; unknown values are the defaults."""

    site: Site
    snippet: Snippet
    widgets: tuple[Kind, ...]
    portal: str
    choices: Mapping[str, str]
    sandbox: bool

    @classmethod
    def read(cls, site: Site, query: Mapping[str, str]) -> Form:
        way = next((each for each in SNIPPETS if each.id == query.get("way")), SNIPPETS[1])
        kinds: tuple[Kind, ...] = get_args(Kind)
        chosen = tuple(kind for kind in kinds if kind == query.get("widget"))
        known = allowed(site)
        choices = {name: query[name] for name in _PASSED_ON if query.get(name) and query[name] in known[name]}
        portal = query.get("portal", "")
        return cls(
            site,
            way,
            chosen or kinds,
            portal if portal in site.portals else next(iter(site.portals)),
            choices,
            "sandbox" in query and way.frames,
        )

    @property
    def relation(self) -> Relation:
        """How the chosen portal stands to us."""
        return self.site.portals[self.portal]

    def code(self) -> str:
        """What the portal pastes."""
        size = cast(Size, self.choices.get("size", "list"))
        limit = self.choices.get("limit")
        pixels = height(size, int(limit) if limit else None)
        lang = cast(Language, self.choices.get("lang", self.site.language))
        near = self.relation == "same-origin"
        heights = dict.fromkeys(self.widgets, pixels)
        made = Embedding(self.site.base_url, self.widgets, heights, lang, self.choices, self.sandbox, near)
        return self.snippet.code(made)

    def policy(self, own: str) -> str:
        """What the portal's content security policy must allow; `own` is the service's origin."""
        places = {"W": own, "C": self.site.centre}
        return "; ".join(
            f"{directive} {' '.join(dict.fromkeys(places[each] for each in needed.split()))}"
            for directive, needed in self.snippet.needs.items()
        )

    def previews(self, ui: Language, width: str) -> list[Choice]:
        """The samples to show: in a frame where the portal has one, else in a page."""
        page = {} if self.snippet.frames else {"page": "plain"}
        theme = self.choices.get("theme", self.site.theme)
        said = {**self.choices, **page, "ui": ui, "w": width or str(USUAL)}
        return [
            Choice.read(self.site.base_url, self.site.language, theme, widget, "ok", said)
            for widget in self.widgets
        ]

    def address(self, **changes: str) -> str:
        """This form, with something else in it."""
        widget = self.widgets[0] if len(self.widgets) == 1 else ""
        said = {"way": self.snippet.id, "widget": widget, "portal": self.portal, **self.choices}
        if self.sandbox:
            said["sandbox"] = "on"
        said = {name: value for name, value in {**said, **changes}.items() if value}
        return f"{self.site.base_url}/studio/embed?{urlencode(said)}"


def allowed(site: Site) -> Mapping[str, Sequence[str]]:
    """What may be said of a card, by parameter."""
    return {
        "campus": list(site.campuses),
        "limit": [str(number) for number in range(1, MOST_ROWS + 1)],
        "size": get_args(Size),
        "scheme": get_args(Scheme),
        "theme": list(site.themes),
        "lang": get_args(Language),
        "heading": [str(level) for level in range(2, 7)],
        "mask": get_args(Mask),
    }
