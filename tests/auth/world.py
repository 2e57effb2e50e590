"""The whole sign-in through the front door: our routes in a real application, a centre, browsers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from quart import Quart, Response, request
from redis.asyncio import Redis

from audit.trail import AuditEvent
from auth.bulletin import Bulletin
from auth.centre import Centre as AnyCentre
from auth.credentials import Credentials
from auth.damaged import Damaged, Watched
from auth.desk import Parts
from auth.flood import Flood
from auth.guard import Guard, anyone, operations, signed_in
from auth.handover import Given, Handover, Ticket
from auth.login import Login
from auth.oidc import OpenID, Wishes
from auth.outside import Outside
from auth.provider import Provider
from auth.relation import Portals
from auth.renewal import Renewal
from auth.routes import blueprint
from auth.sealing import KeyRing
from auth.session import Session
from auth.sessions import Sessions
from auth.silence import Choice, Silence
from auth.states import States
from tests.auth.centre import SECRET, Centre
from tests.auth.tokens import CLIENT, ISSUER
from widgets.oa.outbound import guarded

OURS = "https://widgets.hospital.test"
PORTAL = "https://portal.hospital.test"
FAR_PORTAL = "https://portal.vendor.test"
"""A portal on another site."""
INSIDE = "http://10.1.2.3:8080"
HTML = {"Accept": "text/html"}
BY_SECRET = Credentials("client_secret_basic", SECRET)


def served(app: Any) -> httpx2.ASGITransport:
    return httpx2.ASGITransport(app)


class PlainPages:
    def signed_in(self) -> Response:
        return Response("signed in")

    def signed_out(self) -> Response:
        return Response("signed out")

    def handed_over(self, text: str, ticket: Ticket, given: Given) -> Response:
        return Response(f"{ticket.target} {text} {given.code} {given.number or ''}")

    def refused(self, code: str, reference: str, status: int) -> Response:
        return Response(f"{code} {reference}", status)


class World:
    """One service and one centre. The service reaches the centre at an address of its own (split horizon)."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        now: Callable[[], datetime],
        *,
        centre: Centre | None = None,
        credentials: Credentials = BY_SECRET,
        wishes: Wishes | None = None,
        deadline: float = 2.5,
        silent: Choice = "always",
        numbers: bool = False,
        board: Redis | None = None,
        other: Quart | None = None,
        speaks: Callable[[Outside], AnyCentre] | None = None,
        entry: str | None = None,
        flood: Flood | None = None,
    ) -> None:
        """`centre` of another world makes this one a second instance beside it.

        `deadline` in seconds, for one call to the centre; `board`: another store for what instances share; `other`
        and `speaks`: a centre that speaks another protocol, and how we speak to it.
        """
        self.now, self.keys, self.redis = now, keys, redis
        self.centre = centre or Centre(now)
        self.centre_app = other or self.centre.app()
        transport = guarded([INSIDE], deadline=deadline, inner=served(self.centre_app))
        self.trail: list[AuditEvent] = []
        self.provider = Provider(
            issuer=ISSUER,
            base_url=INSIDE,
            client_id=CLIENT,
            algorithms=["RS256"],
            transport=transport,
            now=now,
            bulletin=Bulletin(board or redis, keys, ISSUER),
        )
        self.openid = OpenID(
            self.provider,
            base_url=OURS,
            credentials=credentials,
            account_claim="employee_no",
            wishes=wishes,
        )
        self.spoken: AnyCentre = speaks(Outside(transport, ISSUER, INSIDE)) if speaks else self.openid
        self.posted = wishes is not None and wishes.response_mode == "form_post"
        self.entry, self.flood = entry, flood or Flood(now)
        self.damaged = Damaged(self._record, now)
        self.sessions = Sessions(
            redis, keys, now, secure=True, issuer=ISSUER, record=self._record, damaged=self.damaged.note
        )
        self.renewal = Renewal(redis, self.sessions, self.openid, now)
        self.renewal.install()
        self.silent = silent
        self.embedding = Portals.of(OURS, [(PORTAL, "auto"), (FAR_PORTAL, "auto")])
        self.handover = Handover(redis, keys, now, self.embedding, base_url=OURS, own=OURS, numbers=numbers)
        self.app = self._app()

    def _app(self) -> Quart:
        app = Quart(__name__)
        parts = Parts(
            centre=self.spoken,
            entry=self.entry,
            issuer=ISSUER,
            login=Login(
                self.spoken,
                self.redis,
                self.keys,
                secure=True,
                silence=Silence(self.spoken, self.silent, self.now),
                states=States(self.keys, self.now),
                posted=self.posted,
            ),
            handover=self.handover,
            flood=self.flood,
            embedding=self.embedding,
            sessions=self.sessions,
            pages=PlainPages(),
            record=self._record,
            now=self.now,
            request_id=lambda: "0199-abcdef012345",
            peer=lambda: request.headers.get("X-Peer", "10.9.8.7"),
            base_url=OURS,
            portals=[PORTAL, FAR_PORTAL],
        )
        app.register_blueprint(blueprint(parts))
        app.add_url_rule("/me", view_func=me)
        app.add_url_rule("/open/<reference>", view_func=opened)
        app.add_url_rule("/widgets/todos", view_func=widget)
        app.add_url_rule("/metrics", view_func=metrics)
        app.add_url_rule("/forgotten", view_func=forgotten)
        guard = Guard(
            self.sessions, base_url=OURS, from_operations=lambda asked: "X-Operations" in asked.headers
        )
        guard.install(app)
        app.asgi_app = Watched(app.asgi_app, self.damaged, _machine)  # type: ignore[method-assign]
        return app

    async def _record(self, event: AuditEvent) -> None:
        self.trail.append(event)

    def browser(self) -> Browser:
        return Browser(self)

    def reasons(self) -> list[str]:
        return [event.reason for event in self.trail]


