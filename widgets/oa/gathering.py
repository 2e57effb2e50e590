"""What every dialect does alike with a person and with the rows of an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeVar

from auth.principal import Principal
from widgets.items import Notice, Reference, TodoItem
from widgets.links import rebuild
from widgets.oa import OABadAnswer, OADenied, OAForeign
from widgets.oa.reading import fields, identifier

PAGE: Final = 50
"""Items asked for; a card shows no more (the contract's §4)."""
MOST: Final = 4 * PAGE
"""Items read of one answer, should it hold more than was asked for: reading ten thousand would hold everybody up."""
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
Row = Mapping[str, object]
T = TypeVar("T")


def account(who: Principal) -> str:
    """The 工号, fit to stand in an address or a question. Raises OADenied when there is none."""
    if who.account is None:
        raise OADenied("nobody without a 工号 is known to the OA")
    if identifier(who.account) != who.account:
        raise OADenied("工号 with characters that no OA knows")
    return who.account


def own_address(item: Reference, open_url: str, allowed: Collection[str]) -> str:
    """The address that the item came with. Raises OABadAnswer where it is not one of this OA."""
    url = rebuild(item.url, open_url, allowed)
    if url is None:
        raise OABadAnswer("the item's address is not one of this OA")
    return url


def kept(listed: Iterable[object], read: Callable[[Row], T | None]) -> tuple[list[T], int]:
    """Those of the first `MOST` that could be read, and the number of those that could not."""
    results = [read(fields(row)) for row in islice(listed, MOST)]
    found = [item for item in results if item is not None]
    return found, len(results) - len(found)


def owned(listed: Iterable[object], foreign: Callable[[object], bool]) -> tuple[list[object], int]:
    """The rows that are not another person's, and the number of those that are. Raises OAForeign if all are."""
    every = list(islice(listed, MOST))
    mine = [row for row in every if not foreign(row)]
    strange = len(every) - len(mine)
    if strange and not mine:
        raise OAForeign("list", strange)
    return mine, strange


def newest(items: Iterable[TodoItem]) -> tuple[TodoItem, ...]:
    """To-dos, the newest first; those without an arrival last."""
    return tuple(sorted(items, key=lambda item: (item.received_at or _EARLIEST, item.id), reverse=True))


def latest(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Notices, the newest first."""
    return tuple(sorted(notices, key=lambda notice: (notice.published_at, notice.id), reverse=True))


def counted(value: object, at_least: int) -> int | None:
    """A number of items as an OA says it; None when it is none, or less than there are before us."""
    digits = identifier(value) or ""
    number = int(digits) if digits.isdecimal() and len(digits) <= 7 else -1
    return number if number >= at_least else None
