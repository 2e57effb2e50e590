"""The token table: every token of a theme, how its colours contrast, and the nearest tone that would pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from widgets.themes.colour import contrast, nearest_passing
from widgets.tokens import PAIRS, Scheme, Tokens

HEX_DIGITS: Final = frozenset("0123456789ABCDEFabcdef")


@dataclass(frozen=True, slots=True)
class Pair:
    """One colour on another."""

    back: str
    ratio: float
    least: float

    @property
    def passes(self) -> bool:
        return self.ratio >= self.least


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour of the table."""

    name: str
    value: str
    """`#RRGGBB`"""
    pairs: tuple[Pair, ...]
    """What it stands on, the hardest to read first; empty for a ground."""
    nearest: str | None
    """The nearest tone that passes on all of them; None where it passes already, or none does."""

    @property
    def passes(self) -> bool:
        return all(pair.passes for pair in self.pairs)


def swatches(tokens: Tokens, scheme: Scheme, edits: Mapping[str, str]) -> list[Swatch]:
    """The colours of one scheme, with what somebody types put over them."""
    colours = {**(tokens.dark if scheme == "dark" else tokens.light)}
    colours |= {name: value for name, value in edits.items() if name in colours}
    return [_swatch(name, value, colours) for name, value in colours.items()]


def edited(query: Mapping[str, str]) -> dict[str, str]:
    """The colours that a query names, as `#RRGGBB`; what is no colour is not there."""
    return {name: f"#{value.upper()}" for name, value in query.items() if _is_colour(value)}


def _is_colour(digits: str) -> bool:
    return len(digits) == 6 and HEX_DIGITS.issuperset(digits)


def _swatch(name: str, value: str, colours: Mapping[str, str]) -> Swatch:
    pairs = [
        Pair(back, contrast(value, colours[back]), least) for front, back, least in PAIRS if front == name
    ]
    pairs.sort(key=lambda pair: pair.ratio / pair.least)
    return Swatch(name, value, tuple(pairs), _nearest(value, pairs, colours))


def _nearest(value: str, pairs: list[Pair], colours: Mapping[str, str]) -> str | None:
    """Whatever passes on the hardest ground mostly passes on the others too; what does not is no help."""
    for pair in pairs:
        tone = None if pair.passes else nearest_passing(value, colours[pair.back], pair.least)
        if tone and all(contrast(tone, colours[each.back]) >= each.least for each in pairs):
            return tone
    return None
