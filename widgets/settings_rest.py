"""`[[sources]]` of kind `rest`: any other OA, as its mapping describes it; presets are mappings that we ship."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from widgets.oa.rest import Mapped
from widgets.oa.rest_checks import disagreements
from widgets.oa.rest_kinds import Key, Written
from widgets.oa.rest_mapping import Click, Home, Notices, Request, Step, Todos
from widgets.oa.rest_plan import System
from widgets.settings_secrets import Secret
from widgets.settings_source import Source
from widgets.settings_values import SHOWN, Origin, Text

PRESETS: Final = Path(__file__).parent / "oa" / "presets"


def presets() -> list[str]:
    """The names that `preset` may have."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


class RestSource(Source):
    kind: Literal["rest"]
    """Any other OA, by configuration alone: see docs/oa.md."""
    preset: Text | None = None
    """A mapping that comes along, `flowable`, `camunda7` or `jeecg-notices`; keys given here override its own."""
    also_open: tuple[Origin, ...] = ()
    """Further origins that links may lead to, besides `open_url`."""
    secrets: dict[Key, Secret] = Field(default_factory=dict)
    """What templates may use as `{secret.<name>}`."""
    values: dict[Key, Text] = Field(default_factory=dict)
    """What templates may use as `{value.<name>}`."""
    compute: dict[Key, Written] = Field(default_factory=dict)
    """What templates may use as `{<name>}`, made anew for each request: signatures, for instance."""
    headers: dict[Text, Written] = Field(default_factory=dict)
    """Go with every request, except with those steps that they themselves need."""
    steps: dict[Key, Step] = Field(default_factory=dict)
    """Requests whose answers others need: a token, the OA's own id of a person."""
    todos: Todos | None = None
    """How the to-dos are asked for, and where things are in the answer."""
    notices: Notices | None = None
    """The same for the notices."""
    click: Click = Click()
    """What a click adds so that people arrive signed in."""
    home: Home = Home()
    """The OA's own pages with the whole lists."""
    ping: Request | None = None
    """What `portal-widgets check` asks; without it the steps that need no person, or just `/`."""

    @model_validator(mode="before")
    @classmethod
    def _over_its_preset(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        whole = _merged(_preset(raw["preset"]), raw) if isinstance(raw.get("preset"), str) else dict(raw)
        fed = [name for name in ("todos", "notices") if name in whole]
        return {"widgets": fed, **whole} if fed else whole

    def mapped(self) -> Mapped:
        """The mapping with its secrets in place."""
        texts = {f"secret.{name}": each.get_secret_value() for name, each in self.secrets.items()}
        texts |= {f"value.{name}": each for name, each in self.values.items()}
        system = System(texts, self.compute, self.headers, self.steps)
        home = {"todos": self.home.todos, "notices": self.home.notices}
        return Mapped(
            system=system,
            todos=self.todos,
            notices=self.notices,
            click=self.click,
            ping=self.ping,
            home={"todos": home["todos"], "notices": home["notices"]},
        )

    def disagreements(self) -> Iterator[str]:
        for name in self.widgets:
            if getattr(self, name) is None:
                yield f"{name} is missing: it must say how that widget gets its list, or widgets must leave it out."
        yield from disagreements(self.mapped(), self.open_url, self.also_open)


@cache
def _preset(name: str) -> Mapping[str, Any]:
    if name not in presets():
        known = " or ".join(f'"{each}"' for each in presets())
        right = f"it must be {known}"
        raise PydanticCustomError(SHOWN, "{right}", {"right": right, "below": ("preset",), "value": name})
    return tomllib.loads((PRESETS / f"{name}.toml").read_text("utf-8"))


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; everything else of `over` replaces what stands in `under`."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = _merged(under[key], over[key])
    return both
