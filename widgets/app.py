"""create_app(): the only place where the parts are joined. Read it from top to bottom."""

from __future__ import annotations

import asyncio
import gc
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from quart import Quart, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from audit.store import Store
from audit.trail import Trail
from auth import routes as auth_routes
from auth.damaged import Damaged, Watched
from auth.desk import Parts as AuthParts
from auth.flood import Flood
from auth.guard import Guard
from auth.handover import Handover
from auth.login import Login
from auth.relation import Portals
from auth.renewal import Renewal
from auth.sealing import KeyRing
from auth.session import Limits
from auth.sessions import Sessions
from auth.silence import Silence
from auth.states import States
from widgets import asked_back, health, routes, selfcheck
from widgets.cards import Cards
from widgets.connection import Connection
from widgets.feed import Feed
from widgets.front import Front
from widgets.headers import Dressed, Peers, Policy
from widgets.identity import join
from widgets.links import origin
from widgets.live import Live
from widgets.live import blueprint as live_views
from widgets.logs import log_lines
from widgets.memory import Memory
from widgets.metrics import Metrics
from widgets.oa.allowance import Shared
from widgets.pages import Pages
from widgets.push import Door
from widgets.redis_client import client, hearing
from widgets.references import References
from widgets.replies import Replies
from widgets.serving import when_told_to_stop
from widgets.settings import Settings, SettingsError, chosen, load
from widgets.sources import ASKING_BACK, connect
from widgets.streams import Streams
from widgets.studio import routes as studio
from widgets.studio.asked import Asked
from widgets.studio.case import Facts
from widgets.studio.checks import Checks
from widgets.studio.portal_pages import PortalPages
from widgets.theme import ThemeError
from widgets.themes.installed import Themes
from widgets.themes.trial import tried
from widgets.tickets import Tickets
from widgets.wakeups import Wakeups

log = structlog.get_logger()

LARGEST_BODY: Final = 64 * 1024
SLOWEST_BODY: Final = 10


