"""One view of the studio, as its address says it: which card, in which theme, looked at in which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, get_args
from urllib.parse import urlencode

from widgets.items import Kind
from widgets.layout import Layout
from widgets.views import Language, Scheme, Size

KNOBS: Final[Mapping[str, tuple[str, ...]]] = {
    "scheme": get_args(Scheme),
    "lang": get_args(Language),
    "size": get_args(Size),
    "mask": ("off", "on"),
    "page": ("frame", "plain", "hostile"),
    "vision": ("all", "protan", "deutan", "grey"),
    "aid": ("none", "zoom", "spacing", "still", "forced", "print"),
}
"""What can be chosen beside the card.

`page`: the card's own document, or in the page of a portal, one with ordinary and one with hostile styles.
`vision`: as most eyes see it, without the red or the green cones, on paper.
`aid`: as it is; zoomed to 200 %, with wider text spacing (WCAG 1.4.12), without motion, in forced colours, printed.
"""
_DEFAULTS: Final = {
    "scheme": "auto",
    "size": "list",
    "mask": "off",
    "page": "frame",
    "vision": "all",
    "aid": "none",
}
WIDTHS: Final = (240, 360, 480, 640)
NARROWEST, WIDEST, USUAL = 200, 1280, 360
_OUTSIDE: Final = ("ui", "w", "page", "vision", "aid")
"""What is done around the card and is none of its own parameters."""
_FREE: Final = ("campus", "limit", "heading", "ui", "w")


@dataclass(frozen=True, slots=True)
class Choice:
    """A view. Unknown values of its address are the defaults, as with a card's own."""

    theme: str
    widget: Kind
    state: str
    layout: Layout
    ui: Language
    """The language of the studio itself."""
    width: int
    """Of the card, in pixels."""
    page: str
    vision: str
    aid: str
    base: str
    """The studio's own address."""
    said: Mapping[str, str]
    """The query, without what is a default or unknown."""

    @classmethod
    def read(
        cls, base: str, language: Language, theme: str, widget: Kind, state: str, query: Mapping[str, str]
    ) -> Choice:
        """`base`: the service's address; `language`: the service's own."""
        default = {**_DEFAULTS, "lang": language, "ui": language, "w": str(USUAL)}
        said = {
            name: value
            for name, value in query.items()
            if value != default.get(name) and (name in _FREE or value in KNOBS.get(name, ()))
        }
        return cls(
            theme,
            widget,
            state,
            Layout.read(said, language),
            "en" if said.get("ui", language) == "en" else "zh-CN",
            _width(said.get("w", "")),
            said.get("page", "frame"),
            said.get("vision", "all"),
            said.get("aid", "none"),
            f"{base}/studio",
            said,
        )

    def chosen(self, knob: str) -> str:
        """The value of one knob."""
        chosen = getattr(self, knob) if hasattr(self, knob) else getattr(self.layout, knob)
        return str(chosen or _DEFAULTS.get(knob, ""))

    def address(
        self, theme: str | None = None, widget: str | None = None, state: str | None = None, **query: Any
    ) -> str:
        """This view, with something else in it."""
        path = f"/{theme or self.theme}/{widget or self.widget}/{state or self.state}"
        return self._at(path, {**self.said, **query})

    def of(self, widget: Kind, state: str) -> Choice:
        """Another card, looked at in the same way."""
        return replace(self, widget=widget, state=state)

    def gallery(self, theme: str | None = None, **query: Any) -> str:
        """All states at once, looked at in the same way."""
        return self._at("", {**self.said, "theme": theme or self.theme, **query})

    def frame(self) -> str:
        """What stands in the frame: the card's document, or a portal's page with the card in it."""
        if self.page == "frame":
            return self.document()
        return self._at(f"/page/{self.theme}/{self.widget}/{self.state}", self._look() | {"page": self.page})

    def document(self) -> str:
        """The card alone, with its whole query: a card adds to the address that it refreshes from."""
        return f"{self.base}/frame/{self.theme}/{self.widget}/{self.state}?{self.layout.query}"

    @property
    def beside(self) -> int:
        """Pixels that a frame has beside the card: of a portal's page (`.col` in portal.css), and its own border."""
        return 0 if self.page == "frame" else 42

    @property
    def frame_width(self) -> int:
        """Of the frame, in its own pixels: half as many when each of them is drawn twice as large."""
        return self.width // (2 if self.aid == "zoom" else 1) + self.beside

    def tool(self, name: str) -> str:
        """Another page of the studio, in the same language."""
        return self._at(f"/{name}", {k: v for k, v in self.said.items() if k == "ui"})

    def _look(self) -> dict[str, Any]:
        return {name: value for name, value in self.said.items() if name not in _OUTSIDE}

    def _at(self, path: str, query: Mapping[str, Any]) -> str:
        said = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.base}{path}{'?' if said else ''}{said}"


def _width(said: str) -> int:
    number = int(said) if said.isascii() and said.isdigit() and len(said) <= 4 else USUAL
    return min(max(number, NARROWEST), WIDEST)
