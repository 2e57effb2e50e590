"""The kinds of values in a mapping: templates, ways into JSON, patterns, and what may be written short."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from widgets.oa.rest_bodies import parse_body
from widgets.oa.rest_paths import Way
from widgets.oa.rest_templates import Template
from widgets.settings_values import wrong

T = TypeVar("T")
NAME: Final = r"^[a-z][a-z0-9_]{0,31}$"


def _parsed(read: Callable[[Any], T], kind: type) -> Callable[[object], T]:
    def parse(value: object) -> T:
        if not isinstance(value, kind):
            raise wrong("it must be text in quotes")
        try:
            return read(value)
        except (ValueError, re.error) as error:
            raise wrong(str(error) or "it cannot be read") from None

    return parse


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"it must be a regular expression: {error}") from None


def _in_a_list(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


def _short(value: object) -> object:
    """A table that may be written as the way alone."""
    return {"at": value} if isinstance(value, str | list) else value


def _texts(value: object) -> object:
    """Values to be compared as text: `200` and `"200"` are the same."""
    if isinstance(value, list):
        return [str(each).lower() if isinstance(each, bool | int) else each for each in value]
    return value


@dataclass(frozen=True, slots=True, eq=False)
class _Or:
    """Tells editors what may stand there instead."""

    others: tuple[Mapping[str, Any], ...]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [*self.others, handler(core)]}


@dataclass(frozen=True, slots=True, eq=False)
class _OrOne:
    """Tells editors that one of a list may stand there alone."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        several = handler(core)
        return {"anyOf": [several["items"], several]}


_STRING: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": {"type": "string"}}
_SCALARS: Final = {"type": "array", "items": {"type": ["string", "integer", "boolean"]}}
Written = Annotated[
    Template, BeforeValidator(_parsed(Template.parse, str)), WithJsonSchema({"type": "string"})
]
"""A template."""
Place = Annotated[Way, BeforeValidator(_parsed(Way.parse, str)), WithJsonSchema({"type": "string"})]
"""A way into JSON."""
Pattern = Annotated[
    re.Pattern[str], BeforeValidator(_parsed(_pattern, str)), WithJsonSchema({"type": "string"})
]
"""A regular expression."""
Sent = Annotated[Any, BeforeValidator(_parsed(parse_body, object))]
"""A `Body`."""
Key = Annotated[str, Field(pattern=NAME)]
"""A name that templates may use."""
Words = Annotated[tuple[str, ...], BeforeValidator(_texts), WithJsonSchema(_SCALARS)]
"""Values to be compared with, as text."""
Places = Annotated[tuple[Place, ...], BeforeValidator(_in_a_list), _Or((_STRING,))]
"""Ways, or one."""
AS_LIST: Final = BeforeValidator(_in_a_list)
"""One table may stand for a list of one."""
OR_ONE: Final = _OrOne()
FROM_WAY: Final = BeforeValidator(_short)
"""The way alone may stand for a table."""
OR_WAY: Final = _Or((_STRING, _STRINGS))
