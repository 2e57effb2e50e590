"""Where it was measured: the machine and every version that matters."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from redis import Redis

from bench.processes import HERE

PYTHON_PACKAGES = ("quart", "hypercorn", "h11", "jinja2", "redis", "hiredis", "cryptography", "orjson")


def machine(redis: Redis) -> list[str]:
    """Sentences for above the table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    npm = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    valkey = redis.info("server").get("valkey_version", "?")
    python = ", ".join(f"{name} {version(name)}" for name in PYTHON_PACKAGES)
    peers = ", ".join(f"{name} {number}" for name, number in npm.items())
    return [
        f"{os.cpu_count()} × {_processor()}, {memory:.0f} GiB, Linux {platform.release()}, {_system()}.",
        f"Python {platform.python_version()}: {python}. Valkey {valkey}. Node {node}: {peers}.",
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")


def _system() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "?")
