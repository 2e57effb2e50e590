"""Reaching the demo's public names from Python: `*.localhost` is this machine, whatever its resolver says."""

from __future__ import annotations

import httpx2


class Loopback(httpx2.AsyncBaseTransport):
    """Sends requests for `*.localhost` to 127.0.0.1 under their own Host header (RFC 6761 §6.3)."""

    def __init__(self) -> None:
        self._network = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer from loopback; other hosts are reached as usual. Raises httpx2.TransportError."""
        if request.url.host.endswith(".localhost"):
            url = request.url.copy_with(host="127.0.0.1")
            headers, body = request.headers, request.stream
            request = httpx2.Request(
                request.method, url, headers=headers, stream=body, extensions=request.extensions
            )
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the kept connections."""
        await self._network.aclose()
