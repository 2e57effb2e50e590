"""Every state of both cards as HTML, and what a card must have to work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from widgets.theme import Theme
from widgets.theme_check.html import Element, read
from widgets.themes.samples import LISTED, every, every_reason, in_words
from widgets.views import State, WidgetView

HEADING: Final = 3
"""Another level than any that a theme would write by itself."""
_BANNERED: Final[tuple[State, ...]] = (
    "partial",
    "stale",
    "failed",
    "signed-out",
    "forbidden",
    "not-configured",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One card as it was drawn."""

    view: WidgetView[Any]
    root: Element
    unclosed: list[Element]
    size: int
    """Bytes of the whole document, gzipped."""

    @property
    def name(self) -> str:
        """As people say it: `todos/stale zh-CN`."""
        return f"{self.view.name}/{self.view.state} {self.view.lang}"

    @property
    def part(self) -> str:
        """The part that is this state's alone."""
        return f"_state_{'stale' if self.view.state == 'partial' else self.view.state}.html"

    def all(self) -> Iterator[Element]:
        yield from self.root.walk()

    def having(self, attribute: str) -> list[Element]:
        return [each for each in self.all() if each.has(attribute)]


def cards(theme: Theme, gzipped: Any) -> list[Drawn]:
    """Both widgets in every state and language, and where they say why."""
    made = []
    plain = (*every(heading=HEADING), *every_reason(heading=HEADING))
    for view in (in_words(each, theme.words) for each in plain):
        document = theme.widget(view, as_fragment=False)
        html = inner(document)
        made.append(Drawn(view, *read(html), len(gzipped(document.encode()))))
    return made


def inner(document: str) -> str:
    """The card of a whole document."""
    return document.partition("<main>")[2].rpartition("</main>")[0]


def lacking(card: Drawn) -> Iterator[tuple[str, str, str]]:
    """What the card does not have and needs: the part, what is missing, and how it is written."""
    view = card.view
    heads = [each for each in card.all() if each.get("id") == f"{view.uid}-h"]
    if not heads or not heads[0].spoken:
        yield "_head.html", "has no title with the id of the card's name", 'id="{{ w.uid }}-h"'
    if not card.having("data-pw-refresh"):
        yield "_head.html", "cannot be refreshed", "data-pw-refresh"
    if view.state in LISTED:
        part = "_todo.html" if view.name == "todos" else "_notice.html"
        yield from ((part, *each) for each in _rows(card))
    if view.as_of and not card.having("data-pw-updated"):
        yield "_foot.html", "does not say how old the list is", "data-pw-updated"
    if view.as_of and not card.having("data-pw-pause"):
        yield "_foot.html", "cannot be paused (WCAG 2.2.2)", "data-pw-pause"
    if view.state in _BANNERED and not any(each.spoken for each in card.having("data-pw-banner")):
        yield card.part, "does not say what is wrong", "data-pw-banner"
    for href, what in (
        (view.sign_in_url, "has no way to sign in"),
        (view.direct_url if view.state == "failed" else None, "has no way to the OA"),
    ):
        if href and href not in [each.get("href") for each in card.all()]:
            yield card.part, what, f'href="{href}"'


def _rows(card: Drawn) -> Iterator[tuple[str, str]]:
    there = {each.get("id"): each for each in card.all() if each.is_classed("pw-item")}
    for row in card.view.items:
        drawn = there.get(f"{card.view.uid}-{row.id}")
        if drawn is None:
            yield "a row is not drawn, or has lost its id", 'id="{{ w.uid }}-{{ row.id }}"'
            return
        links = [each for each in drawn.walk() if each.is_classed("pw-link")]
        if row.title not in drawn.text:
            yield "a row does not show its whole title", "{{ row.title }}"
        elif row.href and [row.href] != [each.get("href") for each in links]:
            yield "a row does not have one link", 'a class="pw-link" href="{{ row.href }}"'
        elif not any(each.tag == "time" and each.get("datetime") for each in drawn.walk()):
            yield "a row does not say when", "time datetime="
        else:
            continue
        return
