"""What the fields of a mapping must look like, found at start: a sentence for each that cannot work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from widgets.links import origin, rebuild
from widgets.oa.rest import Mapped
from widgets.oa.rest_fields import Item
from widgets.oa.rest_items import URGENCIES


def items(mapped: Mapped) -> Iterator[tuple[str, Item]]:
    """Every field that is there, with its key."""
    for key, listed in (("todos", mapped.todos), ("notices", mapped.notices)):
        for name in type(listed.fields).model_fields if listed else ():
            item = getattr(listed.fields, name) if listed else None
            if item is not None:
                yield f"{key}.fields.{name}", item


def unfit(mapped: Mapped, open_url: str, also_open: Iterable[str]) -> Iterator[str]:
    """Sentences that begin with the key of a field."""
    allowed = {origin(open_url), *(origin(each) for each in also_open)}
    for key, item in items(mapped):
        if not (item.at or item.text or item.otherwise):
            yield f"{key} says nothing: it must have at or text."
        if (item.choose or item.map or item.above) and not (item.at or item.text):
            yield f"{key}.at is missing: it says what decides."
        for bound in item.above:
            if not re.fullmatch(r"-?\d+(\.\d+)?", bound):
                yield f'{key}.above has "{bound}": it must be a number.'
        name = key.rpartition(".")[2]
        if name == "urgency":
            yield from _urgency(key, item)
        if name in ("url", "mobile_url"):
            yield from _address(key, item, open_url, allowed)
        if name.endswith("_at"):
            yield from _formats(key, item)


def _urgency(key: str, item: Item) -> Iterator[str]:
    said = [*item.map.values(), *item.above.values(), *([item.otherwise.text] if item.otherwise else [])]
    for value in said:
        if value not in URGENCIES:
            yield f'{key} has "{value}": it must be critical, high or normal.'


def _address(key: str, item: Item, open_url: str, allowed: set[str]) -> Iterator[str]:
    for template in (item.text, item.otherwise, *item.choose.values()):
        written = template.write_address(lambda name: "0") if template else None
        first = template.parts[0] if template and template.parts else ""
        if template and isinstance(first, str) and rebuild(written or "", open_url, allowed) is None:
            yield f'{key} has "{template.text}": it must begin with / or with an address that is allowed.'


def _formats(key: str, item: Item) -> Iterator[str]:
    for form in item.formats:
        if form not in ("iso", "epoch") and "%" not in form:
            yield f'{key}.formats has "{form}": it must be iso, epoch or a pattern such as %Y-%m-%d %H:%M.'
