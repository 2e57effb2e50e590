"""An instance that is told to stop while browsers listen, whichever command serves it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from demo.people import HAN
from demo.places import listening, port
from tests.staff import Staff
from tests.widgets.live.ear import Ear
from tests.widgets.live.pair import Pair

APP = "widgets.app:create_app()"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["-m", "widgets.command", "serve", "--server"], signal.SIGINT),
        (["-m", "hypercorn", APP, "-c"], signal.SIGTERM),
    ],
)
async def test_its_streams_end_and_nothing_is_cut(
    pair: Pair, staff: Staff, tmp_path: Path, command: list[str], told: signal.Signals
) -> None:
    """Each stream is brought to its end, so that browsers come again elsewhere; the log has no trace of it."""
    with listening(0) as place:
        at = f"http://127.0.0.1:{port(place)}"
    server = tmp_path / "hypercorn.toml"
    server.write_text(f'bind = "{at[7:]}"\nworkers = 0\ngraceful_timeout = 15\n')
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        str(server),
        env={**os.environ, "PORTAL_WIDGETS_CONFIG": str(pair.world.config)},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert process.stderr
    try:
        while b"Running on" not in (line := await asyncio.wait_for(process.stderr.readline(), 30)):
            assert line, "it ended before it served"
        await staff.sign_in(HAN)
        there = at.replace("127.0.0.1", "widgets.hospital.localhost")
        async with Ear.at(staff, there) as ear, Ear.at(staff, there) as other:
            process.send_signal(told)
            assert ([], []) == (await ear.ends(), await other.ends())
            assert (False, False) == (ear.cut, other.cut)
        _, log = await asyncio.wait_for(process.communicate(), 20)
        assert (0, False) == (process.returncode, b"Traceback" in log)
    finally:
        if process.returncode is None:
            process.kill()
