"""theme.json: what a theme says of itself. The schema that editors check it with is made from this model."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from widgets.names import NAME
from widgets.views import Language

Name = Annotated[str, Field(pattern=NAME)]
Label = Annotated[str, Field(min_length=1, max_length=80)]
Mode = Literal["light", "dark"]
API: Final = "1"
"""The version of everything that docs/theming.md promises: a theme for 1 runs on every 1.x service."""
_RIGHT: Final = {
    "string_pattern_mismatch": "it must be written as {pattern}",
    "extra_forbidden": "there is no such key",
    "missing": "it is missing",
}


class Manifest(BaseModel):
    """One theme.json."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True
    )

    schema_: Annotated[str, Field(alias="$schema")] = ""
    """Where an editor finds this schema: `./schemas/theme.schema.json`."""
    name: Annotated[
        dict[Language, Label], BeforeValidator(lambda v: {"zh-CN": v} if isinstance(v, str) else v)
    ] = {}
    """What people call the theme, by language. The folder's name is what addresses and settings call it."""
    version: Annotated[str, Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")] = "0.0.0"
    """Your own count, three numbers: higher is newer."""
    api: Literal["1"] = API
    """The version of the promises of docs/theming.md that the theme was made for."""
    extends: Name = "default"
    """The theme that it builds on: a folder beside it, or `default`."""
    modes: tuple[Mode, ...] = ("light", "dark")
    """`light`, or `light` and `dark`. A theme without `dark` is light on dark screens too."""
    campuses: dict[Name, Name] = {}
    """By campus the name of its variant: `{"east": "river"}` takes `variants/river.tokens.json`."""
    author: Label | None = None
    """Whom to ask."""
    license: Label | None = None
    """Who may use it."""
    description: Annotated[str, Field(max_length=500)] | None = None
    """What it is, in a sentence."""

    @field_validator("modes")
    @classmethod
    def _light_is_there(cls, modes: tuple[Mode, ...]) -> tuple[Mode, ...]:
        if "light" not in modes:
            raise ValueError("light must be one of them")
        return modes


def read(raw: dict[str, Any]) -> Manifest:
    """The manifest. Raises ValueError with a sentence for each mistake, joined by semicolons."""
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise ValueError("; ".join(map(_sentence, error.errors(include_url=False)))) from None


def _sentence(found: Any) -> str:
    key = ".".join(map(str, found["loc"]))
    right = _RIGHT.get(found["type"], found["msg"][:1].lower() + found["msg"][1:])
    return f"{key}: {right.format(**found.get('ctx', {}))}"
