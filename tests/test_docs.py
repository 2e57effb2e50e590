"""The documentation says what is so, wherever that can be checked: addresses, codes, states, links, examples."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from joserfc.jwk import ECKey
from quart import Quart

from auth.errors import CentreCode, CentreError, SignInCode, SignInUnavailable, TokenCode, TokenRefused
from demo.ways import WAYS, Way
from tests.widgets.configuration import CREDENTIALS, Configuration
from widgets.app import build
from widgets.settings import load
from widgets.settings_page import EXAMPLE
from widgets.studio.snippets import SNIPPETS, Embedding, Snippet
from widgets.theme import Theme
from widgets.theming_page import MEANINGS, renewed
from widgets.tokens import Tokens
from widgets.views import State

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
ROOMS: Final = ("audit", "auth", "widgets", "demo")
CODES: Final = (
    *(CentreError.family + code for code in get_args(CentreCode)),
    *(TokenRefused.family + code for code in get_args(TokenCode)),
    *get_args(SignInCode),
    SignInUnavailable().full_code,
    "origin-foreign",
)
"""Everything that a page of the sign-in room may say."""


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced examples of a page in one language, without the indentation that a list gives them."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    return build(Configuration(tmp_path).load())


def addresses(rule: str) -> Iterator[str]:
    """How a page may write a rule: `any(…)` as each of its words, a path as `…`, a name in angle brackets."""
    parts = re.split(r"<any\(([^)]*)\):\w+>", re.sub(r"<path:\w+>", "…", rule))
    return ("".join(each) for each in product(*(part.split(",") for part in parts)))


def test_every_address_is_named_in_a_page(app: Quart) -> None:
    told = "\n".join(page.read_text("utf-8") for page in PAGES)
    there = {address for rule in app.url_map.iter_rules() for address in addresses(rule.rule)}
    assert [] == [
        address for address in sorted(there) if not re.search(re.escape(address) + r"(?![\w/…])", told)
    ]


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_has_a_row(code: str) -> None:
    """Code, meaning, what to do: none of them empty."""
    assert re.search(rf"^\| `{code}` \| [^|]+ \| [^|]+ \|$", text("identity.md"), re.MULTILINE)


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_has_a_row(state: str) -> None:
    assert re.search(rf"^\| `{state}` \| [^|]+ \| [^|]+ \| \d+ \|$", text("embedding.md"), re.MULTILINE)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.path)
def test_the_snippets_are_the_demo_portals(way: Way) -> None:
    """What browsers are tested with is what a portal is told to write."""
    service, page = "https://widgets.hospital.example", text("embedding.md")
    assert [True, True] == [part in page for part in (way.head_for(service), way.body_for(service, "todos"))]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda each: each.id)
def test_the_snippets_are_what_the_builder_writes(snippet: Snippet) -> None:
    """Each of its parts stands in the page as the builder writes it, and so does what a policy must allow."""
    page, kinds = text("embedding.md"), ("todos", "notices")
    made = Embedding("https://widgets.hospital.example", kinds, {"todos": 480, "notices": 440})
    parts = (snippet.head_for(made), snippet.body_for(made, "todos"))
    assert [True, True] == [part in page for part in parts]
    needs = "; ".join(f"{directive} {places}" for directive, places in snippet.needs.items())
    assert f"| `{needs}` |" in page


def test_the_generated_tables_are_current() -> None:
    """If not: `make docs`."""
    assert renewed(text("theming.md")) == text("theming.md")


def test_a_table_that_nobody_makes_is_noticed() -> None:
    with pytest.raises(KeyError):
        renewed("<!-- generated: nothing -->\n<!-- end -->")


def test_every_token_has_its_meaning() -> None:
    ours = Tokens.read((ROOT / "widgets" / "static" / "tokens.css").read_text("utf-8"))
    assert {*(f"color-{name}" for name in ours.light), *ours.other} == set(MEANINGS)


def test_the_theme_that_is_shown_is_whole(tmp_path: Path) -> None:
    """Tokens, dark tokens, words, a part and a rule of theming.md, as a folder: accepted, and easy to read."""
    page, folder = DOCS / "theming.md", tmp_path / "renmin"
    files = zip(
        ("tokens.json", "tokens.dark.json", "messages/zh-CN.json", "parts/_state_empty.html", "theme.css"),
        [*blocks(page, "json")[:3], blocks(page, "html")[0], blocks(page, "css")[0]],
        strict=True,
    )
    for name, body in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body, "utf-8")
    theme = Theme(tmp_path, "renmin")
    assert ("renmin", ()) == (theme.name, theme.tokens.faint())


def test_the_first_steps_install_the_command_that_they_call() -> None:
    """`make demo` does not bring it. By its name alone pip would take it from a registry where it is not ours."""
    steps = text("theming.md").partition("make demo  ")[2].partition("\n\n")[0].splitlines()
    calls = [n for n, line in enumerate(steps) if ".venv/bin/portal-widgets " in line]
    brings = [n for n, line in enumerate(steps) if "pip install -e '.[check]'" in line]
    assert brings and calls and brings[0] < calls[0]
    assert not [
        page.name for page in DOCS.glob("*.md") if "install 'portal-widgets" in page.read_text("utf-8")
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_every_file_of_a_room_is_in_the_tour(room: str) -> None:
    files = [path for path in sorted((ROOT / room).rglob("*.py")) if path.stat().st_size]
    names = [path.relative_to(ROOT / room).as_posix() for path in files]
    assert [] == [name for name in names if f"`{name}`" not in text("tour.md")]


def test_every_test_that_the_tour_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/.]*)`", text("tour.md"))
    assert [] == [name for name in named if not (ROOT / name).exists()]


def links(page: Path) -> Iterator[str]:
    """Where the page's links and pictures lead within this repository."""
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose)):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert [] == dead


