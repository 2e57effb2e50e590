"""The few whole pages beside the cards: signed in, signed out, and the page that says that something did not work."""

from __future__ import annotations

from quart import Response, request

from auth.handover import Given, Ticket
from widgets.asking import parameters
from widgets.layout import Layout
from widgets.themes.installed import Themes
from widgets.views import Language


class Pages:
    """Draws them in the theme, in the language that the address asks for."""

    def __init__(self, themes: Themes, language: Language) -> None:
        self._themes, self._language = themes, language

    def signed_in(self) -> Response:
        return self._page("signed_in")

    def signed_out(self) -> Response:
        return self._page("signed_out")

    def handed_over(self, text: str, ticket: Ticket, given: Given) -> Response:
        """Signed in, in a window of a card's on another site's page: hands the code over and closes itself."""
        return self._page(
            "handed_over", ticket=text, target=ticket.target, code=given.code, number=given.number or ""
        )

    def refused(self, code: str, reference: str, status: int) -> Response:
        """Something was refused or broke: what kind of thing, and the number that finds it in the log."""
        return self._page("error", status, code=code, reference=reference)

    def _page(self, name: str, status: int = 200, **context: str) -> Response:
        lang = Layout.read(parameters(request.query_string), self._language).lang
        html = self._themes.default.page(name, lang=lang, **context)
        return Response(html, status, content_type="text/html; charset=utf-8")
