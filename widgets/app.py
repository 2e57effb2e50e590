"""create_app(): the only place where the parts are joined. Read it from top to bottom."""

from __future__ import annotations

import gc
import json
import re
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from quart import Quart, Response, g, request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from audit.store import Store
from audit.trail import Trail
from auth import routes as auth_routes
from auth.guard import Guard
from auth.login import Login
from auth.logout import Logout
from auth.provider import Provider
from auth.sealing import KeyRing
from auth.session import Sessions
from widgets import health, routes
from widgets.cards import Cards
from widgets.connection import Connection
from widgets.feed import Feed
from widgets.headers import Dressed, Peers, Policy
from widgets.links import origin
from widgets.memory import Memory
from widgets.oa import outbound
from widgets.pages import Pages
from widgets.polls import Polls
from widgets.references import References
from widgets.settings import Settings, SettingsError, chosen, load
from widgets.sources import connect
from widgets.theme import Theme, ThemeError

log = structlog.get_logger()

REDIS_PATIENCE: Final = 0.2
"""Seconds for one Redis call: redis-py's own defaults hold a request for a minute when Redis is silent."""
REDIS_CONNECTIONS: Final = 64
CENTRE_DEADLINE: Final = 2.5
"""Seconds for one call to the identity centre."""
LARGEST_BODY: Final = 64 * 1024
SLOWEST_BODY: Final = 10
_INVISIBLE: Final = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
"""Line ends that only some readers know, terminal controls, turned writing, lone surrogates."""


def create_app(config: Path | None = None) -> Quart:
    """The service. Reads the file that PORTAL_WIDGETS_CONFIG names unless one is given; refuses to start on mistakes.

    Starts with every outside party down: nobody is asked before somebody wants something.
    """
    if not structlog.is_configured():
        _log_lines()
    try:
        settings = load(config or chosen())
        return build(settings)
    except SettingsError as error:
        mistakes = error.mistakes
    except ThemeError as error:
        mistakes = [str(error)]
    raise SystemExit("portal-widgets does not start:\n  " + "\n  ".join(mistakes))


def build(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Quart:
    """The service from checked settings; tests hand in their own clock."""
    service, identity = settings.service, settings.identity
    base_url, portals = service.base_url, tuple(portal.origin for portal in service.portals)

    redis = _redis(settings.redis.address)
    keys = KeyRing.parse(service.keys.get_secret_value())
    trail = Trail(Store(settings.audit.address))
    theme = Theme(service.themes_dir, service.theme, base_url, events=False)
    pages = Pages(theme, service.language)
    peers = Peers(service.trusted_proxies, service.operations)
    sessions = Sessions(redis, keys, now, secure=base_url.startswith("https://"))

    centre = outbound.guarded([origin(identity.base_url)], deadline=CENTRE_DEADLINE)
    provider = Provider(
        issuer=identity.issuer,
        base_url=identity.base_url,
        client_id=identity.client_id,
        algorithms=identity.algorithms,
        transport=centre,
        now=now,
    )
    login = Login(
        provider,
        redis,
        keys,
        base_url=base_url,
        client_secret=identity.client_secret.get_secret_value(),
        account_claim=identity.account_claim,
        scope=identity.scope,
    )

    memory = Memory(redis, keys, now)
    sources = connect(settings.sources, service.timezone, now)
    feed = Feed(sources, [campus.id for campus in settings.campuses], memory, now)
    cards = Cards(
        sessions=sessions,
        feed=feed,
        references=References(keys),
        words=theme.words,
        campuses={campus.id: campus.name for campus in settings.campuses},
        homes={kind: source.client.home(kind) for source in reversed(sources) for kind in source.widgets},
        base_url=base_url,
        zone=service.timezone,
        now=now,
    )

    app = Quart(__name__, static_folder=None)
    app.url_map.merge_slashes = False  # else `/open//x` is sent on to whatever host the request names
    app.asgi_http_class = Connection
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, BODY_TIMEOUT=SLOWEST_BODY, RESPONSE_TIMEOUT=None)
    app.register_blueprint(health.blueprint())
    app.register_blueprint(
        auth_routes.blueprint(
            auth_routes.Parts(
                login=login,
                logout=Logout(provider, base_url=base_url),
                sessions=sessions,
                pages=pages,
                record=trail.record,
                now=now,
                request_id=_request_id,
                peer=lambda: peers.address(request),
                base_url=base_url,
                portals=portals,
            )
        )
    )
    app.register_blueprint(
        routes.blueprint(
            routes.Parts(
                cards=cards,
                feed=feed,
                memory=memory,
                theme=theme,
                pages=pages,
                record=trail.record,
                allowed={source.id: (origin(source.open_url),) for source in settings.sources},
                language=service.language,
                base_url=base_url,
                request_id=_request_id,
                peer=lambda: peers.address(request),
                now=now,
            )
        )
    )
    Guard(sessions, base_url=base_url, from_operations=peers.is_from_operations).install(app)
    _catch(app, pages)
    policy = Policy(portals, origin(base_url), theme.style_hash, origin(identity.issuer))
    app.asgi_app = Dressed(Polls(app.asgi_app, cards, service.language), policy)  # type: ignore[method-assign]  # Quart's way to wrap it

    @app.before_serving
    async def settle() -> None:
        # What is there now stays for good: the collector need not walk it again and again under load.
        gc.collect()
        gc.freeze()

    @app.after_serving
    async def close() -> None:
        await feed.close()
        await trail.close()
        await centre.aclose()
        await redis.aclose()

    return app


def _log_lines() -> None:
    """One JSON object a line on standard error: whatever an OA put into a text stays inside its quotes."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _line(event: Any, **options: Any) -> str:
    """JSON on one line for every reader: invisible characters that JSON lets stand are escaped, Chinese stays."""
    told = json.dumps(event, ensure_ascii=False, **options)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", told)


def _redis(url: str) -> Redis:
    """A pool that waits for a free connection instead of failing, and gives a silent server up soon."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=REDIS_CONNECTIONS,
        timeout=REDIS_PATIENCE,
        socket_timeout=REDIS_PATIENCE,
        socket_connect_timeout=REDIS_PATIENCE,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis(connection_pool=pool)


def _request_id() -> str:
    """One number for this request, in the trail, the log and on the page that a person reads out."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    number: str = g.request_id
    return number


def _catch(app: Quart, pages: Pages) -> None:
    """The one place where an exception becomes a page: a sentence and a number, never a trace."""

    @app.errorhandler(HTTPException)
    async def told(error: HTTPException) -> Response:
        status = error.code or 400
        page = pages.refused(
            "not-found" if status == 404 else "not-understood", _request_id()[-8:].upper(), status
        )
        if isinstance(error, MethodNotAllowed):  # RFC 9110 §15.5.6: such an answer names what is allowed
            page.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return page

    @app.errorhandler(Exception)
    async def caught(error: Exception) -> Response:
        reference = _request_id()[-8:].upper()
        log.error("bug", reference=reference, exc_info=error)
        return pages.refused("unexpected", reference, 503)
