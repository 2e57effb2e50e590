"""`python -m demo` as somebody uses it: one address, and nothing left behind."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from demo.places import Places, PortTaken, listening

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.integration


async def demo(base: int) -> asyncio.subprocess.Process:
    """The command, its output captured."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "demo", "--port-base", str(base)]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=pipe)


def four_free() -> int:
    """The first of four ports in a row that nobody has."""
    for base in range(18_100, 28_100, 100):
        with suppress(PortTaken), Places.take(base):
            return base
    raise AssertionError("no four ports in a row are free")


async def test_it_prints_the_portal_and_stops_at_an_interrupt() -> None:
    base = four_free()
    process = await demo(base)
    assert process.stdout is not None
    told = b""
    while b"Ctrl-C" not in told and (line := await asyncio.wait_for(process.stdout.readline(), 30)):
        told += line
    assert f"http://portal.hospital.localhost:{base}/" in told.decode()
    process.send_signal(signal.SIGINT)
    _, complaints = await asyncio.wait_for(process.communicate(), 10)
    assert (complaints.decode(), process.returncode) == ("", 0)


async def test_a_taken_port_is_said_in_a_sentence() -> None:
    base = four_free()
    with listening(base):
        process = await demo(base)
        _, told = await asyncio.wait_for(process.communicate(), 30)
    assert told.decode().startswith(f"Port {base} is in use")
