"""The demo OA says whose lists changed, as docs/oa.md asks of a real one: signed, and in nobody's way."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx2

from demo.people import Person
from widgets.oa.outbound import trusted

SECRET: Final = "demo-secret-with-which-the-oa-signs-its-pushes"
PATIENCE: Final = 1.0
"""Seconds that an approval may wait for a service that is away."""


@dataclass(frozen=True, slots=True)
class Pusher:
    """Tells one service."""

    address: str
    """`…/push/<source>`."""
    now: Callable[[], float] = time.time
    http: httpx2.AsyncClient = field(
        default_factory=lambda: httpx2.AsyncClient(verify=trusted(), trust_env=False, timeout=PATIENCE)
    )

    async def __call__(self, people: Iterable[Person]) -> None:
        """Says it once. A service that is away finds out at its next look: never raises."""
        body = json.dumps({"employees": [each.account for each in people if each.account]}).encode()
        with suppress(httpx2.HTTPError):
            await self.http.post(self.address, content=body, headers=signed(body, at=self.now()))


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that go with it. `at`: seconds since 1970, now unless given."""
    told = str(int(1000 * (time.time() if at is None else at)))
    made = hmac.new(secret.encode(), told.encode() + b"." + body, "sha256").hexdigest()
    return {"Content-Type": "application/json", "Push-Timestamp": told, "Push-Signature": made}
