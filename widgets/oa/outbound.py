"""The one HTTP client: whatever the other end does, a call ends in time, in bounded memory, where we chose.

    OutboundError         an httpx2.TransportError, so that libraries which know only httpx2 handle it too
    ├── Slow              not finished within the deadline, connecting and the whole body included
    ├── Unreachable       no connection, or it broke; or too many calls are under way to that host already
    └── Refused           it answered, but with something that we do not take: too long, encoded, another host

`ask` and `Answer.accepted` are what a dialect calls: they say the same in words of `OAError`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlencode

import httpx2

from widgets.links import origin
from widgets.oa import OABadAnswer, OADenied, OATooSlow, OAUnavailable

HttpClient: TypeAlias = httpx2.AsyncClient
"""What dialects hold; made by `client` only."""

DEADLINE: Final = 1.0
"""Seconds for one call, from the wait for a free place to the last byte."""
CAP: Final = 1024 * 1024
"""Bytes of one body."""
PLACES: Final = 16
"""Calls at one time to one host."""
PATIENCE: Final = 0.2
"""Seconds that a call waits for a place: a host that hangs must not collect the rest of the service."""
_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_DROPPED: Final = frozenset(
    {"set-cookie", "location", "content-encoding", "content-length", "transfer-encoding"}
)
"""Cookies would mix people up; without a Location no redirect is followed; the rest describes the wire."""


class OutboundError(httpx2.TransportError):
    """The call gave no answer that can be used."""


class Slow(OutboundError):
    pass


class Unreachable(OutboundError):
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
    ) -> None:
        self._inner, self._origins = inner, frozenset(origin(one) for one in origins)
        self._deadline, self._cap, self._patience = deadline, cap, patience
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(places))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The whole answer, body included. Raises OutboundError."""
        place = self._place(request)
        request.headers["accept-encoding"] = "identity"
        request.headers.pop("cookie", None)
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
            raise Unreachable(f"{type(error).__name__}: {error}") from error

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
        response = await self._inner.handle_async_request(request)
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _DROPPED]
        return httpx2.Response(response.status_code, headers=headers, content=body, request=request)

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


def guarded(
    origins: Collection[str],
    *,
    deadline: float = DEADLINE,
    cap: int = CAP,
    places: int = PLACES,
    verify: ssl.SSLContext | bool = True,
    inner: httpx2.AsyncBaseTransport | None = None,
) -> GuardedTransport:
    """The network as far as these origins (`scheme://host[:port]`); `inner` replaces it in tests.

    The environment (proxies, .netrc, certificate variables) is not read. Raises ValueError for a bad origin.
    """
    limits = httpx2.Limits(max_connections=places, max_keepalive_connections=places, keepalive_expiry=30.0)
    inner = inner or httpx2.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)
    return GuardedTransport(inner, origins=origins, deadline=deadline, cap=cap, places=places)


def client(
    origins: Collection[str],
    *,
    deadline: float = DEADLINE,
    cap: int = CAP,
    places: int = PLACES,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> HttpClient:
    """A client for these origins only, on a guarded transport."""
    bounded = guarded(origins, deadline=deadline, cap=cap, places=places, inner=transport)
    timeout = httpx2.Timeout(deadline)
    return httpx2.AsyncClient(transport=bounded, trust_env=False, follow_redirects=False, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an OA answered, read to the end."""

    status: int
    body: bytes

    def accepted(self) -> bytes:
        """The body if 2xx. Raises OADenied (401, 403), OAUnavailable (429, 5xx), else OABadAnswer."""
        if 200 <= self.status < 300:
            return self.body
        if self.status in (401, 403):
            raise OADenied(f"HTTP {self.status}")
        if self.status == 429 or self.status >= 500:
            raise OAUnavailable(f"HTTP {self.status}")
        raise OABadAnswer(f"HTTP {self.status}")


async def ask(
    http: HttpClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """One call for a dialect; `form` goes urlencoded in UTF-8, `body` as it is: name its type in `headers`.

    Raises OATooSlow, OAUnavailable, OABadAnswer; a status is not judged here.
    """
    sent = dict(headers or {})
    if form is not None:
        body, sent["content-type"] = urlencode(form).encode(), _FORM
    try:
        response = await http.request(method, url, headers=sent, content=body)
    except Slow as error:
        raise OATooSlow(str(error)) from error
    except Refused as error:
        raise OABadAnswer(str(error)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise OAUnavailable(str(error)) from error
    return Answer(response.status_code, response.content)
