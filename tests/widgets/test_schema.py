"""`portal-widgets schema`: what an editor would call right or wrong is what the service would, as far as shapes go."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from tests.widgets.configuration import RIGHT
from tests.widgets.test_settings_rest import GOOD
from widgets.command import main

ROOT = Path(__file__).parents[2]
FRONT = RIGHT.partition("[[sources]]")[0]
TABLES = [*(ROOT / "demo/sources").glob("*.toml"), *(ROOT / "tests/widgets/oa/mappings").glob("*.toml")]
PRESET = '[[sources]]\nid = "a"\ncampus = "main"\nkind = "rest"\nbase_url = "http://a"\npreset = "flowable"\n'


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(CliRunner().invoke(main, ["schema"]).output)
    Draft202012Validator.check_schema(told)
    return told


@pytest.fixture(scope="module")
def wrong(schema: dict[str, Any]) -> Any:
    """What an editor underlines in a file."""
    validator = Draft202012Validator(schema)
    return lambda text: [error.json_path for error in validator.iter_errors(tomllib.loads(text))]


def test_a_right_configuration_has_nothing_underlined(wrong: Any) -> None:
    assert wrong(RIGHT) == []


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_source_of_the_demo_and_of_the_tests_is_right(wrong: Any, path: Path) -> None:
    """The demo's have `$names` for what differs from run to run; the tests' leave the addresses out."""
    text = re.sub(r"\[\$\w+\]", "[]", path.read_text("utf-8"))
    text = re.sub(r"\$\w+", '"https://a.example"', text)
    if "base_url" not in text:
        text = text.replace("kind =", 'base_url = "https://a.example"\nkind =', 1)
    assert wrong(f"{FRONT}\n{text}") == []


def test_what_a_preset_brings_is_not_missing(wrong: Any) -> None:
    assert wrong(FRONT + PRESET + '[sources.todos.fields]\nurl = "u"\n') == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rows =", "rwos ="),
        ('kind = "rest"', 'kind = "rets"'),
        ("values = [0]", "value = [0]"),
        ('{ env = "OA_KEY" }', '"a literal secret"'),
        ("pages = 2", "pages = 99"),
        ('path = "/api/todo"', "path = 7"),
    ],
)
def test_a_slip_is_underlined(wrong: Any, old: str, new: str) -> None:
    right = f'{FRONT}[[sources]]\nid = "a"\ncampus = "main"\n{GOOD}'
    assert wrong(right) == [] and old in right
    assert wrong(right.replace(old, new, 1)) != []


def keys(place: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(place, dict):
        for name, each in place.get("properties", {}).items():
            yield f"{path}.{name}", each
        for name, each in place.items():
            yield from keys(each, f"{path}.{name}")


def test_every_key_is_explained_where_it_is_written(schema: dict[str, Any]) -> None:
    """Hovering over a key shows the sentence of docs/settings.md, its own or that of its table."""
    tables = {f"#/$defs/{name}": each for name, each in schema["$defs"].items()}
    explained = [
        "description" in each or "description" in tables.get(each.get("$ref", ""), ())
        for path, each in keys(schema)
        if path.startswith(".$defs") and not path.endswith((".env", ".file"))
    ]
    assert (all(explained), len(explained) > 100) == (True, True)


def test_no_secret_and_no_address_of_ours_is_in_it(schema: dict[str, Any]) -> None:
    assert "canary" not in json.dumps(schema)
