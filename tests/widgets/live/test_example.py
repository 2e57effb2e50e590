"""The worked example of docs/oa.md: what an integrator pastes into a shell is taken by the service."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from demo.oa_push import SECRET, signed
from demo.people import HAN
from tests.staff import Staff
from tests.widgets.live.ear import Ear
from tests.widgets.live.pair import Pair

pytestmark = pytest.mark.asyncio(loop_scope="session")
PAGE: Final = (Path(__file__).parents[3] / "docs" / "oa.md").read_text("utf-8")
PUSH: Final = PAGE[PAGE.index("## Push") : PAGE.index("## Not confirmed")]


@pytest.mark.skipif(not (shutil.which("openssl") and shutil.which("curl")), reason="needs openssl and curl")
async def test_the_shell_example_is_taken_and_wakes_somebody(
    pair: Pair, staff: Staff, tmp_path: Path
) -> None:
    """The page's own lines, with this hospital's address, secret and 工号."""
    secret = tmp_path / "push"
    secret.write_text(SECRET + "\n")
    found = re.search(r"```sh\n(.*?)```", PUSH, re.DOTALL)
    assert found
    script = found[1].replace("/run/secrets/main-oa.push", str(secret)).replace("10203", HAN.account or "")
    script = script.replace("https://widgets.hospital.example", pair.world.local.widgets)
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        shell = await asyncio.create_subprocess_exec(
            "bash", "-euc", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert (b"204\n", b"") == await shell.communicate()
        await ear.hears("todos")


async def test_the_known_answer_is_right() -> None:
    """Secret, timestamp, body and signature that an integrator tests their own code with."""
    secret, timestamp, body, signature = re.search(  # type: ignore[union-attr]
        r"secret `(\w+)`, the timestamp `(\d+)` and the body `(.+?)` the signature is\n`(\w+)`", PUSH
    ).groups()
    assert signature == signed(body.encode(), secret, int(timestamp) / 1000)["Push-Signature"]
