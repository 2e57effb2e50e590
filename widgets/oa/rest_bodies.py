"""JSON of a request as a mapping writes it: templates wherever a text stands, and JSON inside a text.

`{ json_string = … }` stands for a text that holds the JSON of what is in it, as some systems want it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from widgets.oa.rest_templates import Find, Template

JSON_STRING: Final = "json_string"


@dataclass(frozen=True, slots=True)
class JsonString:
    """Becomes a text that holds the JSON of `inner`."""

    inner: Body


Body: TypeAlias = "Template | JsonString | Mapping[str, Body] | tuple[Body, ...] | int | float | bool"


class Unfilled(Exception):
    """A name in a template has no value; it is the message."""


def parse_body(value: object) -> Body:
    """Raises ValueError for a template that is none, and for values that JSON does not have (times of TOML)."""
    if isinstance(value, str):
        return Template.parse(value)
    if isinstance(value, dict) and value.keys() == {JSON_STRING}:
        return JsonString(parse_body(value[JSON_STRING]))
    if isinstance(value, dict):
        return {str(key): parse_body(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return tuple(parse_body(each) for each in value)
    if isinstance(value, bool | int | float):
        return value
    raise ValueError("it must be text, a number, true, false, a list or a table")


def templates(body: Body) -> Iterator[Template]:
    """Every template in it."""
    if isinstance(body, Template):
        yield body
    elif isinstance(body, JsonString):
        yield from templates(body.inner)
    elif isinstance(body, Mapping):
        yield from (each for value in body.values() for each in templates(value))
    elif isinstance(body, tuple):
        yield from (each for value in body for each in templates(value))


def filled(body: Body, find: Find) -> object:
    """The value to be sent. Raises Unfilled, and ValueError when a function cannot do it."""
    if isinstance(body, Template):
        value = body.value(find)
        if value is None:
            raise Unfilled(body.text)
        return value
    if isinstance(body, JsonString):
        return json.dumps(filled(body.inner, find), ensure_ascii=False, separators=(",", ":"))
    if isinstance(body, Mapping):
        return {key: filled(value, find) for key, value in body.items()}
    if isinstance(body, tuple):
        return [filled(value, find) for value in body]
    return body


def as_parameter(body: Body, find: Find) -> str:
    """The value of a query or form parameter: a text as it is, everything else as JSON."""
    value = filled(body, find)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
