"""Reaching the demo's public names from Python: `*.localhost` is this machine, whatever its resolver says."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from widgets.oa.outbound import trusted


class Loopback(httpx2.AsyncBaseTransport):
    """Sends requests for `*.localhost` to 127.0.0.1 under their own Host header (RFC 6761 §6.3).

    `gateway`: hosts before which it ends TLS, as a gateway does, with the port of each on loopback.
    """

    def __init__(self, gateway: Mapping[str, int] | None = None) -> None:
        self._gateway = gateway or {}
        self._network = httpx2.AsyncHTTPTransport(verify=trusted(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer from loopback; other hosts are reached as usual. Raises httpx2.TransportError."""
        there = self._there(request.url)
        if there != request.url:
            headers, body = request.headers, request.stream
            request = httpx2.Request(
                request.method, there, headers=headers, stream=body, extensions=request.extensions
            )
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the kept connections."""
        await self._network.aclose()

    def _there(self, url: httpx2.URL) -> httpx2.URL:
        if url.host in self._gateway:
            return url.copy_with(scheme="http", host="127.0.0.1", port=self._gateway[url.host])
        return url.copy_with(host="127.0.0.1") if url.host.endswith(".localhost") else url
