"""About 70 views of a theme as pictures, each with what was measured in it: the same every time on one machine.

The clock stands still because the views are made by hand; animations are off; fonts are the machine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, get_args

from widgets.items import Kind
from widgets.theme import Theme
from widgets.theme_check import browser
from widgets.themes.samples import KINDS, REASONED, STATES, card, in_words, reasoned
from widgets.views import Language, Scheme, Size, State

MEDIA: Final[Mapping[str, Mapping[str, Any]]] = {
    "": {},
    "forced-colours": {"forced_colors": "active"},
    "touch": {"has_touch": True, "is_mobile": True},
}

HEIGHT: Final = 1600
"""Pixels of the window: more than any card has, so that no picture needs another window."""


@dataclass(frozen=True, slots=True)
class View:
    """What one picture shows. `medium` is one of MEDIA, or `print`; `reason` one of REASONED, or none."""

    kind: Kind
    state: State
    scheme: Scheme = "light"
    lang: Language = "zh-CN"
    width: int = 360
    size: Size = "list"
    medium: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """The file's, without its end: only what is not usual is said."""
        said = (self.reason, self.lang, str(self.width), self.size, self.medium)
        usual = ("", "zh-CN", "360", "list", "")
        more = [each for each, plain in zip(said, usual, strict=True) if each != plain]
        return "-".join((self.kind, self.state, self.scheme, *more))


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture (PNG), and by part of the card what was measured in it."""

    picture: bytes
    measured: Mapping[str, Any]


def views(modes: tuple[str, ...]) -> list[View]:
    """Every state in each mode, in English, and where it says why; the lists in other widths, sizes and media."""
    schemes = [scheme for scheme in ("light", "dark") if scheme in modes]
    made = [View(kind, state, scheme) for kind in KINDS for state in STATES for scheme in schemes]
    made += [View(kind, state, lang="en") for kind in KINDS for state in STATES]
    made += [View(kind, REASONED[why], reason=why) for kind in KINDS for why in ("elsewhere", "unchecked")]
    for kind in KINDS:
        made += [View(kind, "ok", scheme, width=width) for width in (240, 640) for scheme in schemes]
        made += [View(kind, "ok", size=size) for size in get_args(Size) if size != "list"]
        made += [View(kind, "ok", medium=medium) for medium in (*(m for m in MEDIA if m), "print")]
    return made


def taken(theme: Theme, opened: Any, only: str = "") -> Iterator[tuple[View, Shot]]:
    """Every view of a theme, drawn in this browser; `only` those whose name begins so."""

    def window(view: View) -> tuple[int, str]:
        return view.width, view.medium

    wanted = [view for view in views(theme.overrides.manifest.modes) if view.name.startswith(only)]
    every = sorted(wanted, key=lambda view: (window(view), view.name))
    for (width, medium), group in groupby(every, key=window):
        with browser.window(opened, theme, width, HEIGHT, **MEDIA.get(medium, {})) as shown:
            if medium == "print":
                shown.page.emulate_media(media="print")
            for view in group:
                yield view, _shot(shown, theme, view)


def _shot(window: browser.Window, theme: Theme, view: View) -> Shot:
    how: dict[str, Any] = {"size": view.size, "scheme": view.scheme}
    if view.reason:
        drawn = reasoned(view.kind, view.reason, view.lang, **how)
    else:
        drawn = card(view.kind, view.state, view.lang, **how)
    window.show(theme.widget(in_words(drawn, theme.words), as_fragment=False), dressed=False)
    window.page.evaluate("document.fonts.ready.then(() => true)")
    high = window.page.evaluate("Math.ceil(document.querySelector('main').getBoundingClientRect().height)")
    clip = {"x": 0, "y": 0, "width": view.width, "height": min(high, HEIGHT)}
    picture = window.page.screenshot(clip=clip, animations="disabled", caret="hide")
    return Shot(picture, window.ask("measures"))
