"""The cards of the studio: samples, whose links and refreshes stay in the studio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any, Final, get_args

from widgets.items import Kind
from widgets.studio.choice import Choice
from widgets.theme import Theme
from widgets.themes.samples import REASONED, card, in_words, odd, reasoned
from widgets.views import Language, State, WidgetView

STATES: Final[tuple[str, ...]] = get_args(State)
_ODD_NAMES: Final = ("bare", "strange", "many", "zero", "bare", "long", "unnamed", "blank", "number")
ODD: Final[Mapping[tuple[Kind, str], WidgetView[Any]]] = {
    (view.name, name): view for name, view in zip(_ODD_NAMES, odd(), strict=False)
}
"""Cards that real life has too, by widget and name: no details, strange texts, many rows. In Chinese only."""


def names(widget: Kind) -> list[str]:
    """What a widget can be looked at in: the contract's states, those that say why, then the odd cards."""
    return [*STATES, *REASONED, *(name for kind, name in ODD if kind == widget)]


def sample(choice: Choice, theme: Theme) -> WidgetView[Any] | None:
    """The card of a view in the theme's words, its look in the version so that refreshes notice a change; None when
    there is no such state."""
    layout, odd_one = choice.layout, ODD.get((choice.widget, choice.state))
    plain = odd_one or _usual(choice.widget, choice.state, layout.lang)
    if plain is None:
        return None
    made = in_words(plain, theme.words)
    rows = made.items[: layout.limit] if odd_one else _as_many(made.items, layout.limit)
    total = made.total and max(made.total, len(rows))
    return replace(
        made,
        items=tuple(replace(row, href=row.href and _leads(choice)) for row in rows),
        total=total,
        total_text=made.total_text if total == made.total else str(total),
        src=choice.document(),
        version=f"sample.{theme.look}",
        scheme=layout.scheme,
        size=layout.size,
        heading=layout.heading,
        framed=True,
        masked=layout.mask == "on",
        more_url=made.more_url and _leads(choice),
        direct_url=made.direct_url and _leads(choice),
        sign_in_url=made.sign_in_url and _leads(choice),
    )


def _usual(widget: Kind, name: str, lang: Language) -> WidgetView[Any] | None:
    if name in REASONED:
        return reasoned(widget, name, lang)
    return card(widget, name, lang) if name in STATES else None  # type: ignore[arg-type]  # it is one of them


def _as_many(rows: Sequence[Any], limit: int) -> list[Any]:
    """As many rows as were asked for, the few that there are again and again, each under an id of its own."""
    return [replace(row, id=f"{n:02x}{row.id[2:]}") for n, row in enumerate(islice(cycle(rows), limit))]


def _leads(choice: Choice) -> str:
    return choice.tool("sample")


def drawn(theme: Theme, choice: Choice, view: WidgetView[Any], as_fragment: bool) -> str:
    """The card as production draws it, but for its link to the stream of wake-ups: samples have none.

    The mark stands below the card in a document, where nobody takes it for a part of it.
    """
    html = theme.widget(view, as_fragment, campus=choice.layout.campus)
    stream = theme.asset("live.js")
    html = html.replace(f' data-pw-needs="{stream}"', "")
    return html.replace("</main>", "</main>\n<p>示例数据 · Sample data</p>", 1)
