"""How Quart serves a GET that has no body: in the server's own task, and with its answer in two messages.

Quart starts two more tasks for each request, one to read a body and to hear of a caller who leaves, and sends each
answer in three messages. Cards have no body and are done before anybody has left. `app.asgi_http_class` is Quart's
documented place for this; everything else (bodies, streams, other methods) goes Quart's own way.
"""

from __future__ import annotations

from typing import Any, Final

from quart.asgi import ASGIHTTPConnection
from quart.utils import encode_headers
from quart.wrappers.response import DataBody

_HAS_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})
_STREAMS: Final = frozenset({"/widgets/events"})
"""Answers without end: there it matters to hear that the caller has left."""


class Connection(ASGIHTTPConnection):
    """One request."""

    async def __call__(self, receive: Any, send: Any) -> None:
        scope = self.scope
        if (
            scope["method"] != "GET"
            or scope["path"] in _STREAMS
            or any(name in _HAS_BODY for name, _ in scope["headers"])
        ):
            await super().__call__(receive, send)
            return
        request = self._create_request_from_scope(send)
        request.body.set_complete()
        await self.handle_request(request, send)

    async def _send_response(self, send: Any, response: Any) -> None:
        content = getattr(response, "response", None)
        if not isinstance(content, DataBody):
            await super()._send_response(send, response)
            return
        head = encode_headers(response.headers)
        await send({"type": "http.response.start", "status": response.status_code, "headers": head})
        await send({"type": "http.response.body", "body": content.data[content.begin : content.end]})
