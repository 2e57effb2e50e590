"""The calls a second that an OA's owner agreed to: kept by all instances together, evenly spaced, never exceeded.

A call books the next free moment and waits for it. The moments are kept in Redis, by Redis's own clock; while it is
away each instance takes its share of the rate: by the number of instances that asked this OA of late.

Moments lie a tenth further apart than the rate asks for, and a call that comes too late for its own books another:
so the OA never sees more calls in any one second than its owner agreed to, and about nine tenths of them at most.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from typing import Any, Final, Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

LONGEST_WAIT: Final = 5.0
"""Seconds that a call may have to wait; where the next free moment is later, the call is not made at all."""
HEADROOM: Final = 1.1
"""How much further apart: `rate` + 1 calls then span 1.1 s, and fit into no second."""
LATE: Final = (HEADROOM - 1) / 2
"""Seconds that a call may come late: one that is held up longer would meet the next calls and make them too many.

The other half of the headroom is for the way to the OA."""
SEEN: Final = 600
"""Seconds for which an instance counts as one of those that ask."""
_BOOK: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
redis.call('ZADD', KEYS[2], t[1], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', t[1] - ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
local asking = redis.call('ZCARD', KEYS[2])
local free = tonumber(redis.call('GET', KEYS[1]) or '0')
if free < now then free = now end
local wait = free - now
if wait > tonumber(ARGV[2]) then return {-1, asking} end
local left = math.ceil((wait + ARGV[1]) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', free + ARGV[1]), 'PX', left)
return {wait, asking}
"""


class Allowance(Protocol):
    """What a call needs before it goes out."""

    async def book(self) -> bool:
        """Waits for the call's moment; False: it would be too long a wait, and the call must not be made."""


class Shared:
    """One source's rate, in calls a second."""

    def __init__(self, redis: Redis, source: str, rate: float) -> None:
        self._keys = [f"pw:rate:{{{source}}}", f"pw:rate:{{{source}}}:asking"]
        self._rate, self._apart = rate, HEADROOM / rate
        self._name, self._asking = secrets.token_hex(8), 1
        self._script = redis.register_script(_BOOK)
        self._free = 0.0
        """The next free moment of this instance alone, by its own clock."""

    async def book(self) -> bool:
        began = booked = time.monotonic()
        while booked - began <= LONGEST_WAIT and (wait := await self._wait()) is not None:
            await asyncio.sleep(wait)
            if time.monotonic() - booked - wait <= LATE:
                return True
            booked = time.monotonic()
        return False

    async def _wait(self) -> float | None:
        told: list[str | int] = [round(self._apart * 1e6), round(LONGEST_WAIT * 1e6), self._name, SEEN]
        try:
            found: Any = await self._script(keys=self._keys, args=told)
        except (RedisError, OSError) as error:
            log.warning("oa.rate_kept_alone", error=type(error).__name__)
            return self._alone()
        match found:
            case [int(wait), int(asking)]:
                self._asking = max(asking, 1)
                return None if wait < 0 else self._booked(wait / 1e6)
            case _:  # from a connection that is out of step
                return self._alone()

    def _booked(self, wait: float) -> float:
        self._free = max(self._free, time.monotonic() + wait + self._apart)
        return wait

    def _alone(self) -> float | None:
        now = time.monotonic()
        wait = max(self._free - now, 0.0)
        if wait > LONGEST_WAIT:
            return None
        self._free = now + wait + self._apart_alone()
        return wait

    def _apart_alone(self) -> float:
        """Instances that do not hear of each other may each begin in the same second: only whole calls are shared."""
        share = self._rate / self._asking
        return HEADROOM / (math.floor(share) if share >= 1 else share)
