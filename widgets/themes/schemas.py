"""JSON Schemas by which an editor completes and explains the files of a theme while they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from widgets.themes.manifest import Manifest
from widgets.themes.served import own
from widgets.themes.words import our_words
from widgets.theming_page import MEANINGS
from widgets.tokens import Tokens

SCHEMAS: Final = Path(__file__).parent
"""Where they ship."""
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_COLOUR: Final[Mapping[str, Any]] = {
    "anyOf": [
        {"type": "string", "pattern": r"^(#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}|\{color\.[a-z-]+\})$"},
        {"type": "object", "required": ["hex"]},
    ]
}
_MEASURE: Final[Mapping[str, Any]] = {"type": ["string", "number", "object", "array"]}


def all_of_them() -> dict[str, str]:
    """The schemas by their file name, as they ship beside this module."""
    return {
        "theme.schema.json": _text("theme.json", Manifest.model_json_schema()),
        "tokens.schema.json": _text("tokens.json", _tokens()),
        "messages.schema.json": _text("messages/zh-CN.json and en.json", _messages()),
    }


def _text(title: str, schema: Mapping[str, Any]) -> str:
    whole = {"$schema": DRAFT, **schema, "title": f"{title} of a theme for portal-widgets"}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _tokens() -> dict[str, Any]:
    ours = Tokens.read(own("tokens.css"))
    groups: dict[str, Any] = {}
    for name, seen in MEANINGS.items():
        group, _, rest = name.partition("-")
        value = ours.light[rest] if group == "color" else ours.other[name]
        kind = _COLOUR if group == "color" else _MEASURE
        groups.setdefault(group, {})[rest] = _token(f"{seen} (ours: {value})", kind)
    return _object({group: _object(tokens) for group, tokens in groups.items()})


def _token(description: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": ["$value"],
        "properties": {"$value": value},
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing but these, and whatever begins with `$`."""
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {r"^\$": True},
        "additionalProperties": False,
    }


def _messages() -> dict[str, Any]:
    chinese, english = our_words()["zh-CN"], our_words()["en"]
    said = {key: {"type": "string", "description": f"{chinese[key]} / {english[key]}"} for key in chinese}
    return _object(said)
