"""One run: a server that stands ready, checked, loaded, and its figures."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from bench.checks import Checked, NotAsMeant, asked_of, check
from bench.processes import HERE, Server, cores, cpu_of, cpu_of_all, free_port, pinned, serving
from bench.scenarios import HIT, PATH, Scenario
from bench.wire import Wire
from bench.world import World

CONNECTIONS: Final = 32
WARM_UP: Final = 1.0
DISTURBED: Final = 0.2
"""Cores used by others above which a run is better done again."""


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one scenario in one round."""

    per_second: float
    p50: float
    """Milliseconds, at saturation: about connections / per_second."""
    p99: float
    cpu: float
    """Microseconds of the server process for each request."""
    busy: float
    """Share of its core that the server used."""
    rss: float
    """MiB of the server process after the load."""
    size: int
    """Octets of one answer, head and body."""
    reads: float
    """Commands to Redis for each request; a retry after a time-out counts too."""
    foreign: float
    """Cores used meanwhile by processes that have nothing to do with the benchmark."""


def body_bytes(world: World) -> int:
    """How long our own widget's body is: what every other scenario has to answer."""
    world.refresh()
    server_core, _ = cores()
    port = free_port()
    with serving(HIT.command(world, port, 0), port, server_core), Wire(port) as wire:
        return len(wire.ask(PATH, HIT.headers(world.people[0])).body)


@dataclass(frozen=True, slots=True)
class Standing:
    """The server of one scenario, up for all rounds. What it uses while others are loaded counts as foreign there."""

    scenario: Scenario
    server: Server
    size: int
    """What a body should have, in octets."""


@contextmanager
def standing(scenario: Scenario, world: World, size: int) -> Iterator[Standing]:
    """Starts it and lets it warm up. Raises NotAsMeant, as `measure`."""
    core, other_core = cores()
    port = free_port()
    world.refresh()
    with serving(scenario.command(world, port, size), port, core) as server:
        _load(scenario, check(scenario, world, port, size), port, WARM_UP, other_core)
        yield Standing(scenario, server, size)


def measure(ready: Standing, world: World, seconds: float) -> Run:
    """Raises NotAsMeant when the server answers anything but what the scenario says."""
    scenario, server = ready.scenario, ready.server
    _, other_core = cores()
    world.refresh()
    checked = check(scenario, world, server.port, ready.size)
    world.redis.config_resetstat()
    used, around, everybody = server.cpu(), cpu_of(world.valkey_pid), cpu_of_all()
    told, loading = _load(scenario, checked, server.port, seconds, other_core)
    used, around = server.cpu() - used, cpu_of(world.valkey_pid) - around
    foreign = max(0.0, cpu_of_all() - everybody - used - around - loading)
    _still_as_meant(scenario, checked, told)
    return Run(
        per_second=told["answered"] / told["seconds"],
        p50=told["p50"],
        p99=told["p99"],
        cpu=used / told["answered"] * 1e6,
        busy=used / told["seconds"],
        rss=server.rss() / 1024,
        size=checked.size,
        reads=sum(asked_of(world.redis).values()) / told["answered"],
        foreign=foreign / told["seconds"],
    )


def _load(
    scenario: Scenario, checked: Checked, port: int, seconds: float, core: int
) -> tuple[Mapping[str, Any], float]:
    """What the load generator tells, and the seconds of CPU that it used itself."""
    job = {
        "port": port,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "status": scenario.status,
        "requests": checked.requests,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(job, file)
        file.flush()
        return _told(file.name, core)


def _told(job: str, core: int) -> tuple[Mapping[str, Any], float]:
    with pinned(["node", str(HERE / "load.mjs"), job], core, stdout=subprocess.PIPE) as process:
        out, _ = process.communicate()
    told: Mapping[str, Any] = json.loads(out)
    return told, float(told["cpu"])


def _still_as_meant(scenario: Scenario, checked: Checked, told: Mapping[str, Any]) -> None:
    """Every answer under load was like those before it, and none was missing."""
    if told["failed"] or not checked.sizes.issuperset(told["sizes"]):
        raise NotAsMeant(
            f"{scenario.key} under load: {told['failed']} of {told['answered']} requests failed,"
            f" answers of {told['sizes']} octets instead of {checked.size}"
        )
