"""What the parts of a theme may make out of what they are given: short texts, in few steps.

A theme is tried before it is used, yet a part may do in one card what it did in no trial. Texts, joins and loops are
therefore measured while the card is drawn; whatever grows past the bound fails, and is drawn by its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from string import Formatter
from typing import Any, Final

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined, markup_join, str_join
from markupsafe import Markup

LONGEST, LONGEST_MADE = 65_536, 8_192
"""Characters of one text: as it is written, and as it is put together from others."""
STEP: Final = 16
"""What one turn of a loop costs, in characters written."""
LARGEST: Final = 1_000_000
"""The largest number that is reckoned with."""
_PLAIN: Final = (str, int, float, bool, type(None), Undefined)
"""Values that may be written; a list that holds itself many times is a long text."""


def length(value: Any) -> int:
    """Characters of a value once it is written. Raises SecurityError for what is no plain value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, _PLAIN):
        return 20
    raise SecurityError("only texts and numbers are written")


def fits(total: int, most: int = LONGEST_MADE) -> None:
    """Raises SecurityError when a text would be too long."""
    if total > most:
        raise SecurityError(f"a text may have {most} characters")


def joined(pieces: Iterable[Any]) -> str:
    """What Jinja's `~` calls, within bounds."""
    kept = list(pieces)
    fits(sum(map(length, kept)))
    return markup_join(kept) if any(hasattr(piece, "__html__") for piece in kept) else str_join(kept)


def concatenated(pieces: Iterable[str]) -> str:
    """What Jinja makes a `{% set %}` block with, within bounds."""
    kept: list[str] = []
    total = 0
    for piece in pieces:
        total += len(piece)
        fits(total, LONGEST)
        kept.append(piece)
    return "".join(kept)


def written(write: Callable[[Any], str]) -> Callable[[Any], str]:
    """What Jinja calls for `{{ … }}`, for plain values alone."""

    def bounded(value: Any) -> str:
        fits(length(value), LONGEST)
        return write(value)

    return bounded


def filtered(name: str, apply: Callable[..., Any], spend: Callable[[int], None]) -> Callable[..., Any]:
    """A filter of Jinja, within bounds. `wraps` keeps the marks by which Jinja knows what it passes first."""

    @wraps(apply)
    def bounded(*given: Any, **named: Any) -> Any:
        values = [value for value in (*given, *named.values()) if isinstance(value, str)]
        spend(1 + sum(map(len, values)))
        if name == "replace":
            fits(_most_replaced(values))
        elif name == "join":
            _check_join(given, named)
        made = apply(*given, **named)
        if isinstance(made, str):
            fits(len(made), LONGEST)
        return made

    return bounded


def _most_replaced(values: Sequence[str]) -> int:
    text, old, new = (*values, "", "", "")[:3]
    return len(text) + text.count(old) * len(new)


def _check_join(given: Sequence[Any], named: dict[str, Any]) -> None:
    """The context, the values, and what stands between them."""
    values = list(given[1]) if len(given) > 1 else []
    between = named.get("d", given[2] if len(given) > 2 else "")
    fits(sum(map(length, values)) + length(between) * len(values))


def formatted(text: str, format_: Callable[..., str]) -> Callable[..., str]:
    """`text.format`, within bounds. `{n:999999999}` is a long text, so places take no format."""
    places = list(Formatter().parse(text))
    if any(spec or conversion for _, _, spec, conversion in places):
        raise SecurityError("places take no format: write {n}")

    def bounded(*given: Any, **named: Any) -> str:
        most = max(map(length, (*given, *named.values())), default=0)
        fits(len(text) + len(places) * most * (5 if isinstance(text, Markup) else 1))
        return format_(*given, **named)

    return bounded


def joining(between: str, join: Callable[..., str]) -> Callable[..., str]:
    """`between.join`, within bounds."""

    def bounded(values: Iterable[Any]) -> str:
        kept = list(values)
        fits(sum(map(length, kept)) + len(between) * len(kept))
        return join(kept)

    return bounded


def reckoned(operator: str, left: Any, right: Any) -> None:
    """Raises SecurityError for an operation whose result may be large."""
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        fits(len(left) + len(right))
    elif not all(isinstance(side, int | float) and abs(side) <= LARGEST for side in (left, right)):
        raise SecurityError(f"{operator} is for small numbers")
    elif operator == "**":
        raise SecurityError("** is not for themes")


def counted(tree: nodes.Template) -> nodes.Template:
    """The tree with every loop going through the filter `steps`, which counts."""
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, "steps", [], [], None, None, lineno=loop.lineno)
        loop.iter.environment = tree.environment
    return tree


def steps(values: Iterable[Any], spend: Callable[[int], None]) -> Iterator[Any]:
    """The values, each told to `spend`."""
    for value in values:
        spend(STEP)
        yield value
