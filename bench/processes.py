"""Processes on one core each, and what the kernel says that they used (proc(5))."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PATIENCE: Final = 20.0
"""Seconds until a server that does not listen counts as broken."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """One server process under test."""

    pid: int
    port: int

    def cpu(self) -> float:
        return cpu_of(self.pid)

    def rss(self) -> int:
        """Resident memory in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def cpu_of(pid: int) -> float:
    """Seconds of CPU that the process has used so far, its own and the kernel's for it: utime + stime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_of_all() -> float:
    """Seconds of CPU that everybody on this machine has used so far."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq) / _TICKS


def cores() -> tuple[int, int]:
    """One core for the server, one for everything around it."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("The benchmark needs two cores: one for the server, one for the load and Valkey.")
    return allowed[0], allowed[1]


def pinned(command: Sequence[str], core: int, stdout: int | None = None) -> subprocess.Popen[str]:
    """Starts a command that stays on that core with all its threads."""
    pin = partial(os.sched_setaffinity, 0, {core})
    return subprocess.Popen(command, cwd=HERE.parent, text=True, stdout=stdout, preexec_fn=pin)


@contextmanager
def serving(command: Sequence[str], port: int, core: int) -> Iterator[Server]:
    """A fresh server process for the block, on that core and listening."""
    process = pinned(command, core)
    try:
        _listening(process, port)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def _listening(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"The server did not start: {process.args!r}")
