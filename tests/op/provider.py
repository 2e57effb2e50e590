"""The real npm `oidc-provider` as a running identity centre."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from demo.grants import Client
from demo.people import PEOPLE, Person

HERE = Path(__file__).parent
PATIENCE = 20.0
"""Seconds until a provider that does not listen counts as broken."""
ATTEMPTS = 3


@asynccontextmanager
async def real_provider(
    issuer: str,
    port: int,
    clients: Iterable[Client],
    people: Sequence[Person] = PEOPLE,
    registered: Mapping[str, Any] = MappingProxyType({}),
) -> AsyncIterator[None]:
    """The provider on 127.0.0.1:`port` under the name `issuer`, until the block ends.

    `registered` is added to what it knows of each client; None takes a member away. Raises RuntimeError when it
    does not start.
    """
    node = shutil.which("node")
    if node is None or not (HERE.parent / "node_modules" / "oidc-provider").is_dir():
        raise RuntimeError("Node 20+ and `npm ci` in tests/ are needed for the real OpenID provider")
    known = [part for each in clients for part in ("--client", json.dumps(_with(registered, each)))]
    cast = json.dumps([claims(each) for each in people])
    command = ["provider.mjs", "--port", str(port), "--issuer", issuer, "--people", cast, *known]
    process = await _started([node, *command])
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _started(command: Sequence[str]) -> asyncio.subprocess.Process:
    """The provider, listening. Its port was free a moment ago; somebody else may hold it for another."""
    for _ in range(ATTEMPTS):
        process = await asyncio.create_subprocess_exec(
            *command, cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert process.stdout is not None
        if await asyncio.wait_for(process.stdout.readline(), PATIENCE) == b"ready\n":
            return process
        await process.wait()
        await asyncio.sleep(1)
    raise RuntimeError("the real OpenID provider did not start; run tests/op/provider.mjs by hand")


def _with(registered: Mapping[str, Any], client: Client) -> dict[str, Any]:
    merged = {**registration(client), **registered}
    return {name: value for name, value in merged.items() if value is not None}


def registration(client: Client) -> dict[str, Any]:
    """A client as the provider's configuration wants it."""
    called = (
        {"backchannel_logout_uri": client.backchannel_logout_uri} if client.backchannel_logout_uri else {}
    )
    return {
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        **called,
    }


def claims(person: Person) -> dict[str, Any]:
    """What the provider says about somebody; no 工号 stays absent."""
    number = {"employee_no": person.account} if person.account else {}
    return {"sub": person.subject, "name": person.name, "roles": person.roles, **number}
