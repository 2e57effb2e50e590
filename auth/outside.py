"""The centre as our server reaches it: its public name and its inner address may differ (split horizon)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx2

from auth.errors import CentreUnavailable
from auth.metadata import origin_of

LARGEST: Final = 256 * 1024
"""Bytes of one answer."""
_UNDERSTOOD: Final = (200, 400, 401, 403)
CALL_FAILED: Final = (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError)


class ServerSide(httpx2.AsyncBaseTransport):
    """Carries calls for the issuer to `base_url`, its name still in Host and TLS; other calls as they are."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, issuer: str, base_url: str) -> None:
        self._inner = inner
        self._issuer, self._base = httpx2.URL(issuer.rstrip("/")), httpx2.URL(base_url.rstrip("/"))
        self._origin = origin_of(issuer)
        self._elsewhere = self._issuer != self._base
        self._mapped = lru_cache(maxsize=32)(self._map)
        """An endpoint is the same at every sign-in: its address need not be made anew."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._elsewhere and origin_of(str(request.url)) == self._origin:
            request = httpx2.Request(
                request.method,
                self._mapped(request.url),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": self._issuer.host},
            )
        return await self._inner.handle_async_request(request)

    def _map(self, url: httpx2.URL) -> httpx2.URL:
        """Below the issuer's path that path becomes the other's; elsewhere on the origin it stays."""
        path, prefix = url.raw_path.decode("ascii"), self._issuer.path.rstrip("/")
        if path.startswith(prefix + "/"):
            path = self._base.path.rstrip("/") + path.removeprefix(prefix)
        return self._base.copy_with(raw_path=path.encode("ascii"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the centre answered."""

    status: int
    kind: str
    """Its media type in lower case, without parameters."""
    body: bytes

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises CentreUnavailable."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CentreUnavailable("bad-answer")
        return value


class Outside:
    """Plain calls to one centre. Whatever goes wrong with one is a CentreUnavailable."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, issuer: str, base_url: str) -> None:
        """`transport` caps time, bytes and hosts, and follows no redirect. It stays the caller's to close."""
        self.transport = ServerSide(transport, issuer, base_url)

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, largest: int = LARGEST
    ) -> Answer:
        """An answer of status 200. Raises CentreUnavailable."""
        answer = await self.call("GET", url, headers)
        if answer.status != 200:
            raise CentreUnavailable("unavailable")
        if len(answer.body) > largest:
            raise CentreUnavailable("bad-answer")
        return answer

    async def sent_to(self, url: str) -> str | None:
        """Where a browser without cookies is sent from there; None: it is shown a page. Raises CentreUnavailable.

        The guarded transport keeps the Location from being followed: it stands in the extensions.
        """
        answer = await self._ask("GET", url, {"Accept": "text/html"}, None)
        if answer.status_code >= 500:
            raise CentreUnavailable("unavailable")
        if answer.status_code not in (302, 303):
            return None
        return answer.extensions.get("location") or answer.headers.get("Location")

    async def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """An answer of status 200, or a refusal: 400, 401, 403. Raises CentreUnavailable for any other."""
        answer = await self._ask(method, url, {"Accept": "application/json", **(headers or {})}, form)
        if answer.status_code not in _UNDERSTOOD:
            raise CentreUnavailable("unavailable")
        if len(answer.content) > LARGEST:
            raise CentreUnavailable("bad-answer")
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(answer.status_code, kind, answer.content)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> httpx2.Response:
        client = httpx2.AsyncClient(transport=self.transport, trust_env=False)
        try:
            return await client.request(method, url, headers=dict(headers), data=form)
        except CALL_FAILED:
            raise CentreUnavailable("unavailable") from None
