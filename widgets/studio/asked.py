"""How much may be sent to us: little, but for the embed doctor, to whom people send a whole page.

Quart takes a limit for each request only as the request is made, before anybody knows which view will answer it.
"""

from __future__ import annotations

from typing import Any, Final

from quart import Request

DOCTOR: Final = "/studio/doctor"
LARGEST_PAGE: Final = 500_000
"""Bytes of a page; in a browser with JavaScript it is cut down to what the doctor looks at before it is sent."""


class Asked(Request):
    """A request whose body may be a page where the embed doctor answers."""

    def __init__(self, method: str, scheme: str, path: str, *rest: Any, **named: Any) -> None:
        if path == DOCTOR:
            named["max_content_length"] = LARGEST_PAGE
        super().__init__(method, scheme, path, *rest, **named)
        if path == DOCTOR:
            self.max_content_length = LARGEST_PAGE  # of its form: otherwise the app's
