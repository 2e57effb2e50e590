"""/auth/check: a page that tests itself inside a portal's frame, and says what this browser makes of us there.

It shows nothing but what the browser itself sent or sees, to that browser alone: no configuration, no session.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from quart import Blueprint, Response, request

from auth.guard import anyone

_FILES: Final = Path(__file__).parent / "static"
_HEARD: Final = ("Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Fetch-Storage-Access")
_LIFE: Final = 60
"""Seconds for which the two cookies of the test are kept."""
_COOKIES: Final = {"pw-check-lax": "SameSite=Lax", "pw-check-frame": "SameSite=None; Secure; Partitioned"}


def blueprint(now: Callable[[], datetime]) -> Blueprint:
    checking = Blueprint("selfcheck", __name__)
    page = (_FILES / "check.html").read_text("utf-8")
    script = (_FILES / "check.js").read_bytes()

    @checking.get("/auth/check")
    @anyone
    async def check() -> Response:
        if request.headers.get("Accept", "").startswith("application/json"):
            kept = {name: name in request.cookies for name in _COOKIES}
            return _unkept(json.dumps({"kept": kept, "now": now().timestamp()}), "application/json")
        answer = _unkept(page.replace("{heard}", escape(json.dumps(heard()))), "text/html; charset=utf-8")
        for name, attributes in _COOKIES.items():
            answer.headers.add("Set-Cookie", f"{name}=1; Path=/; HttpOnly; Max-Age={_LIFE}; {attributes}")
        return answer

    @checking.get("/auth/check.js")
    @anyone
    async def check_js() -> Response:
        return _unkept(script, "text/javascript; charset=utf-8")

    return checking


def heard() -> dict[str, str]:
    """What the browser said about this request by itself (Fetch Metadata)."""
    return {name: request.headers.get(name, "")[:32] for name in _HEARD}


def _unkept(body: str | bytes, kind: str) -> Response:
    return Response(body, content_type=kind, headers={"Cache-Control": "no-store"})
