"""python -m bench.live: from the OA's push to the changed card while thousands listen, and what a listener costs."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import cycle, islice
from statistics import median
from typing import Final

from bench.checks import NotAsMeant
from bench.listener import Listener, look
from bench.live_world import LiveWorld, live_world
from bench.processes import Server, cores, free_port, serving
from demo.people import Person

FEW: Final = 50
"""Streams that are opened and closed before anything is counted: code is loaded then."""
AT_ONCE: Final = 50
PATIENCE: Final = 30.0
Listeners = dict[Person, Listener]


def main() -> None:
    asked = _asked()
    try:
        print(asyncio.run(_measured(asked.streams, asked.pushes, asked.seconds)))
    except NotAsMeant as error:
        raise SystemExit(f"Nothing was measured. {error}") from None


async def _measured(streams: int, pushes: int, seconds: float) -> str:
    server_core, other_core = cores()
    os.sched_setaffinity(0, {other_core})
    port = free_port()
    async with live_world(streams, port) as world:
        command = [sys.executable, "-m", "bench.ours", str(port), str(world.config)]
        with serving(command, port, server_core) as server:
            await _opened(dict(list(world.cookies.items())[:FEW]), port, closing=True)
            before = server.rss()
            listeners = await _opened(world.cookies, port)
            await asyncio.sleep(2)
            per_stream = (server.rss() - before) / streams
            busy = await _idle(server, seconds)
            chosen = islice(cycle(listeners.items()), 0, None, 7)
            one = [await _pushed(world, *next(chosen), port) for _ in range(pushes)]
            everybody = await _all_pushed(world, listeners)
    return "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d} with {streams:,} open streams on one instance, one core.\n",
            f"- memory: {per_stream:.1f} KiB a stream (resident, {before / 1024:.0f} MiB before the first)",
            f"- idle: {busy:.1%} of a core for all of them, heartbeats included, over {seconds:g} s",
            f"- push → wake-up heard, ms: {_spread([heard for heard, _ in one])}, {pushes} pushes",
            f"- push → changed card received, ms: {_spread([shown for _, shown in one])}",
            f"- one push about {len(everybody):,} people who all listen → each heard, s: "
            f"{_spread([each / 1000 for each in everybody], 1)}",
        ]
    )


async def _opened(cookies: dict[Person, str], port: int, closing: bool = False) -> Listeners:
    """A stream each, some at a time; all must be there at the end."""
    listeners = {person: Listener(cookie) for person, cookie in cookies.items()}
    waiting, reading = list(listeners.values()), []
    while waiting:
        now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        reading += await asyncio.gather(*(each.listen(port) for each in now))
    if closing:
        for each in listeners.values():
            assert each.writer
            each.writer.close()
        await asyncio.wait(reading)
    elif any(task.done() for task in reading):
        raise NotAsMeant("a stream ended while others were opened")
    return listeners


async def _idle(server: Server, seconds: float) -> float:
    """Share of a core while nothing happens."""
    used = server.cpu()
    await asyncio.sleep(seconds)
    return (server.cpu() - used) / seconds


async def _pushed(world: LiveWorld, person: Person, listener: Listener, port: int) -> tuple[float, float]:
    """Milliseconds from the OA's push to the wake-up, and to the card that shows the new item."""
    version = (await look(port, listener.cookie))[1]["widget-version"]
    title = await world.arrives(person)
    listener.heard.clear()
    begun = time.monotonic()
    await world.pusher([person])
    async with asyncio.timeout(PATIENCE):
        await listener.heard.wait()
    status, _, body = await look(port, listener.cookie, version)
    shown = time.monotonic()
    if status != 200 or title.encode() not in body:
        raise NotAsMeant(f"after a push the card was answered {status}, without the new item")
    return (listener.heard_at - begun) * 1000, (shown - begun) * 1000


async def _all_pushed(world: LiveWorld, listeners: Listeners) -> list[float]:
    """Milliseconds until each of a thousand people has heard, after one push about all of them."""
    people = list(listeners)[:1000]
    for person in people:
        listeners[person].heard.clear()
    begun = time.monotonic()
    await world.pusher(people)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(listeners[person].heard.wait() for person in people))
    missed = sum(not listeners[person].heard.is_set() for person in people)
    if missed:
        raise NotAsMeant(f"{missed} of {len(people)} people heard nothing within {PATIENCE:g} s")
    return [(listeners[person].heard_at - begun) * 1000 for person in people]


def _spread(values: Sequence[float], digits: int = 0) -> str:
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return f"median {median(ordered):,.{digits}f}, p99 {p99:,.{digits}f}, most {ordered[-1]:,.{digits}f}"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--streams", type=int, default=2000, help="browsers that listen (default 2000)")
    parser.add_argument("--pushes", type=int, default=200, help="pushes about one person each (default 200)")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long to watch idle streams (default 30)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
