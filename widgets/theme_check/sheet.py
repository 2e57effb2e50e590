"""One document with both widgets' cards in every state, for a browser to measure at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from widgets.items import Kind
from widgets.theme import Theme
from widgets.theme_check.drawn import inner
from widgets.themes.samples import KINDS, STATES, card, in_words
from widgets.views import Language, Scheme, State

SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Sheet:
    """All states of one widget in one language and scheme."""

    name: Kind
    lang: Language
    scheme: Scheme
    html: str

    @property
    def label(self) -> str:
        return f"{self.name} {self.scheme} {self.lang}"


def sheets(theme: Theme, states: Sequence[State] = STATES) -> list[Sheet]:
    """A theme without dark has no dark sheets."""
    modes = [scheme for scheme in SCHEMES if scheme in theme.overrides.manifest.modes]
    languages: tuple[Language, ...] = ("zh-CN", "en")
    return [
        Sheet(name, lang, scheme, _document(theme, name, lang, scheme, states))
        for name in KINDS
        for scheme in modes
        for lang in languages
    ]


def _document(theme: Theme, name: Kind, lang: Language, scheme: Scheme, states: Sequence[State]) -> str:
    views = [
        in_words(card(name, state, lang, scheme=scheme, uid=f"pw-{name}-{state}"), theme.words)
        for state in states
    ]
    drawn = [theme.widget(view, as_fragment=False) for view in views]
    head, _, rest = drawn[0].partition("<main>")
    return head + "<main>" + "".join(map(inner, drawn)) + "</main>" + rest.rpartition("</main>")[2]
