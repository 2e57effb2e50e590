"""The environment over the file: `PORTAL_WIDGETS__SERVICE__BASE_URL` replaces `base_url` of `[service]`."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from typing import Any


def overlaid(
    raw: dict[str, Any], environ: Mapping[str, str], prefix: str
) -> tuple[dict[str, Any], list[str]]:
    """The file's tables with the environment's values put in, and a sentence for each name that fits nowhere.

    Tables of a list are counted from 0: `…__SOURCES__0__BASE_URL`. A value beginning with `[` or `{` is TOML.
    """
    result, mistakes = copy.deepcopy(raw), []
    for name in sorted(environ):
        if name.startswith(prefix):
            *way, last = name.removeprefix(prefix).lower().split("__")
            place = _walk(result, way)
            if not _put(place, last, _value(environ[name])):
                mistakes.append(
                    f"{name} of the environment fits no key: it must be like {prefix}SERVICE__BASE_URL."
                )
    return result, mistakes


def _walk(place: Any, way: list[str]) -> Any:
    for step in way:
        if isinstance(place, dict):
            place = place.setdefault(step, {})
        else:
            place = place[int(step)] if _counted(place, step) else None
    return place


def _put(place: Any, last: str, value: Any) -> bool:
    if isinstance(place, dict):
        place[last] = value
    elif _counted(place, last):
        place[int(last)] = value
    else:
        return False
    return True


def _counted(place: Any, step: str) -> bool:
    return isinstance(place, list) and step.isascii() and step.isdigit() and int(step) < len(place)


def _value(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
