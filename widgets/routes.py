"""/widgets/* and /open/*: HTTP in, HTTP out; what a card says is decided in `cards` and `shape`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

import orjson
import structlog
from quart import Blueprint, Response, request
from werkzeug.datastructures import Headers as WireHeaders

from audit.trail import Action, AuditEvent, Outcome
from auth.guard import anyone, cookie_header, see_other, signed_in
from auth.session import Session
from widgets.asking import Headers, asked, parameters
from widgets.cards import Ask
from widgets.feed import Feed
from widgets.items import Kind, Reference
from widgets.layout import Layout
from widgets.links import rebuild
from widgets.manifest import fallback, manifest, podlet
from widgets.memory import Memory
from widgets.oa import OAError
from widgets.pages import Pages
from widgets.references import References
from widgets.replies import Replies, Reply
from widgets.themes.installed import Themes
from widgets.views import Language

log = structlog.get_logger()

MINTING: Final = 1.0
"""Seconds that a click may wait for the OA's single-sign-on token; then the item opens without one."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes are made of; `app` puts them together."""

    replies: Replies
    references: References
    feed: Feed
    memory: Memory
    themes: Themes
    pages: Pages
    record: Callable[[AuditEvent], Awaitable[None]]
    allowed: Mapping[str, tuple[str, ...]]
    """Origins that a source's links may lead to, by source id."""
    campuses: Mapping[str, str]
    """Names of the campuses by id."""
    language: Language
    base_url: str
    request_id: Callable[[], str]
    peer: Callable[[], str]
    """Address of the person's machine as the trusted proxy saw it."""
    now: Callable[[], datetime]


def blueprint(parts: Parts) -> Blueprint:
    widgets = Blueprint("widgets", __name__)

    @widgets.get("/widgets/<any(todos,notices):name>")
    @anyone
    async def widget(name: Kind) -> Response:
        # A plain GET is answered in `front`; here arrive the others, and what could not be drawn there.
        return _answered(await parts.replies.card(_asked(parts, name)))

    @widgets.get("/widgets/<any(todos,notices):name>/fragment")
    @anyone
    async def fragment(name: Kind) -> Response:
        # For servers that put pages together: Podium's client cannot add to an address that has a query already.
        # Caches and web servers pass the browser's own Accept on, but nobody stands before this answer.
        ask = replace(_asked(parts, name), form="fragment", framed=True, silently=False)
        return _answered(await parts.replies.card(ask))

    @widgets.get("/widgets/<any(todos,notices):name>/count")
    @anyone
    async def count(name: Kind) -> Response:
        return _answered(await parts.replies.count(_asked(parts, name)))

    @widgets.get("/widgets.json")
    @anyone
    async def manifest_of_all() -> Response:
        themes = parts.themes
        return _json(
            manifest(
                themes.default.words,
                parts.campuses,
                ["default", *themes.names()],
                parts.base_url,
                parts.language,
                themes.default.look,
            )
        )

    @widgets.get("/widgets/<any(todos,notices):name>/manifest.json")
    @anyone
    async def podium(name: Kind) -> Response:
        return _json(podlet(name, parts.base_url, parts.themes.default.look))

    @widgets.get("/widgets/<any(todos,notices):name>/fallback")
    @anyone
    async def fallback_of_one(name: Kind) -> Response:
        lang = Layout.read(parameters(request.query_string), parts.language).lang
        html = fallback(name, parts.themes.default.words[lang], parts.base_url)
        return Response(html, content_type="text/html; charset=utf-8")

    @widgets.get("/open/<reference>")
    @signed_in
    async def open_item(session: Session, reference: str) -> Response:
        item = parts.references.open(session.who.account or "", reference)
        target = await _target(parts, session, item) if item else None
        if item is None or target is None:
            return await _not_opened(parts, session)
        await parts.record(_event(parts, session, item, Outcome.OK))
        await parts.memory.just_opened(session)
        return see_other(target)

    @widgets.get("/embed.js")
    @anyone
    async def embed() -> Response:
        return _script(parts.themes.default.embed_js())

    @widgets.get("/static/<path:path>")
    @anyone
    async def static(path: str) -> Response:
        exact = parts.themes.static(path)
        # A page that has been open since before an upgrade, or an instance that still has one before it.
        found = exact or parts.themes.current(path)
        if found is None:
            return Response("Not found\n", 404, content_type="text/plain; charset=utf-8")
        body, content_type = found
        kept = {
            "Cache-Control": "public, max-age=31536000, immutable" if exact else "no-cache",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if content_type == "image/svg+xml":  # opened as a page it would be one of ours
            kept["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return Response(body, content_type=content_type, headers=kept)

    return widgets


def _json(told: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(told).decode(), content_type="application/json")


def _script(body: bytes) -> Response:
    kept = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(body, content_type="text/javascript; charset=utf-8", headers=kept)


def _asked(parts: Parts, name: Kind) -> Ask:
    headers = cast(Headers, request.headers)
    return asked(name, request.query_string, headers, cookie_header(request), parts.language)


def _answered(reply: Reply) -> Response:
    """The empty text of a 204 matters: without any Quart walks an empty iterable in another thread."""
    return Response(reply.body.decode(), reply.status, headers=WireHeaders(reply.headers))


async def _target(parts: Parts, session: Session, item: Reference) -> str | None:
    """The address to send the browser to, checked against the allow-list last of all; None: nowhere."""
    source = parts.feed.source(item.source)
    if source is None:
        return None
    try:
        async with asyncio.timeout(MINTING):
            url = await source.client.link(session.who, item)
    except (OAError, TimeoutError) as error:
        log.warning("open.without_token", source=item.source, error=type(error).__name__)
        url = item.url
    return rebuild(url, url, parts.allowed[item.source])


async def _not_opened(parts: Parts, session: Session) -> Response:
    await parts.record(_event(parts, session, None, Outcome.REFUSED, "reference-unknown"))
    reference = parts.request_id()[-8:].upper()
    log.warning("open.refused", reference=reference)
    return parts.pages.refused("item-not-found", reference, 404)


def _event(
    parts: Parts, session: Session, item: Reference | None, outcome: Outcome, reason: str = ""
) -> AuditEvent:
    source = parts.feed.source(item.source) if item else None
    return AuditEvent(
        at=parts.now(),
        action=Action.OPEN_ITEM,
        actor=session.who.account or session.who.subject,
        outcome=outcome,
        reason=reason,
        object=f"{item.source}/{item.kind}/{item.id}" if item else "",
        campus=source.campus if source else "",
        request_id=parts.request_id(),
        peer=parts.peer(),
    )
