"""What CAS servers write in XML, read with suspicion: no DTD, no entity, no depth, nothing outside its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

_DEEPEST: Final = 12
_MOST: Final = 2000
_LONGEST: Final = 256 * 1024
_SUCCESS: Final = ("serviceResponse", "authenticationSuccess")
_FAILURE: Final = ("serviceResponse", "authenticationFailure")

Texts = Mapping[tuple[str, ...], list[str]]
"""The texts of a document by the way to their element, local names only."""


@dataclass(frozen=True, slots=True)
class Success:
    """The server vouched for `user`."""

    user: str
    attributes: Mapping[str, str | list[str]]
    """As sent; a name that stands there more than once has a list."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The server refused the ticket."""

    code: str


def read_validation(body: bytes) -> Success | Failure | None:
    """The answer of `serviceValidate` (CAS Protocol 3.0 §2.5.2); None for anything that is none."""
    read = _read(body)
    if read is None:
        return None
    texts, codes = read
    users, failures = texts.get((*_SUCCESS, "user"), []), texts.get(_FAILURE, [])
    if len(users) == 1 and users[0] and not failures:
        return Success(users[0], _attributes(texts, codes))
    if len(failures) == 1 and not users:
        return Failure("".join(codes.get(_FAILURE, {}).get("code", [])))
    return None


def read_logout_request(text: str) -> str | None:
    """The ticket whose session is over (CAS Protocol 3.0 §2.3.3); None for anything that is no logout request."""
    read = _read(text.encode(errors="replace"))
    indexes = read[0].get(("LogoutRequest", "SessionIndex"), []) if read else []
    return indexes[0] or None if len(indexes) == 1 else None


def _attributes(
    texts: Texts, codes: Mapping[tuple[str, ...], Mapping[str, list[str]]]
) -> dict[str, str | list[str]]:
    """`<cas:name>value</cas:name>`, or `<cas:attribute name="…" value="…"/>` of older servers."""
    place = (*_SUCCESS, "attributes")
    found = {way[-1]: values for way, values in texts.items() if way[:-1] == place and way[-1] != "attribute"}
    named = codes.get((*place, "attribute"), {})
    for name, value in zip(named.get("name", []), named.get("value", []), strict=False):
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


class _Document:
    """Collects texts and XML attributes while expat reads. Raises ValueError for what we do not read."""

    def __init__(self) -> None:
        self.texts: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self.marks: defaultdict[tuple[str, ...], defaultdict[str, list[str]]]
        self.marks = defaultdict(lambda: defaultdict(list))
        self._way: list[str] = []
        self._said: list[list[str]] = []
        self._count = 0

    def begin(self, name: str, marks: Mapping[str, str]) -> None:
        self._count += 1
        self._way.append(name.rpartition(" ")[2])
        self._said.append([])
        if len(self._way) > _DEEPEST or self._count > _MOST:
            raise ValueError("too deep, or too much")
        for key, value in marks.items():
            self.marks[tuple(self._way)][key.rpartition(" ")[2]].append(value)

    def say(self, text: str) -> None:
        if self._said:
            self._said[-1].append(text)

    def end(self, name: str) -> None:
        self.texts[tuple(self._way)].append("".join(self._said.pop()).strip())
        self._way.pop()

    def forbid(self, *_: object) -> None:
        raise ValueError("a document type of its own")


def _read(body: bytes) -> tuple[Texts, Mapping[tuple[str, ...], Mapping[str, list[str]]]] | None:
    document, parser = _Document(), ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = document.begin, document.end
    parser.CharacterDataHandler = document.say
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = document.forbid
    try:
        if len(body) > _LONGEST:
            raise ValueError("too long")
        parser.Parse(body, True)
    except (ExpatError, ValueError, LookupError):
        return None
    return document.texts, document.marks
