"""The demo hospital, running: one for the whole test run, honest again before every test that uses it.

Also which tests are integration tests: those that start processes, or ask servers that were started.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import pytest_asyncio

if TYPE_CHECKING:  # the fast tests need no hospital: without it pytest is there a second earlier
    import httpx2

    from demo.world import World
    from tests.staff import Staff

STARTED: Final = frozenset(
    {"running_hospital", "one_pair", "running_products", "running_campuses", "before_opening", "chromium"}
    | {"standing"}
)
"""Fixtures that start servers, instances of the service or a browser."""
FOLDERS: Final = frozenset({"browser", "conformance", "faults", "op", "providers", "redis"})
"""Of tests that start them one by one."""
_running: list[pytest.Item] = []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where the fast tests are asked for alone, those folders are not even read."""
    return True if config.option.markexpr == "not integration" and collection_path.name in FOLDERS else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Tells integration tests by what they use. The others are `make test-fast`."""
    for item in items:
        if STARTED.intersection(getattr(item, "fixturenames", ())) or item.path.parent.name in FOLDERS:
            item.add_marker("integration")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


def _starts_nothing(event: str, arguments: tuple[Any, ...]) -> None:
    """A test that starts a process without saying so fails; the one Valkey of a test run is everybody's."""
    if event != "subprocess.Popen" or not _running or _running[-1].get_closest_marker("integration"):
        return
    if Path(str(arguments[0])).name != "valkey-server":
        raise RuntimeError(f"{_running[-1].name} starts {arguments[0]}: mark it as `integration`")


sys.addaudithook(_starts_nothing)
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # httpx2 asks the disk for it at every request


@pytest.fixture(scope="session", autouse=True)
def _routes() -> Iterator[None]:
    """Every application of a test run shares what werkzeug compiles for routes of one form."""
    from tests.routes import Shared

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quart.Quart.url_rule_class", Shared)
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_hospital() -> AsyncIterator[World]:
    from demo.world import World

    async with World.start(None) as world:
        yield world


@pytest.fixture
def hospital(running_hospital: World) -> World:
    """Every party honest, no list remembered."""
    from redis import Redis

    running_hospital.switches.reset()
    running_hospital.oa.reset()
    with Redis.from_url(running_hospital.valkey.connection_url) as redis:
        redis.flushall()
    return running_hospital


@pytest_asyncio.fixture(loop_scope="session")
async def staff(hospital: World) -> AsyncIterator[Staff]:
    """Somebody's browser without a screen: it keeps cookies, follows redirects, and has not signed in yet."""
    from tests.staff import Staff

    async with Staff.at(hospital) as someone:
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def http(hospital: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller that is nobody."""
    import httpx2

    async with httpx2.AsyncClient(base_url=hospital.local.widgets, trust_env=False) as client:
        yield client
