"""A poll whose card is still right is answered before the framework: 204 and nothing drawn.

Cards ask once a minute and nearly always hear that nothing changed, so this is the service's hottest path. It costs
the session's seal, one Redis round trip and a comparison. A card that did change has been dealt by then: it goes on
to the route, which draws it and asks nobody again.
"""

from __future__ import annotations

from typing import Any, Final

from widgets.asking import asked
from widgets.cards import Answer, Ask, Cards
from widgets.items import Kind
from widgets.views import Language

DEALT: Final = "widgets.answer"
"""Where in the ASGI scope the dealt card travels."""
_PLACES: Final[dict[str, Kind]] = {"/widgets/todos": "todos", "/widgets/notices": "notices"}


class Polls:
    """Stands before the framework's application."""

    def __init__(self, app: Any, cards: Cards, language: Language) -> None:
        self._app, self._cards, self._language = app, cards, language

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ask = self._ask(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        answer = await self._dealt(ask) if ask and ask.holds else None
        if answer is None or answer.view is not None:
            await self._app(scope if answer is None else {**scope, DEALT: answer}, receive, send)
            return
        head = [(name.lower().encode(), value.encode()) for name, value in answer.headers()]
        await send({"type": "http.response.start", "status": 204, "headers": head})
        await send({"type": "http.response.body", "body": b""})

    def _ask(self, scope: Any) -> Ask | None:
        name = _PLACES.get(scope["path"])
        if name is None:
            return None
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        cookies = [value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie"]
        return asked(name, scope["query_string"], headers, "; ".join(cookies) or None, self._language)

    async def _dealt(self, ask: Ask) -> Answer | None:
        try:
            return await self._cards.deal(ask)
        except Exception:
            return None  # the route meets the same fault, and knows what to say