@signed_in
async def me(session: Session) -> str:
    return f"{session.who.account} {session.who.name} {','.join(session.who.roles)}"


@signed_in
async def opened(session: Session, reference: str) -> str:
    return f"{reference} for {session.who.account}"


@anyone
async def widget() -> str:
    return "card"


@operations
async def metrics() -> str:
    return "numbers"


async def forgotten() -> str:
    return "no declaration"


def _machine(scope: Any) -> str:
    """Whose request it is, as above, before the framework."""
    return str(dict(scope["headers"]).get(b"x-peer", b"10.9.8.7").decode())


class Browser:
    """Keeps cookies and follows a redirect only when told to."""

    def __init__(self, world: World) -> None:
        self._http = httpx2.AsyncClient(
            transport=served(world.app),
            mounts={ISSUER: served(world.centre_app)},
            headers=HTML,
            trust_env=False,
        )

    @property
    def cookies(self) -> httpx2.Cookies:
        return self._http.cookies

    async def get(self, url: str, **options: Any) -> httpx2.Response:
        return await self._http.get(OURS + url if url.startswith("/") else url, **options)

    async def post(self, path: str, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._http.post(OURS + path, headers=named)

    async def send(self, url: str, form: Mapping[str, str]) -> httpx2.Response:
        """A form, to us or to the centre."""
        return await self._http.post(OURS + url if url.startswith("/") else url, data=form)

    async def leave(self, query: str = "") -> str:
        """Off to the centre and as far as the address it sends us back to."""
        away = await self.get(f"/auth/login{query}")
        assert away.status_code == 303, away.text
        return (await self.get(away.headers["Location"])).headers["Location"]

    async def sign_in(self, query: str = "") -> httpx2.Response:
        """All the way to our answer to the callback."""
        return await self.get(await self.leave(query))


def parameter(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query)[name][0]
