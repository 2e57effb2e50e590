"""What one sign-in costs the service: /auth/login and /auth/callback, with all that the callback asks of the centre."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from bench.centre import PEOPLE, staff
from bench.checks import NotAsMeant
from bench.installed import HOST
from bench.processes import cores, free_port, serving
from bench.scenarios import AS_A_PROXY_SENDS
from bench.wire import Reply, Wire
from bench.world import World

CENTRE: Final = "sso.hospital.example"
SERVICE: Final = {"Host": HOST, **AS_A_PROXY_SENDS}
WARM_UP: Final = 20
"""Sign-ins before the measured ones: metadata and keys are there then, as in a service that runs."""

_MACHINES: Final = map("10.{0[0]}.{0[1]}.{0[2]}".format, product(range(256), repeat=3))
"""An address for each sign-in, as people have: one machine may not sign in a hundred times a second."""


@dataclass(frozen=True, slots=True)
class SignIns:
    """The figures of one round."""

    cpu: float
    """Milliseconds of the service's process for one sign-in."""
    per_second: float
    """One after the other: two requests here, one at the centre, and what the two say to each other."""


def measure_sign_ins(world: World, seconds: float) -> SignIns:
    """Raises NotAsMeant when a sign-in ends without a session."""
    server_core, other_core = cores()
    port, centre = free_port(), free_port()
    secret = (world.config.parent / "oidc-secret").read_text("utf-8")
    registered = [f"https://{CENTRE}", secret, f"https://{HOST}/auth/callback"]
    ours = [sys.executable, "-m", "bench.ours", str(port), str(_pointed(world.config, centre))]
    with (
        serving([sys.executable, "-m", "bench.centre", str(centre), *registered], centre, other_core),
        serving(ours, port, server_core) as server,
        Wire(port) as service,
        _visits(centre) as (at_centre, visits),
    ):
        _several(service, at_centre, visits, lambda count, _: count < WARM_UP)
        used = server.cpu()
        count, took = _several(service, at_centre, visits, lambda _, took: took < seconds)
        return SignIns((server.cpu() - used) / count * 1e3, count / took)


def _several(
    service: Wire, centre: Wire, visits: list[str], more: Callable[[int, float], bool]
) -> tuple[int, float]:
    """Signs in as long as `more` of (sign-ins so far, seconds so far) says; gives both.

    A machine that stands still for 0.2 s makes ours give Redis up, and a sign-in with it: twice forgiven.
    """
    forgiven, begun, count = iter(range(2)), time.monotonic(), 0
    while more(count, time.monotonic() - begun):
        try:
            sign_in(service, centre, visits[count % PEOPLE])
        except NotAsMeant:
            if next(forgiven, None) is None:
                raise
        count += 1
    return count, time.monotonic() - begun


def sign_in(service: Wire, centre: Wire, visit: str) -> None:
    """One person at a new browser on a machine of their own, whom the centre knows already."""
    person = {**SERVICE, "X-Forwarded-For": next(_MACHINES)}
    begun = service.ask("/auth/login", person)
    sent = centre.ask(_path(begun), {"Host": CENTRE, "Cookie": visit})
    ended = service.ask(_path(sent), {**person, "Cookie": _cookie(begun)})
    if "__Host-pw-session=" not in ended.headers.get("set-cookie", ""):
        raise NotAsMeant(f"a sign-in ended with status {ended.status} and no session")


def told(rounds: list[SignIns]) -> str:
    """The row, as a remark beside the table."""
    cpu, pace = (
        sorted(values) for values in zip(*((each.cpu, each.per_second) for each in rounds), strict=True)
    )
    return (
        f"One sign-in costs the service {median(cpu):.1f} ms of CPU ({cpu[0]:.1f}–{cpu[-1]:.1f}): begin, and callback "
        f"against an honest centre in another process; one after the other {median(pace):,.0f} a second."
    )


def _pointed(config: Path, centre: int) -> Path:
    """The same configuration with a centre that answers."""
    text = config.read_text("utf-8").replace(
        'base_url = "http://127.0.0.1:9"', f'base_url = "http://127.0.0.1:{centre}"', 1
    )
    path = config.with_name("sign-in.toml")
    path.write_text(text, "utf-8")
    return path


@contextmanager
def _visits(centre: int) -> Iterator[tuple[Wire, list[str]]]:
    """A connection to the centre, and the cookies of people who are signed in there."""
    with Wire(centre) as wire:
        yield wire, [_visit(centre, staff(number)) for number in range(PEOPLE)]


def _visit(centre: int, subject: str) -> str:
    form = f"person={subject}"
    lines = (
        "POST /sign-in HTTP/1.1",
        f"Host: {CENTRE}",
        "Connection: close",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(form)}",
    )
    with socket.create_connection(("127.0.0.1", centre), timeout=5) as place:
        place.sendall(("\r\n".join([*lines, "", form])).encode())
        answer = place.makefile("rb").read().decode()
    return (
        next(line for line in answer.splitlines() if line.lower().startswith("set-cookie:"))[11:]
        .split(";")[0]
        .strip()
    )


def _path(reply: Reply) -> str:
    parts = urlsplit(reply.headers.get("location", ""))
    if reply.status != 303 or not parts.query:
        raise NotAsMeant(f"a step of a sign-in answered {reply.status}")
    return f"{parts.path}?{parts.query}"


def _cookie(reply: Reply) -> str:
    return reply.headers["set-cookie"].partition(";")[0]
