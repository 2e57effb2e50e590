"""Under every call that leaves us: a deadline over the whole body, a byte cap, chosen hosts, a breaker, an agreed rate.

OutboundError         an httpx2.TransportError, so that libraries which know only httpx2 handle it too
├── Slow              not finished within the deadline, connecting and the whole body included
├── Unreachable       no connection, or it broke; or too many calls are under way to that host already
│   ├── Resting       nobody was asked: it failed a moment ago
│   └── Postponed     nobody was asked: the rate that its owner agreed to is used up
└── Refused           it answered, but with something that we do not take: too long, encoded, another host
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

import httpx2

from widgets.links import origin
from widgets.oa.allowance import Allowance
from widgets.oa.breaker import Breaker

Watch: TypeAlias = Callable[[str, float], None]
"""Told of every call that went out: its outcome (`ok`, a status, `slow`, `unreachable`, `refused`), and its seconds."""

DEADLINE: Final = 1.0
"""Seconds for one call, from the wait for a free place to the last byte."""
CAP: Final = 1024 * 1024
"""Bytes of one body."""
PLACES: Final = 16
"""Calls at one time to one host."""
PATIENCE: Final = 0.2
"""Seconds that a call waits for a place: a host that hangs must not collect the rest of the service."""
_DROPPED: Final = frozenset(
    {"set-cookie", "location", "content-encoding", "content-length", "transfer-encoding"}
)
"""Cookies would mix people up; without a Location no redirect is followed; the rest describes the wire."""

_REPEATABLE: Final = frozenset({"GET", "HEAD"})
"""RFC 9110 §9.2.2; of other methods only the caller knows."""


class OutboundError(httpx2.TransportError):
    """The call gave no answer that can be used."""


class Slow(OutboundError):
    pass


class Unreachable(OutboundError):
    pass


class Resting(Unreachable):
    pass


class Postponed(Unreachable):
    pass


class Refused(OutboundError):
    pass


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Wraps a real transport. Bodies are read here, raw, so no caller can forget the deadline or the cap."""

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        *,
        origins: Collection[str],
        deadline: float = DEADLINE,
        cap: int = CAP,
        places: int = PLACES,
        patience: float = PATIENCE,
        breaker: Breaker | None = None,
        allowance: Allowance | None = None,
        watch: Watch | None = None,
        only_asks: bool = False,
    ) -> None:
        """`only_asks`: no call changes anything there, POST or not, so each may be sent twice."""
        self._inner, self._origins = inner, frozenset(origin(one) for one in origins)
        self._breaker, self._allowance, self._watch = breaker, allowance, watch
        self._only_asks = only_asks
        self._deadline, self._cap, self._patience = deadline, cap, patience
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(places))

    def tell(self, watch: Watch) -> None:
        """`watch` is told of every call from now on."""
        self._watch = watch

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The whole answer, body included. Raises OutboundError."""
        place = self._place(request)
        request.headers["accept-encoding"] = "identity"
        request.headers.pop("cookie", None)
        if self._breaker and not await self._breaker.admit():
            raise Resting("it failed a moment ago and is left alone")
        try:
            if self._allowance and not await self._allowance.book():
                raise Postponed("the agreed rate is used up")
            return await self._watched(request, place)
        except BaseException as error:
            self._learn(error)
            raise

    async def _watched(self, request: httpx2.Request, place: asyncio.Semaphore) -> httpx2.Response:
        began = time.monotonic()
        outcome = "cancelled"
        try:
            response = await self._call(request, place)
            outcome = "ok" if response.is_success else str(response.status_code)
        except OutboundError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            if self._watch:
                self._watch(outcome, time.monotonic() - began)
        self._learn(response)
        return response

    def _learn(self, came: httpx2.Response | BaseException) -> None:
        """Tells the breaker how a call ended. Whatever it says, who says something is there."""
        match self._breaker, came:
            case None, _:
                pass
            case breaker, httpx2.Response() if came.status_code == 429 or came.status_code >= 500:
                breaker.failed(_asked_to_wait(came.headers.get("retry-after", "")))
            case breaker, httpx2.Response() | Refused():
                breaker.succeeded()
            case breaker, Postponed():
                breaker.dropped()
            case breaker, OutboundError():
                breaker.failed()
            case breaker, _:
                breaker.dropped()

    async def _call(self, request: httpx2.Request, place: asyncio.Semaphore) -> httpx2.Response:
        try:
            async with asyncio.timeout(self._deadline):
                await self._enter(place)
                try:
                    return await self._exchange(request)
                finally:
                    place.release()
        except OutboundError:
            raise
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise Slow(f"no answer within {self._deadline:g} s") from error
        except (httpx2.TransportError, OSError) as error:
            # Who speaks no HTTP is quoted by the library, byte for byte.
            why = str(error).partition(": bytearray(")[0]
            raise Unreachable(f"{type(error).__name__}: {why}") from error

    def _place(self, request: httpx2.Request) -> asyncio.Semaphore:
        try:
            target = origin(str(request.url))
        except ValueError as error:
            raise Refused("not an http address") from error
        if target not in self._origins:
            raise Refused(f"{target} is not among the configured hosts")
        return self._places[target]

    async def _enter(self, place: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await place.acquire()
        except TimeoutError:
            raise Unreachable("too many calls to this host are under way") from None

    async def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._sent(request)
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _DROPPED]
        # Whoever wants to know where it would have led may read it there; nothing follows it by itself.
        told = {"location": response.headers.get("location", "")}
        return httpx2.Response(
            response.status_code, headers=headers, content=body, request=request, extensions=told
        )

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        """Once more if the other end closed a kept connection just as we used it (RFC 9112 §9.3.1)."""
        wire = _Wire()
        request.extensions["trace"] = wire
        try:
            return await self._inner.handle_async_request(request)
        except (httpx2.RemoteProtocolError, httpx2.NetworkError):
            if wire.is_new or not (self._only_asks or request.method in _REPEATABLE):
                raise
            if self._allowance and not await self._allowance.book():
                raise
        return await self._inner.handle_async_request(request)

    async def _read(self, response: httpx2.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise Refused(f"body is encoded ({encoding[:20]!r}) although identity was asked for")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._cap:
                raise Refused(f"body is longer than {self._cap} bytes")
        return bytes(body)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Wire:
    """Hears by httpcore's trace of a request whether it went out on a connection of its own, or on a kept one."""

    is_new = False

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:
        self.is_new = self.is_new or event.startswith("connection.connect_")


def _asked_to_wait(said: str) -> timedelta | None:
    """`Retry-After`: seconds, or a date (RFC 9110 §10.2.3); None for anything else."""
    if said.isascii() and said.isdigit() and len(said) < 6:
        return timedelta(seconds=int(said))
    try:
        return max(parsedate_to_datetime(said) - datetime.now(UTC), timedelta(0))
    except (ValueError, TypeError, OverflowError):
        return None
