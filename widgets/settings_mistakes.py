"""What pydantic found wrong, as sentences to act on. The value of a secret is never among the words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from widgets.names import NAME, NAME_TOLD
from widgets.settings_values import HIDDEN, SHOWN

_RIGHT: Final[Mapping[str, str]] = {
    "string_type": "it must be text in quotes",
    "string_too_short": "it must not be empty",
    "string_pattern_mismatch": f"it must be {NAME_TOLD}",
    "tuple_type": "it must be a list in [ ]",
    "dict_type": "it must be a table",
    "model_type": "it must be a table",
    "model_attributes_type": "it must be a table",
    "path_type": "it must be the path of a folder in quotes",
    "too_short": "it must have at least one entry",
}
_MAY_HOLD_SECRETS: Final = {HIDDEN, "dict_type", "model_type", "model_attributes_type"}
_TAGGED: Final = {"union_tag_not_found", "union_tag_invalid"}
_LONGEST: Final = 80


def sentences(error: ValidationError, raw: Mapping[str, Any], whole: type[BaseModel]) -> list[str]:
    """One sentence for each error, in the order of the settings; `raw` was checked against `whole`."""
    every = error.errors(include_url=False)
    return [_sentence(found, raw, whole) for found in every if not _follows(found, every)]


def _follows(found: ErrorDetails, every: list[ErrorDetails]) -> bool:
    """Whether an error is only the consequence of another: a default that had nothing to be made from, and a
    list that is too short because its entries are wrong."""
    if found["type"] == "too_short":
        depth = len(found["loc"])
        return any(len(each["loc"]) > depth and each["loc"][:depth] == found["loc"] for each in every)
    return found["type"] == "default_factory_not_called"


def _sentence(found: ErrorDetails, raw: Mapping[str, Any], whole: type[BaseModel]) -> str:
    context = found.get("ctx", {})
    if found["type"] in _TAGGED:
        return _of_no_kind(found, raw)
    way = (*found["loc"], *context.get("below", ()))
    key = _key(_as_written(way, raw), raw)
    if found["type"] == "missing":
        return f"{key} is missing: {_meaning(way, whole)}"
    if found["type"] == "extra_forbidden":
        return f"{key} is not a setting: {_nearest(way, whole)}."
    shown = _shown(context.get("value", found["input"]), found["type"])
    return f"{key}{shown}: {_right(found)}."


def _of_no_kind(found: ErrorDetails, raw: Mapping[str, Any]) -> str:
    """A table whose kind is missing, or is none that we know (a tagged union of pydantic)."""
    tag = found["ctx"]["discriminator"].strip("'")
    key = _key((*found["loc"], tag), raw)
    if found["type"] == "union_tag_not_found":
        return f"{key} is missing: it decides what the other keys are."
    right = found["ctx"]["expected_tags"].replace("'", '"')
    return f"{key}{_shown(found['ctx']['tag'], '')}: it must be one of {right}."


def _as_written(loc: tuple[int | str, ...], raw: Any) -> tuple[int | str, ...]:
    """The way to a key as the file has it: pydantic puts the kind of a table in between."""
    way: list[int | str] = []
    for step in loc:
        place = raw
        for each in way:
            place = _below(place, each)
        if not (isinstance(place, dict) and place.get("kind") == step and step not in place):
            way.append(step)
    return tuple(way)


def _key(way: tuple[int | str, ...], raw: Any) -> str:
    """`sources["main-oa"].base_url`: tables of a list go by their id where they have one."""
    key, place = "", raw
    for n, step in enumerate(way):
        place = _below(place, step)
        if isinstance(step, str):
            key += f".{step}" if key else step
        else:
            name = place.get("id") if isinstance(place, dict) and way[n + 1 :] != ("id",) else None
            named = isinstance(name, str) and re.match(NAME, name)
            key += f'["{name}"]' if named else f"[{step}]"
    return key


def _below(place: Any, step: int | str) -> Any:
    try:
        return place[step]
    except (KeyError, IndexError, TypeError):
        return None


def _shown(value: object, kind: str) -> str:
    if kind in _MAY_HOLD_SECRETS or (kind == "tuple_type" and "{" in str(value)):
        return ""
    if isinstance(value, dict | list | tuple):
        return " is empty" if not value else ""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f" is {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}"


def _right(found: ErrorDetails) -> str:
    kind = found["type"]
    if kind in (SHOWN, HIDDEN):
        return found["msg"]
    if kind == "literal_error":
        return f"it must be {found['ctx']['expected']}".replace("'", '"')
    return _RIGHT.get(kind) or found["msg"][:1].lower() + found["msg"][1:]


def _table_at(way: tuple[int | str, ...], whole: type[BaseModel]) -> type[BaseModel]:
    """The model that a way leads into; where there are several kinds of it, the way names one."""
    found = [whole]
    for step in way:
        if chosen := [model for model in found if isinstance(step, str) and _kind(model) == (step,)]:
            found = chosen
        elif isinstance(step, str) and step in found[0].model_fields:
            found = _models(found[0].model_fields[step].annotation) or found
    return found[0]


def _kind(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in get_args(annotation) for model in _models(each)]


def _meaning(way: tuple[int | str, ...], whole: type[BaseModel]) -> str:
    """What the missing key is for: its own description, or the one of its table."""
    fields = _table_at(way[:-1], whole).model_fields
    return fields[str(way[-1])].description or f"the table [{way[-1]}] is needed."


def _nearest(way: tuple[int | str, ...], whole: type[BaseModel]) -> str:
    known = list(_table_at(way[:-1], whole).model_fields)
    close = get_close_matches(str(way[-1]), known, n=1)
    return f"the nearest is {close[0]}" if close else "there are " + ", ".join(known)
