"""What goes over the wire for a card: status, headers, bytes. The same whether or not the framework is asked."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

import orjson
import structlog

from widgets.cards import Answer, Ask, Cards
from widgets.theme import Theme
from widgets.themes.installed import Themes
from widgets.views import State, WidgetView

log = structlog.get_logger()

STRICT: Final[dict[State, int]] = {"signed-out": 401, "forbidden": 403, "failed": 502, "starting": 503}
_HTML: Final = "text/html; charset=utf-8"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, freed of any framework."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


class Replies:
    """Draws what `Cards` deals. A bug of ours must look like a failure, never like an empty list or a broken page."""

    def __init__(self, cards: Cards, themes: Themes, base_url: str) -> None:
        self._cards, self._themes, self._base_url = cards, themes, base_url
        self.dealt: Counter[tuple[str, State]] = Counter()
        """How often each widget was seen in each state, by whoever asked and in whatever form."""

    async def card(self, ask: Ask) -> Reply:
        """The card, or the way to a silent sign-in. Raises only when not even a failure can be drawn."""
        answer = await self._dealt(ask)
        if answer.state == "signed-out" and ask.silently:
            return self._silent_sign_in(ask)
        try:
            return self._drawn(ask, answer)
        except Exception:
            return self._drawn(ask, self._failed(ask))

    async def count(self, ask: Ask) -> Reply:
        """The badge alone."""
        answer = await self._dealt(replace(ask, silently=False))
        if answer.view is None:
            return Reply(204, [*answer.headers()])
        if ask.form == "json":
            numbers = {"count": answer.view.total, "urgent": answer.view.urgent, "state": answer.state}
            return _whole(ask, answer, _JSON, orjson.dumps(numbers))
        return _whole(ask, answer, _HTML, self._themes.named(ask.layout.theme).count(answer.view).encode())

    async def _dealt(self, ask: Ask) -> Answer:
        try:
            answer = await self._cards.deal(ask)
        except Exception:
            answer = self._failed(ask)
        self.dealt[ask.name, answer.state] += 1
        return answer

    def _failed(self, ask: Ask) -> Answer:
        reference = secrets.token_hex(3).upper()
        log.exception("card.bug", reference=reference)
        return self._cards.failed(ask, f"W-{reference}")

    def _drawn(self, ask: Ask, answer: Answer) -> Reply:
        if answer.view is None:
            return Reply(204, [*answer.headers()])
        if ask.form == "json":
            return _whole(ask, answer, _JSON, orjson.dumps(answer.view))
        theme = self._themes.named(ask.layout.theme)
        reply = _whole(ask, answer, _HTML, _html(theme, ask, answer.view))
        if theme.fallen:
            reply.headers.append(("Widget-Theme-Fallback", ", ".join(theme.fallen)))
        return reply

    def _silent_sign_in(self, ask: Ask) -> Reply:
        """Off to the identity centre without a word (OIDC Core §3.1.2.1 prompt=none).

        The address to come back to says that it was tried, so that no browser can be sent in circles.
        """
        back = quote(f"/widgets/{ask.name}?{ask.layout.query}&silent=0", safe="")
        return Reply(
            303,
            [
                ("Location", f"{self._base_url}/auth/login?silent=1&return={back}"),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
            ],
        )


def _html(theme: Theme, ask: Ask, view: WidgetView[Any]) -> bytes:
    """A refresh replaces rows; the styles are there already, unless the theme has changed since."""
    styled = ask.holds is None or not ask.holds.endswith(f".{theme.look}")
    return theme.body(view, ask.form == "fragment", styled, ask.layout.campus)


def _whole(ask: Ask, answer: Answer, content_type: str, body: bytes) -> Reply:
    status = STRICT.get(answer.state, 200) if ask.strict else 200
    return Reply(status, [("Content-Type", content_type), *answer.headers()], body)
