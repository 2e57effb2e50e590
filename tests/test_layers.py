"""The rooms and their doors (architecture §2): who may import whom, checked on the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
MAY_IMPORT: Final[Mapping[str, frozenset[str]]] = {
    "audit": frozenset({"audit"}),
    "auth": frozenset({"audit", "auth"}),
    "widgets": frozenset({"audit", "auth", "widgets"}),
    "demo": frozenset({"audit", "auth", "widgets", "demo"}),
}
OURS: Final = frozenset(MAY_IMPORT) | {"bench", "tests"}
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    # pages: the whole pages that both routes and app answer with; connection: how Quart serves a GET
    "quart": frozenset(
        {"app", "routes", "guard", "theme", "headers", "health", "live", "studio", "pages", "connection"}
        | {
            "desk",
            "entering",
            "leaving",
            "receiving",
            "notices",
        }  # the views that auth.routes gives addresses to
        | {"asked_back"}  # what an OA asks us
        | {"selfcheck"}  # one small page that is none of the theme's
    ),
    "httpx2": frozenset(
        {"outbound", "provider", "login", "cas", "oauth2", "app"}
        | {"transport", "outside"}  # what stands under every client of outbound; the calls of every protocol
        | {"checkup_identity"}  # `portal-widgets check` looks at the centre's pages as a browser does
    ),
    "redis": frozenset(
        {"login", "memory", "live", "redis_client", "redis_cluster"}
        | {"checkup"}  # `portal-widgets check` tries Redis whether or not the service could be built
        | {"allowance", "wakeups", "tickets"}  # an OA's rate, words and tickets, shared by all instances
        | {"bulletin", "pace", "handover", "identity"}  # of the centre for all; attempts and codes of minutes
        | {"reads", "sessions", "ended", "indexes", "vault", "once", "renewal"}  # what a session has there
    ),
}
"""Module names, without their room, that may import a library; `demo` uses what it likes."""
READ_SETTINGS: Final = frozenset(
    {
        "widgets.app",
        "widgets.command",
        "widgets.configured",  # the part that all commands share
        "widgets.checkup",  # the half of the command that asks the outside parties
        "widgets.checkup_identity",
        "widgets.checkup_portals",
        "widgets.identity",  # the half of app that turns [identity] into a centre
        "widgets.sources",  # the half of app that turns [[sources]] into clients
        "widgets.dialects",  # the half of that which knows the products
        "widgets.settings_page",  # makes docs/settings.md
        "widgets.schema",  # makes the JSON Schema of the configuration
    }
)
READ_ENVIRONMENT: Final = frozenset({"widgets.settings"})
ENVIRONMENT: Final = frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})


@dataclass(frozen=True, slots=True)
class Module:
    """One of our files: its dotted name and its syntax."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    def parts(self) -> frozenset[str]:
        """The names by which a rule may know it: `studio` stands for everything in `widgets/studio/`."""
        return frozenset(self.name.split(".")[1:])


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, and where it stands."""

    name: str
    line: int
    inside: bool
    """In a function."""


@cache
def modules(root: Path) -> tuple[Module, ...]:
    return tuple(
        Module(_dotted(path.relative_to(root)), path, ast.parse(path.read_bytes(), str(path)))
        for room in MAY_IMPORT
        for path in sorted((root / room).rglob("*.py"))
    )


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(module: Module) -> tuple[Import, ...]:
    """Every name that an import statement could load, `from a import b` as `a.b`."""
    return tuple(
        Import(name, node.lineno, inside)
        for node, inside in _import_statements(module.tree)
        for name in _named(node, module)
    )


def _import_statements(
    node: ast.AST, inside: bool = False
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Each, and whether it stands in a function."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, inside
    elif isinstance(node, ast.stmt | ast.mod | ast.excepthandler | ast.match_case):  # no expression imports
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            yield from _import_statements(child, inside)


def _named(node: ast.Import | ast.ImportFrom, module: Module) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    start = ".".join([*above, *([node.module] if node.module else [])])
    return [f"{start}.{alias.name}" for alias in node.names]


def offences(root: Path) -> list[str]:
    """`file:line: what is wrong` for each; empty when the house is in order."""
    every = modules(root)
    found = [offence for module in every for offence in _of_one(module, root)]
    return found + _cycles(every, root)


def _of_one(module: Module, root: Path) -> Iterator[str]:
    where = module.path.relative_to(root)
    for each in imports(module):
        for wrong in _wrong(module, each):
            yield f"{where}:{each.line}: {wrong}"
    for line in _reads_environment(module):
        yield f"{where}:{line}: only settings reads the environment"


def _wrong(module: Module, each: Import) -> Iterator[str]:
    top = each.name.partition(".")[0]
    if each.inside:
        yield f"imports {each.name} inside a function"
    if top in OURS and top not in MAY_IMPORT[module.room]:
        yield f"{module.room} must not import {top}"
    if module.room != "demo" and top in ALLOWED and not module.parts() & ALLOWED[top]:
        yield f"{module.name} must not import {top}"
    if _is(each.name, "widgets.settings") and module.name not in READ_SETTINGS and module.room != "demo":
        yield f"{module.name} must not read the settings"


def _is(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def _reads_environment(module: Module) -> Iterator[int]:
    if module.name in READ_ENVIRONMENT or module.room == "demo":
        return
    text = module.path.read_text("utf-8")
    if not any(name in text for name in ENVIRONMENT):  # spares the walk through nine files of ten
        return
    called = {"os"} | _other_names_of_os(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in called:
            yield from [node.lineno] * (node.attr in ENVIRONMENT)
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for alias in node.names if alias.name in ENVIRONMENT)


def _other_names_of_os(tree: ast.Module) -> set[str]:
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    return {
        alias.asname for node in statements for alias in node.names if alias.name == "os" and alias.asname
    }


def _cycles(every: Sequence[Module], root: Path) -> list[str]:
    """One offence for each module from which a way of imports leads back to it."""
    known = {module.name: module for module in every}
    graph = {name: _edges(module, known) for name, module in known.items()}
    return [
        f"{known[name].path.relative_to(root)}:{line}: a cycle of imports leads back here through {first}"
        for name, edges in graph.items()
        for first, line in edges.items()
        if _leads(first, name, graph)
    ]


def _edges(module: Module, known: Mapping[str, Module]) -> dict[str, int]:
    """The modules of ours that it imports itself, with the line."""
    found: dict[str, int] = {}
    for each in imports(module):
        target = each.name if each.name in known else each.name.rpartition(".")[0]
        if target in known and target != module.name:
            found.setdefault(target, each.line)
    return found


def _leads(start: str, goal: str, graph: Mapping[str, Mapping[str, int]]) -> bool:
    seen, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return False


def test_the_house_is_in_order() -> None:
    assert [] == offences(ROOT)


def test_every_room_was_looked_into() -> None:
    assert frozenset(MAY_IMPORT) == {module.room for module in modules(ROOT)}


BAD: Final = [
    ("audit/trail.py", "import auth.session", ["audit must not import auth"]),
    ("audit/trail.py", "from widgets import items", ["audit must not import widgets"]),
    ("auth/guard.py", "from widgets.items import Notice", ["auth must not import widgets"]),
    ("widgets/feed.py", "from demo.people import CAST", ["widgets must not import demo"]),
    ("widgets/feed.py", "import bench", ["widgets must not import bench"]),
    ("demo/oa.py", "import tests.conftest", ["demo must not import tests"]),
    ("widgets/feed.py", "import quart", ["widgets.feed must not import quart"]),
    ("widgets/oa/rest.py", "import httpx2", ["widgets.oa.rest must not import httpx2"]),
    ("auth/claims.py", "from redis.asyncio import Redis", ["auth.claims must not import redis"]),
    ("widgets/feed.py", "from widgets.settings import load", ["widgets.feed must not read the settings"]),
    ("widgets/feed.py", "from widgets import settings", ["widgets.feed must not read the settings"]),
    ("widgets/feed.py", "from .settings import load", ["widgets.feed must not read the settings"]),
    ("widgets/oa/rest.py", "from ..settings import load", ["widgets.oa.rest must not read the settings"]),
    ("widgets/feed.py", "import os; os.environ['A']", ["only settings reads the environment"]),
    ("widgets/feed.py", "import os as o; o.getenv('A')", ["only settings reads the environment"]),
    ("widgets/feed.py", "from os import getenv", ["only settings reads the environment"]),
    ("widgets/feed.py", "def f(): import json", ["imports json inside a function"]),
    ("widgets/feed.py", "class A:\n async def f(self): import json", ["imports json inside a function"]),
    ("widgets/feed.py", "try:\n import quart\nexcept OSError: pass", ["widgets.feed must not import quart"]),
    ("widgets/feed.py", "if 0:\n import auth.x, quart.y", ["widgets.feed must not import quart"]),
]  # fmt: skip
GOOD: Final = [
    ("auth/guard.py", "import quart, audit.trail"),
    ("widgets/studio/pages.py", "import quart"),
    ("widgets/oa/outbound.py", "import httpx2"),
    ("widgets/app.py", "import widgets.settings, httpx2"),
    ("widgets/settings.py", "import os; os.environ['A']"),
    ("demo/oa.py", "import httpx2, os; os.environ['A']"),
    ("widgets/feed.py", "import redistribute, settings_page"),
    ("widgets/feed.py", "import os; os.sep; around.environ"),
]


def _house(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(("name", "text", "expected"), BAD)
def test_an_offence_is_found(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    found = offences(_house(tmp_path, {name: text}))
    assert expected == [offence.split(": ", 1)[1] for offence in found]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_what_is_allowed_is_let_be(tmp_path: Path, name: str, text: str) -> None:
    assert [] == offences(_house(tmp_path, {name: text}))


def test_an_offence_names_the_file_and_the_line(tmp_path: Path) -> None:
    assert ["audit/store.py:2: audit must not import auth"] == offences(
        _house(tmp_path, {"audit/store.py": "import json\nimport auth"})
    )


def test_a_cycle_is_found_from_each_of_its_modules(tmp_path: Path) -> None:
    files = {
        "widgets/__init__.py": "",
        "widgets/a.py": "from widgets import b",
        "widgets/b.py": "import json\nfrom widgets.c import C",
        "widgets/c.py": "from .a import A",
        "widgets/d.py": "import widgets.a",
    }
    assert [
        "widgets/a.py:1: a cycle of imports leads back here through widgets.b",
        "widgets/b.py:2: a cycle of imports leads back here through widgets.c",
        "widgets/c.py:1: a cycle of imports leads back here through widgets.a",
    ] == offences(_house(tmp_path, files))
