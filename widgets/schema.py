"""`portal-widgets schema`: a JSON Schema of the configuration, by which editors complete and check the file."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from pydantic.json_schema import JsonSchemaValue

from widgets.settings import Settings

REFERENCE: Final[JsonSchemaValue] = {
    "description": 'A secret is never written here: { env = "NAME" } or { file = "path" }.',
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {"env": {"type": "string"}, "file": {"type": "string"}},
}
_FROM_A_PRESET: Final = (
    "Todos",
    "Notices",
    "TodoFields",
    "NoticeFields",
    "Step",
    "Count",
    "Request",
    "Owner",
    "One",
)
"""Tables whose keys may all come from a preset: an editor must not call them missing."""


_KEYS: Final = ("Registration", "ClientKeys")
"""What files hold that is more than a text: it is named by reference, too."""


def schema() -> str:
    """The schema as JSON (draft 2020-12)."""
    told = _as_toml(Settings.model_json_schema())
    for name in _FROM_A_PRESET:
        told["$defs"][name].pop("required", None)
    told["$defs"] |= dict.fromkeys(_KEYS, REFERENCE)
    used = set(re.findall(r"#/\$defs/(\w+)", json.dumps(told)))
    told["$defs"] = {name: each for name, each in told["$defs"].items() if name in used}
    return json.dumps(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **told}, ensure_ascii=False, indent=2
    )


def _as_toml(value: Any) -> Any:
    """Secrets become references to them; `null`, which TOML does not have, is left out, and so are titles."""
    if isinstance(value, list):
        return [_as_toml(each) for each in value if each != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    if value.get("format") == "password":
        return REFERENCE
    kept = {key: _as_toml(each) for key, each in value.items() if not _is_noise(key, each)}
    match kept.get("anyOf"):
        case [only]:
            return {**only, **{key: each for key, each in kept.items() if key != "anyOf"}}
    return kept


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