def create_app(config: Path | None = None) -> Quart:
    """The service. Reads the file that PORTAL_WIDGETS_CONFIG names unless one is given; refuses to start on mistakes.

    Starts with every outside party down: nobody is asked before somebody wants something.
    """
    if not structlog.is_configured():
        log_lines()
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

    redis = client(settings.redis.address)
    keys = KeyRing.parse(service.keys.get_secret_value())
    metrics = Metrics(now)
    trail = Trail(Store(settings.audit.address))
    record = metrics.counted(trail.record)
    damaged = Damaged(record, now)
    themes = Themes(service.themes_dir, service.theme, base_url, events=True, trial=tried)
    pages = Pages(themes, service.language)
    peers = Peers(service.trusted_proxies, service.operations)
    secure = base_url.startswith("https://")
    embedding = Portals.of(base_url, [(portal.origin, portal.relation) for portal in service.portals])
    for portal in embedding.without_session(base_url):
        log.warning(
            "portal.no_session", portal=portal, why="another site over http: use https, or a reverse proxy"
        )
    numbers = identity.confirmation_number
    handover = Handover(redis, keys, now, embedding, base_url=base_url, own=origin(base_url), numbers=numbers)
    sessions = Sessions(
        redis,
        keys,
        now,
        secure=secure,
        limits=Limits(
            idle=timedelta(minutes=identity.idle),
            recheck=timedelta(minutes=identity.recheck),
            most=identity.sessions,
        ),
        issuer=identity.issuer,
        record=record,
        damaged=damaged.note,
    )

    joined = join(settings, redis, keys, now)
    joined.transport.tell(metrics.watch("identity"))
    centre = joined.centre
    renewal = Renewal(redis, sessions, centre, now)
    renewal.install()

    memory = Memory(redis, keys, now, service.timezone)
    tickets = Tickets(redis, keys)
    sources = connect(
        settings.sources, service.timezone, now, partial(Shared, redis), metrics.watch, tickets=tickets
    )
    references = References(keys)
    feed = Feed(sources, [campus.id for campus in settings.campuses], memory, now)
    cards = Cards(
        sessions=sessions,
        feed=feed,
        references=references,
        handover=handover,
        theme=themes.named,
        campuses={campus.id: campus.name for campus in settings.campuses},
        base_url=base_url,
        zone=service.timezone,
        now=now,
        mask=service.mask,
    )

    replies = Replies(cards, themes, base_url)

    live = Live(feed, Streams(now, timedelta(minutes=identity.idle)), now)
    wakeups = Wakeups(redis, partial(hearing, settings.redis.address), live)
    sessions.when_ended(lambda ending: wakeups.say_ended(ending.slot, ending.id))
    pushing = {one.id: one.push_secret.get_secret_value() for one in settings.sources if one.push_secret}

    app = Quart(__name__, static_folder=None)
    app.url_map.merge_slashes = False  # else `/open//x` is sent on to whatever host the request names
    app.asgi_http_class, app.request_class = Connection, Asked
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, BODY_TIMEOUT=SLOWEST_BODY, RESPONSE_TIMEOUT=None)
    app.register_blueprint(
        health.blueprint(
            sources,
            trail,
            wakeups,
            lambda: metrics.last.get("identity"),
            lambda: metrics.text(sources, replies.dealt, live, wakeups, trail),
        )
    )
    app.register_blueprint(live_views(live, wakeups, Door(pushing, sessions.once.claim, now), keys))
    app.register_blueprint(selfcheck.blueprint(now))
    app.register_blueprint(
        auth_routes.blueprint(
            AuthParts(
                centre=centre,
                issuer=identity.issuer,
                login=Login(
                    centre,
                    redis,
                    keys,
                    secure=secure,
                    silence=Silence(centre, identity.silent, now),
                    states=States(keys, now),
                    posted=joined.answers_are_posted,
                ),
                handover=handover,
                flood=Flood(now),
                embedding=embedding,
                sessions=sessions,
                pages=pages,
                record=record,
                now=now,
                request_id=_request_id,
                peer=lambda: peers.address(request),
                base_url=base_url,
                portals=portals,
                client_keys=joined.client_keys,
                entry=joined.entry,
            )
        )
    )
    app.register_blueprint(
        routes.blueprint(
            routes.Parts(
                replies=replies,
                references=references,
                feed=feed,
                memory=memory,
                themes=themes,
                pages=pages,
                record=record,
                allowed={source.id: (origin(source.open_url),) for source in settings.sources},
                campuses={campus.id: campus.name for campus in settings.campuses},
                language=service.language,
                base_url=base_url,
                request_id=_request_id,
                peer=lambda: peers.address(request),
                now=now,
            )
        )
    )
    portal_pages, checks = PortalPages(portals), Checks(service.themes_dir)
    if service.studio != "off":
        app.register_blueprint(
            studio.blueprint(
                studio.Parts(
                    themes=themes,
                    base_url=base_url,
                    language=service.language,
                    openness=service.studio,
                    portals=embedding.relations,
                    campuses={campus.id: campus.name for campus in settings.campuses},
                    facts=Facts.of(
                        base_url,
                        identity.issuer,
                        [(portal.origin, portal.relation) for portal in service.portals],
                    ),
                    portal_pages=portal_pages,
                    checks=checks,
                )
            )
        )
    asking_back = [source.id for source in settings.sources if source.kind in ASKING_BACK]
    app.register_blueprint(asked_back.blueprint(tickets, asking_back))
    Guard(sessions, base_url=base_url, from_operations=peers.is_from_operations).install(app)
    _catch(app, pages)
    policy = Policy(portals, origin(base_url), lambda: themes.style_sources, origin(identity.issuer))
    fronted = Front(app.asgi_app, replies, service.language)
    app.asgi_app = Dressed(Watched(fronted, damaged, peers.of_scope), policy)  # type: ignore[method-assign]  # Quart's way to wrap it

    watching: list[asyncio.Task[None]] = []

    @app.before_serving
    async def settle() -> None:
        # What is there now stays for good, and a card drops all that it made: the collector need not walk either
        # again and again under load.
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000)
        watching.append(asyncio.create_task(themes.watch()))
        wakeups.start()
        live.start()
        when_told_to_stop(live.leave)

    @app.after_serving
    async def close() -> None:
        for task in watching:
            task.cancel()
        await live.close()
        await wakeups.close()
        await feed.close()
        await renewal.close()
        await trail.close()
        await checks.close()
        await portal_pages.aclose()
        await joined.transport.aclose()
        await redis.aclose()

    return app


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
