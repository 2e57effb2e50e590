"""Cards are answered before the framework: they are nearly all that is ever asked, and need nothing of it.

A poll whose card is still right costs a look at the session, one Redis round trip and a comparison; one that changed
is drawn here too. What cannot be drawn even as a failure goes on to the route of the same address, whose framework
knows what to say.
"""

from __future__ import annotations

from typing import Any, Final

from widgets.asking import asked
from widgets.cards import Ask
from widgets.items import Kind
from widgets.replies import Replies, Reply
from widgets.views import Language

_PLACES: Final[dict[str, Kind]] = {"/widgets/todos": "todos", "/widgets/notices": "notices"}
_HAS_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})


class Front:
    """Stands before the framework's application."""

    def __init__(self, app: Any, replies: Replies, language: Language) -> None:
        self._app, self._replies, self._language = app, replies, language

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ask = self._ask(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        reply = await self._reply(ask) if ask else None
        if reply is None:
            await self._app(scope, receive, send)
            return
        head = [(name.lower().encode(), value.encode()) for name, value in reply.headers]
        if reply.status != 204:  # RFC 9110 §8.6: a 204 has no length
            head.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": head})
        await send({"type": "http.response.body", "body": reply.body})

    def _ask(self, scope: Any) -> Ask | None:
        """What is asked; None for another address, and for a GET with a body, which somebody has to read."""
        name = _PLACES.get(scope["path"])
        if name is None or any(header in _HAS_BODY for header, _ in scope["headers"]):
            return None
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        cookies = [value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie"]
        return asked(name, scope["query_string"], headers, "; ".join(cookies) or None, self._language)

    async def _reply(self, ask: Ask) -> Reply | None:
        try:
            return await self._replies.card(ask)
        except Exception:
            return None  # the route meets the same fault, and answers with a page
