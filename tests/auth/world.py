"""The whole sign-in through the front door: our routes in a real application, a centre, browsers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from quart import Quart, Response
from redis.asyncio import Redis

from audit.trail import AuditEvent
from auth.guard import Guard, anyone, operations, signed_in
from auth.login import Login
from auth.logout import Logout
from auth.provider import Provider
from auth.routes import Parts, blueprint
from auth.sealing import KeyRing
from auth.session import Session, Sessions
from tests.auth.centre import SECRET, Centre
from tests.auth.tokens import CLIENT, ISSUER

OURS = "https://widgets.hospital.test"
PORTAL = "https://portal.hospital.test"
INSIDE = "http://10.1.2.3:8080"
HTML = {"Accept": "text/html"}


def served(app: Any) -> httpx2.ASGITransport:
    return httpx2.ASGITransport(app)


class PlainPages:
    def signed_in(self) -> Response:
        return Response("signed in")

    def signed_out(self) -> Response:
        return Response("signed out")

    def refused(self, code: str, reference: str, status: int) -> Response:
        return Response(f"{code} {reference}", status)


class World:
    """One service and one centre. The service reaches the centre at an address of its own (split horizon)."""

    def __init__(self, redis: Redis, keys: KeyRing, now: Callable[[], datetime]) -> None:
        self.now, self.keys, self.redis = now, keys, redis
        self.centre = Centre(now)
        self.centre_app = self.centre.app()
        self.trail: list[AuditEvent] = []
        self.provider = Provider(
            issuer=ISSUER,
            base_url=INSIDE,
            client_id=CLIENT,
            algorithms=["RS256"],
            transport=served(self.centre_app),
            now=now,
        )
        self.sessions = Sessions(redis, keys, now, secure=True)
        self.app = self._app()

    def _app(self) -> Quart:
        app = Quart(__name__)
        login = Login(
            self.provider,
            self.redis,
            self.keys,
            base_url=OURS,
            client_secret=SECRET,
            account_claim="employee_no",
        )
        parts = Parts(
            login=login,
            logout=Logout(self.provider, base_url=OURS),
            sessions=self.sessions,
            pages=PlainPages(),
            record=self._record,
            now=self.now,
            request_id=lambda: "0199-abcdef012345",
            peer=lambda: "10.9.8.7",
            base_url=OURS,
            portals=[PORTAL],
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
