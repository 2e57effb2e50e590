"""/auth/*: which address is answered by whom. Signing in is in `entering`, signing out in `leaving`."""

from __future__ import annotations

from typing import Final

import orjson
from quart import Blueprint, Response, request

from auth.desk import Parts, too_fast, unkept
from auth.entering import Entering
from auth.guard import anyone, as_protocol
from auth.leaving import Leaving
from auth.notices import Notices
from auth.receiving import Receiving

_ALWAYS: Final = ("auth.login", "auth.logout", "auth.left", "auth.done")
"""Beginnings are counted where they begin, and whoever wants to leave may always do so."""


def blueprint(parts: Parts) -> Blueprint:
    auth = Blueprint("auth", __name__)

    @auth.before_request
    async def hold_back() -> Response | None:
        flooded = request.endpoint not in _ALWAYS and parts.flood.holds_back(parts.peer())
        return too_fast(parts) if flooded else None

    _ways_in(auth, Entering(parts), Receiving(parts))
    _ways_out(auth, Leaving(parts), Notices(parts))
    _pages(auth, parts)
    return auth


def _ways_in(auth: Blueprint, entering: Entering, receiving: Receiving) -> None:
    @auth.get("/auth/login")
    @as_protocol
    async def login() -> Response:
        return await entering.begin()

    @auth.get("/auth/popup")
    @as_protocol
    async def popup() -> Response:
        return await entering.begin_for_card()

    @auth.post("/auth/redeem")
    @as_protocol
    async def redeem() -> Response:
        return await receiving.redeem()

    @auth.route("/auth/initiate", methods=["GET", "POST"])
    @as_protocol
    async def initiate() -> Response:
        return await entering.begin_for_centre()

    @auth.route("/auth/callback", methods=["GET", "POST"])
    @as_protocol
    async def callback() -> Response:
        return await entering.finish()

    @auth.get("/auth/callback/<state>")
    @as_protocol
    async def callback_with_state(state: str) -> Response:
        return await entering.finish(state)


def _ways_out(auth: Blueprint, leaving: Leaving, notices: Notices) -> None:
    @auth.post("/auth/callback/<state>")
    @as_protocol
    async def told_by_ticket(state: str) -> Response:
        return await notices.hear()

    @auth.route("/auth/token-logout", methods=["GET", "POST"])
    @as_protocol
    async def told_by_token() -> Response:
        return await notices.hear()

    @auth.post("/auth/logout")
    @as_protocol
    async def logout() -> Response:
        return await leaving.leave()

    @auth.post("/auth/backchannel-logout")
    @as_protocol
    async def told_by_centre() -> Response:
        return await leaving.told_by_centre()

    @auth.get("/auth/frontchannel-logout")
    @as_protocol
    async def told_by_browser() -> Response:
        return await leaving.told_by_browser()


def _pages(auth: Blueprint, parts: Parts) -> None:
    @auth.get("/auth/jwks.json")
    @anyone
    async def keys() -> Response:
        return unkept(Response(orjson.dumps(parts.client_keys), content_type="application/json"))

    @auth.get("/auth/done")
    @anyone
    async def done() -> Response:
        return unkept(parts.pages.signed_in())

    @auth.get("/auth/logout")
    @anyone
    async def left() -> Response:
        return unkept(parts.pages.signed_out())
