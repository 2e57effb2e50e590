"""How often one browser may set out for the centre in vain. No browser is ever sent in circles for long."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from redis.asyncio import Redis

SPAN: Final = timedelta(minutes=5)
SILENT: Final = 4
"""Attempts without a page, for one card: people reload a portal's first page a few times before they sign in."""
PRESSED: Final = 10
"""Attempts with a page: somebody changes their mind a few times, a portal that sends them in circles does not stop."""


class Pace:
    """Counts attempts by browser (its binding cookie) and by where they lead. A sign-in that works clears the count."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def allows(self, binding: str, silent: bool, return_path: str) -> bool:
        """Counts one attempt more, and tells whether it may begin. Raises RedisError, OSError."""
        name = _name(binding, silent, return_path)
        async with self._redis.pipeline(transaction=False) as steps:
            steps.set(name, 0, ex=SPAN, nx=True)
            steps.incr(name)
            count = (await steps.execute())[-1]
        return int(count) <= (SILENT if silent else PRESSED)

    async def forget(self, binding: str, silent: bool, return_path: str) -> None:
        """That attempt worked. Raises RedisError, OSError."""
        await self._redis.delete(_name(binding, silent, return_path))


def _name(binding: str, silent: bool, return_path: str) -> str:
    """`binding` is a hash already; which card it is needs not be told to whoever reads Redis."""
    place = hashlib.sha256(f"{binding}\n{silent}\n{return_path}".encode()).hexdigest()
    return f"pw:tries:{place}"
