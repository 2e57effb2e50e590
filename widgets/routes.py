"""/widgets/* and /open/*: HTTP in, HTTP out; what a card says is decided in `cards` and `shape`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast
from urllib.parse import quote

import orjson
import structlog
from quart import Blueprint, Response, request

from audit.trail import Action, AuditEvent, Outcome
from auth.guard import anyone, cookie_header, is_navigation, see_other, signed_in
from auth.session import Session
from widgets.asking import Headers, asked, is_fragment, parameters
from widgets.cards import Answer, Ask, Cards
from widgets.feed import Feed
from widgets.items import Kind, Reference
from widgets.links import rebuild
from widgets.memory import Memory
from widgets.oa import OAError
from widgets.pages import Pages
from widgets.polls import DEALT
from widgets.theme import Theme
from widgets.views import Language, State

log = structlog.get_logger()

MINTING: Final = 1.0
"""Seconds that a click may wait for the OA's single-sign-on token; then the item opens without one."""
STRICT: Final[dict[State, int]] = {"signed-out": 401, "forbidden": 403, "failed": 502, "starting": 503}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes are made of; `app` puts them together."""

    cards: Cards
    feed: Feed
    memory: Memory
    theme: Theme
    pages: Pages
    record: Callable[[AuditEvent], Awaitable[None]]
    allowed: Mapping[str, tuple[str, ...]]
    """Origins that a source's links may lead to, by source id."""
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
        ask = _asked(parts, name)
        answer = await _dealt(parts, ask)
        if answer.state == "signed-out" and _may_sign_in_silently():
            return _silent_sign_in(parts, ask)
        return _drawn(parts, answer)

    @widgets.get("/widgets/<any(todos,notices):name>/count")
    @anyone
    async def count(name: Kind) -> Response:
        return _counted(parts, await _dealt(parts, _asked(parts, name)))

    @widgets.get("/open/<reference>")
    @signed_in
    async def open_item(session: Session, reference: str) -> Response:
        item = parts.cards.references.open(session.who.account or "", reference)
        target = await _target(parts, session, item) if item else None
        if item is None or target is None:
            return await _not_opened(parts, session)
        await parts.record(_event(parts, session, item, Outcome.OK))
        await parts.memory.just_opened(session)
        return see_other(target)

    @widgets.get("/embed.js")
    @anyone
    async def embed() -> Response:
        return _script(parts.theme.embed_js())

    @widgets.get("/static/<path:path>")
    @anyone
    async def static(path: str) -> Response:
        found = parts.theme.static(path)
        if found is None:
            return Response("Not found\n", 404, content_type="text/plain; charset=utf-8")
        body, content_type = found
        kept = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(body, content_type=content_type, headers=kept)

    return widgets


def _script(body: bytes) -> Response:
    kept = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(body, content_type="text/javascript; charset=utf-8", headers=kept)


def _asked(parts: Parts, name: Kind) -> Ask:
    headers = cast(Headers, request.headers)
    return asked(name, request.query_string, headers, cookie_header(request), parts.language)


async def _dealt(parts: Parts, ask: Ask) -> Answer:
    dealt = cast("Answer | None", request.scope.get(DEALT))
    if dealt:
        return dealt
    try:
        return await parts.cards.deal(ask)
    except Exception:
        # A bug of ours must look like a failure, never like an empty list or a broken page.
        reference = secrets.token_hex(3).upper()
        log.exception("card.bug", reference=reference)
        return parts.cards.failed(ask, f"W-{reference}")


def _form() -> Literal["document", "fragment", "json"]:
    if "application/json" in request.headers.get("Accept", ""):
        return "json"
    return "fragment" if _is_fragment() else "document"


def _is_fragment() -> bool:
    return is_fragment(parameters(request.query_string), cast(Headers, request.headers))


def _unchanged() -> Response:
    """204. The empty text matters: without any Quart walks an empty iterable in another thread."""
    return Response("", 204)


def _drawn(parts: Parts, answer: Answer) -> Response:
    if answer.view is None:
        return _dressed(answer, _unchanged())
    form = _form()
    if form == "json":
        return _dressed(answer, Response(orjson.dumps(answer.view), content_type="application/json"))
    html = parts.theme.widget(
        answer.view, as_fragment=form == "fragment", styled="v" not in parameters(request.query_string)
    )
    return _dressed(answer, Response(html, content_type="text/html; charset=utf-8"))


def _counted(parts: Parts, answer: Answer) -> Response:
    if answer.view is None:
        return _dressed(answer, _unchanged())
    if _form() == "json":
        numbers = {"count": answer.view.total, "urgent": answer.view.urgent, "state": answer.state}
        return _dressed(answer, Response(orjson.dumps(numbers), content_type="application/json"))
    html = parts.theme.count(answer.view)
    return _dressed(answer, Response(html, content_type="text/html; charset=utf-8"))


def _dressed(answer: Answer, response: Response) -> Response:
    for name, value in answer.headers():
        response.headers[name] = value
    if answer.view and "strict" in parameters(request.query_string):
        response.status_code = STRICT.get(answer.state, 200)
    return response


def _may_sign_in_silently() -> bool:
    return is_navigation(request) and not _is_fragment() and "silent" not in parameters(request.query_string)


def _silent_sign_in(parts: Parts, ask: Ask) -> Response:
    """Off to the identity centre without a word (OIDC Core §3.1.2.1 prompt=none).

    The address to come back to says that it was tried, so that no browser can be sent in circles.
    """
    back = quote(f"/widgets/{ask.name}?{ask.layout.query}&silent=0", safe="")
    return see_other(f"{parts.base_url}/auth/login?silent=1&return={back}")


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
