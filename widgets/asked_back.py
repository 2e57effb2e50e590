"""/oa/<source>/*: what an OA product asks or brings, each call proven by a random word that we made up before."""

from __future__ import annotations

from collections.abc import Collection

from quart import Blueprint, Response, request

from auth.guard import as_protocol
from widgets.oa import OABadAnswer
from widgets.oa.reading import fields, read_json
from widgets.tickets import Tickets


def blueprint(tickets: Tickets, sources: Collection[str]) -> Blueprint:
    """The addresses for the sources whose product calls back; to others they are not there."""
    back = Blueprint("asked-back", __name__)
    known = frozenset(sources)

    @back.route("/oa/<source>/ticket", methods=["GET", "POST"])
    @as_protocol
    async def ticket(source: str) -> Response:
        """Seeyon asks whose ticket a browser brought, and takes the whole body for a login name."""
        ticket = request.args.get("ticket") or (await request.form).get("ticket", "")
        login = await tickets.redeem(source, ticket) if source in known else None
        return _said(login or "", 200 if login else 404)

    @back.post("/oa/<source>/token")
    @as_protocol
    async def token(source: str) -> Response:
        """Seeyon's trusted channel (三方互信) brings a token; HTTP 200 alone is its sign that we asked for it."""
        brought = _brought(await request.get_data(as_text=False))
        taken = source in known and brought is not None and await tickets.deliver(source, *brought)
        return _said("", 200 if taken else 404)

    return back


def _said(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _brought(body: bytes | str) -> tuple[str, str] | None:
    """The word that we made up, and the token; None when they are not there."""
    try:
        told = fields(read_json(body if isinstance(body, bytes) else body.encode()))
    except OABadAnswer:
        return None
    word, token = told.get("dataCarried"), told.get("token")
    return (word, token) if isinstance(word, str) and isinstance(token, str) else None