def written(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {written(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def completed(example: dict[str, Any]) -> dict[str, Any]:
    """An example that shows only what it is about, over one that is whole."""
    whole = tomllib.loads(EXAMPLE)
    over = {k: {**whole[k], **v} if isinstance(v, dict) else v for k, v in example.items()}
    return {**whole, **over}


def installed(example: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The example with its secrets and folders in a place that a test has."""
    config = Configuration(folder)
    example["service"]["keys"] = {"file": "keys"}
    example["identity"]["client_secret"] = {"file": str(config.write("oidc-secret", "a secret"))}
    if "client_key" in example["identity"]:
        example["identity"]["client_key"] = {"file": str(config.write("client.pem", CLIENT_KEY))}
    for source in example["sources"]:
        for key, secret in SECRETS.items():
            if key in source:
                source[key] = {"file": str(config.write(f"{key}.secret", secret))}
        for name in source.get("secrets", ()):
            source["secrets"][name] = {"file": str(config.write(f"{name}.secret", "a secret"))}
    if "themes_dir" in example["service"]:
        (folder / "themes" / example["service"]["theme"]).mkdir(parents=True)
        example["service"]["themes_dir"] = str(folder / "themes")
    return example


SECRETS: Final = {
    "credentials": CREDENTIALS,
    "rest_password": "a secret",
    "app_secret": "a" * 32,
    "sso_key": "a secret",
    "push_secret": "0123456789abcdef0123456789abcdef",
}
CLIENT_KEY: Final = ECKey.generate_key("P-256").as_pem(private=True).decode()
EXAMPLES: Final = [(page.name, n, body) for page in PAGES for n, body in enumerate(blocks(page, "toml"), 1)]


@pytest.mark.parametrize(("body"), [e[2] for e in EXAMPLES], ids=[f"{e[0]}-{e[1]}" for e in EXAMPLES])
def test_every_configuration_that_is_shown_can_be_loaded(tmp_path: Path, body: str) -> None:
    example = installed(completed(tomllib.loads(body)), tmp_path)
    path = tmp_path / "portal-widgets.toml"
    path.write_text("\n".join(f"{key} = {written(value)}" for key, value in example.items()), "utf-8")
    assert example["service"]["base_url"] == load(path, {}).service.base_url


def test_the_mapping_that_is_explained_is_the_demos() -> None:
    """So it is also the one that the tests of every dialect run over."""
    whole = max(blocks(DOCS / "oa-rest.md", "toml"), key=len)
    names = re.sub(r"\$\w+", '"x"', (ROOT / "demo" / "sources" / "rest.toml").read_text("utf-8"))
    ours, demos = (tomllib.loads(text)["sources"][0] for text in (whole, names))
    told = ("compute", "headers", "steps", "todos", "notices", "click", "home")
    assert [ours[key] for key in told] == [demos[key] for key in told]


def test_there_are_configurations_to_load() -> None:
    assert len(EXAMPLES) >= 6
