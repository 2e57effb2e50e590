"""The one HTTP client: whatever the other end does, a call ends in time, in bounded memory, where we chose.

`transport` sees to that. `ask` and `Answer.accepted` are what a dialect calls: they say the same in words of `OAError`.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import httpx2

from widgets.oa import OABadAnswer, OABarred, OAPostponed, OATooSlow, OAUnavailable
from widgets.oa.allowance import Allowance
from widgets.oa.breaker import Breaker
from widgets.oa.transport import (
    CAP,
    DEADLINE,
    PATIENCE,
    PLACES,
    GuardedTransport,
    OutboundError,
    Postponed,
    Refused,
    Slow,
    Unreachable,
    Watch,
)

__all__ = [
    "Answer",
    "GuardedTransport",
    "HttpClient",
    "OutboundError",
    "Refused",
    "Slow",
    "Unreachable",
    "Watch",
    "ask",
    "client",
    "guarded",
    "trusted",
]

HttpClient: TypeAlias = httpx2.AsyncClient
"""What dialects hold; made by `client` only."""

_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"


@cache
def trusted() -> ssl.SSLContext:
    """The authorities of the library's choice, read once: it would read them anew for each OA."""
    return httpx2.create_ssl_context(trust_env=False)


def guarded(
    origins: Collection[str],
    *,
    deadline: float = DEADLINE,
    cap: int = CAP,
    places: int = PLACES,
    patience: float = PATIENCE,
    verify: ssl.SSLContext | None = None,
    inner: httpx2.AsyncBaseTransport | None = None,
    breaker: Breaker | None = None,
    allowance: Allowance | None = None,
    watch: Watch | None = None,
    only_asks: bool = False,
) -> GuardedTransport:
    """The network as far as these origins (`scheme://host[:port]`); `inner` replaces it in tests.

    The environment (proxies, .netrc, certificate variables) is not read. Raises ValueError for a bad origin.
    """
    limits = httpx2.Limits(max_connections=places, max_keepalive_connections=places, keepalive_expiry=30.0)
    inner = inner or httpx2.AsyncHTTPTransport(verify=verify or trusted(), trust_env=False, limits=limits)
    return GuardedTransport(
        inner,
        origins=origins,
        deadline=deadline,
        cap=cap,
        places=places,
        patience=patience,
        breaker=breaker,
        allowance=allowance,
        watch=watch,
        only_asks=only_asks,
    )


def client(
    origins: Collection[str],
    *,
    deadline: float = DEADLINE,
    cap: int = CAP,
    transport: httpx2.AsyncBaseTransport | None = None,
    **options: Any,
) -> HttpClient:
    """A client for these origins only, on a guarded transport; `options` are those of `guarded`."""
    bounded = guarded(origins, deadline=deadline, cap=cap, inner=transport, **options)
    timeout = httpx2.Timeout(deadline)
    return httpx2.AsyncClient(transport=bounded, trust_env=False, follow_redirects=False, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an OA answered, read to the end."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; never cookies."""

    def accepted(self) -> bytes:
        """The body if 2xx. Raises OABarred (401, 403), OAUnavailable (429, 5xx), else OABadAnswer."""
        if 200 <= self.status < 300:
            return self.body
        if self.status in (401, 403):
            raise OABarred(f"HTTP {self.status}")
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
    except Postponed as error:
        raise OAPostponed(str(error)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise OAUnavailable(str(error)) from error
    return Answer(response.status_code, response.content, dict(response.headers))
