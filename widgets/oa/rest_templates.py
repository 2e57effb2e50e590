"""Templates of a mapping: text with names in braces, `Bearer {login.token}`, and functions, `{plain|md5|upper}`.

A name is one of `BUILT_IN`, one of the mapping's own `compute`, or has a first part that says where it is from:
`secret.`, `value.`, `row.`, or a step's name. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote

from widgets.oa.rest_signing import FUNCTIONS, Value, applied, as_bytes, as_text

PERSON: Final = frozenset({"account", "subject", "name"})
"""Who asks: 工号, the centre's `sub`, and what the person is called."""
MOMENT: Final = frozenset({"now", "now_s", "now_ms", "uuid", "nonce"})
"""Made once for each request, so that a signature and what it signs agree."""
REQUEST: Final = frozenset({"body", "params"})
"""For signatures: the exact body; the parameters in order of their names, as `a=1&b=2`, without computed ones."""
PAGING: Final = frozenset({"page", "size", "offset", "cursor"})
CLICK: Final = frozenset({"url", "path", "id"})
"""For single sign-on: the item's address, the same without the host, its id."""
BUILT_IN: Final = PERSON | MOMENT | REQUEST | PAGING | CLICK
Find: TypeAlias = Callable[[str], Value | None]
"""The value of a name; None: there is none just now."""
_BODY: Final = "body"
_HOLE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Call:
    """One function after a bar. `names` are values that it takes besides, `text` what is written after its colon."""

    name: str
    names: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hole:
    """A name in braces, and what is done to its value."""

    name: str
    calls: tuple[Call, ...] = ()

    def value(self, find: Find) -> Value | None:
        """Raises ValueError when a function cannot do it."""
        value = find(self.name)
        for call in self.calls:
            given = [find(name) for name in call.names]
            if value is None or None in given:
                return None
            literal: list[Value] = [call.text] if FUNCTIONS[call.name].literal else []
            value = applied(call.name, value, [each for each in given if each is not None] + literal)
        return value


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template, and how it was written."""

    text: str
    parts: tuple[str | Hole, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises ValueError for braces that do not match, and for functions that do not exist."""
        return cls(text, tuple(_parts(text)))

    def names(self) -> Iterator[str]:
        """Every name that it needs."""
        for hole in self.holes():
            yield hole.name
            yield from (name for call in hole.calls for name in call.names)

    def holes(self) -> Iterator[Hole]:
        return (part for part in self.parts if isinstance(part, Hole))

    def write(self, find: Find) -> str | None:
        """The text; None when a name has no value. Raises ValueError when a function cannot do it."""
        return self._written(find, lambda hole, text: text)

    def write_address(self, find: Find) -> str | None:
        """The same for a part of an address: values are percent-encoded, except after `|raw`."""
        return self._written(find, _quoted)

    def value(self, find: Find) -> Value | None:
        """A number stays one where nothing stands around it, and with `{body}` everything is bytes: for signatures."""
        if any(hole == Hole(_BODY) for hole in self.holes()):
            return self._bytes(find)
        if len(self.parts) == 1 and isinstance(self.parts[0], Hole):
            value = self.parts[0].value(find)
            return value if value is None or isinstance(value, int) else as_text(value)
        return self.write(find)

    def _bytes(self, find: Find) -> bytes | None:
        found = [part if isinstance(part, str) else part.value(find) for part in self.parts]
        known = [as_bytes(each) for each in found if each is not None]
        return b"".join(known) if len(known) == len(found) else None

    def _written(self, find: Find, form: Callable[[Hole, str], str]) -> str | None:
        written = []
        for part in self.parts:
            value = part if isinstance(part, str) else part.value(find)
            if value is None:
                return None
            written.append(value if isinstance(part, str) else form(part, as_text(value)))
        return "".join(str(each) for each in written)


def _quoted(hole: Hole, text: str) -> str:
    return text if hole.calls and hole.calls[-1].name == "raw" else quote(text, safe="", errors="replace")


def _parts(text: str) -> Iterator[str | Hole]:
    end = 0
    for found in _HOLE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        end = found.end()
        if found[0] in ("{{", "}}"):
            yield found[0][0]
        elif found[1] is None:
            raise ValueError("a brace stands alone: a name goes into { }, a brace itself is written twice")
        else:
            yield _hole(found[1])
    if end < len(text):
        yield text[end:]


def _hole(inside: str) -> Hole:
    name, *calls = (each.strip() for each in inside.split("|"))
    if not name:
        raise ValueError("{} has no name in it")
    return Hole(name, tuple(_call(each) for each in calls))


def _call(written: str) -> Call:
    name, _, rest = written.partition(":")
    function = FUNCTIONS.get(name)
    if function is None:
        raise ValueError(f"there is no function {name}, there are {', '.join(FUNCTIONS)}")
    if function.literal:
        if not rest:
            raise ValueError(f"{name} needs something after a colon")
        return Call(name, text=rest)
    names = tuple(each.strip() for each in rest.split(",")) if rest else ()
    if len(names) != function.wants:
        raise ValueError(f"{name} takes {function.wants} names after a colon, and has {len(names)}")
    return Call(name, names)
