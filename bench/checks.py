"""Is it what we mean to measure? 200 people ask each server before its load, and Valkey counts too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from redis import Redis

from bench.people import MARK, Person
from bench.scenarios import PATH, Scenario
from bench.wire import Reply, Wire
from bench.world import World


@dataclass(frozen=True, slots=True)
class Checked:
    """A scenario that answers as it should: the requests to load it with, and the octets of its answers."""

    requests: list[dict[str, Any]]
    sizes: frozenset[int]
    """Every length that an answer may have: sealed links of different people differ by a few octets."""

    @property
    def size(self) -> int:
        """The longest."""
        return max(self.sizes)


ALIKE: Final = 0.005
"""By this share of its length a body may differ from the others."""


class NotAsMeant(Exception):
    """A server answered something else than the scenario says; nothing may be measured."""


def check(scenario: Scenario, world: World, port: int, body_bytes: int) -> Checked:
    """Asks as each person once. `body_bytes` is how long the body of a 200 must be."""
    with Wire(port) as wire:
        paths = [_path(scenario, wire, person) for person in world.people]
        if scenario.status == 204:
            _only_for_its_owner(scenario, wire, world.people, paths)
        world.redis.config_resetstat()
        replies = [wire.ask(p, scenario.headers(who)) for p, who in zip(paths, world.people, strict=True)]
        asked = asked_of(world.redis)
    _as_meant(asked, {"mget": len(paths)} if scenario.reads else {}, f"{scenario.key}: commands to Redis")
    _same_everywhere(scenario, replies, body_bytes)
    _as_meant({"set-cookie" in reply.headers for reply in replies}, {scenario.idle}, "a cookie sealed anew")
    if scenario.personal:
        for person, reply in zip(world.people, replies, strict=True):
            _own_titles(person, reply)
    requests = [
        {"path": path, "headers": scenario.headers(person)}
        for path, person in zip(paths, world.people, strict=True)
    ]
    return Checked(requests, frozenset(reply.size for reply in replies))


def asked_of(redis: Redis) -> dict[str, int]:
    """Calls of each command on data since the last reset; what a new connection says is left out."""
    calls = {
        name.removeprefix("cmdstat_"): int(stat["calls"]) for name, stat in redis.info("commandstats").items()
    }
    greetings = ("hello", "client", "info", "config", "select", "ping", "command")
    return {name: count for name, count in calls.items() if not name.startswith(greetings)}


def _path(scenario: Scenario, wire: Wire, person: Person) -> str:
    if scenario.status != 204:
        return PATH
    return f"{PATH}&v={wire.ask(PATH, scenario.headers(person)).headers['widget-version']}"


def _only_for_its_owner(
    scenario: Scenario, wire: Wire, people: Sequence[Person], paths: Sequence[str]
) -> None:
    """With somebody else's version the card must come whole: 204 is worth nothing if everybody gets it."""
    for person, path in zip(people, [*paths[1:], paths[0]], strict=True):
        _as_meant(
            wire.ask(path, scenario.headers(person)).status, 200, f"{scenario.key}: somebody else's version"
        )


def _same_everywhere(scenario: Scenario, replies: Sequence[Reply], body_bytes: int) -> None:
    length = 0 if scenario.status == 204 else body_bytes
    _as_meant({reply.status for reply in replies}, {scenario.status}, f"{scenario.key}: status")
    wrong = {len(reply.body) for reply in replies if abs(len(reply.body) - length) > length * ALIKE}
    _as_meant(wrong, set(), f"{scenario.key}: bytes of a body that should have {length}")


def _own_titles(person: Person, reply: Reply) -> None:
    shown = MARK.findall(unescape(reply.body.decode()))
    _as_meant(set(shown), person.marks, f"titles shown to {person.account}")


def _as_meant(actual: object, expected: object, what: str) -> None:
    if actual != expected:
        raise NotAsMeant(f"{what}: {actual!r} instead of {expected!r}")
