"""A small, honest CAS 3 server for the demo hospital, with a switch for each misbehaviour.

One signs in by picking a person of the cast. Tickets are good once, for the very service they were made for.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from html import escape
from urllib.parse import urlencode
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

import httpx2
from quart import Quart, Response, redirect, request
from werkzeug.wrappers import Response as PlainResponse

from demo.loopback import Loopback
from demo.people import PEOPLE, Person

COOKIE = "TGC"
NAMESPACE = 'xmlns:cas="http://www.yale.edu/tp/cas"'
ENTITY = '<!DOCTYPE r [<!ENTITY who "u-0a01">]>'
Answer = Response | PlainResponse | tuple[str, int]


@dataclass(slots=True)
class CasSwitches:
    """What the server does wrong; all off to begin with."""

    down: bool = False
    slow: float = 0.0
    """Seconds before it validates a ticket."""
    html: bool = False
    """A page instead of XML."""
    redirects: bool = False
    huge: bool = False
    doctype: bool = False
    """The answer brings an entity of its own, which names somebody else."""
    two_users: bool = False
    both: bool = False
    """Success and failure in one answer."""
    nobody: bool = False
    """An empty user."""
    deep: bool = False
    no_account: bool = False
    old_attributes: bool = False
    """`<cas:attribute name="…" value="…"/>`."""

    @contextmanager
    def only(self, name: str) -> Iterator[None]:
        """Exactly this fault inside the `with`."""
        before = replace(self)
        setattr(self, name, 60.0 if name == "slow" else True)
        try:
            yield
        finally:
            for each in fields(self):
                setattr(self, each.name, getattr(before, each.name))


@dataclass(slots=True)
class CasServer:
    """Who is signed in, which tickets are out, and which systems are to be told of a sign-out."""

    people: Sequence[Person] = PEOPLE
    switches: CasSwitches = field(default_factory=CasSwitches)
    transport: httpx2.AsyncBaseTransport | None = None
    """Carries the calls of single logout."""
    visits: dict[str, Person] = field(default_factory=dict)
    """Cookie value to person."""
    tickets: dict[str, tuple[str, Person, bool]] = field(default_factory=dict)
    """Ticket to service, person, and whether they have just proven themselves."""
    entered: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Cookie value to the services and tickets of that visit."""

    def app(self) -> Quart:
        """The server as an ASGI app; everything stands below /cas."""
        app = Quart("demo.cas")
        app.before_request(self._absent)
        app.add_url_rule("/cas/login", view_func=self.login, methods=["GET", "POST"])
        app.add_url_rule("/cas/p3/serviceValidate", view_func=self.validate)
        app.add_url_rule("/cas/serviceValidate", view_func=self.validate)
        app.add_url_rule("/cas/logout", view_func=self.logout)
        return app

    async def _absent(self) -> Answer | None:
        return ("CAS is away", 503) if self.switches.down else None

    async def login(self) -> Answer:
        """§2.1: a ticket for whoever is signed in, a page for others, and neither with `gateway`."""
        service, cookie = request.args.get("service", ""), request.cookies.get(COOKIE, "")
        chosen = (await request.form).get("person") if request.method == "POST" else None
        person = next((each for each in self.people if each.subject == chosen), None)
        if person is not None:
            cookie = secrets.token_urlsafe(24)
            self.visits[cookie] = person
        elif "renew" not in request.args and cookie in self.visits:
            person = self.visits[cookie]
        if person is None and "gateway" in request.args and "renew" not in request.args:
            return redirect(service, 302)
        if person is None:
            return _framed_by_nobody(_page(self.people))
        ticket = f"ST-{secrets.token_urlsafe(24)}"
        self.tickets[ticket] = (service, person, chosen is not None)
        self.entered.setdefault(cookie, []).append((service, ticket))
        answer = redirect(f"{service}{'&' if '?' in service else '?'}{urlencode({'ticket': ticket})}", 302)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", path="/cas")
        return answer

    async def validate(self) -> Answer:
        """§2.5: a ticket is good once."""
        await asyncio.sleep(self.switches.slow)
        ticket, service = request.args.get("ticket", ""), request.args.get("service", "")
        made_for, person, proven = self.tickets.pop(ticket, ("", None, False))
        if self.switches.html:
            return "<!doctype html><title>maintenance</title><p>down", 200
        if self.switches.redirects:
            return redirect("http://169.254.169.254/", 302)
        if person is None:
            return _failure("INVALID_TICKET", ticket)
        if made_for != service:
            return _failure("INVALID_SERVICE", service)
        if request.args.get("renew") == "true" and not proven:
            return _failure("INVALID_TICKET", ticket)
        return _xml(self._success(person))

    async def logout(self) -> Answer:
        """§2.3: ends the visit, and posts a logout request to every service that was entered in it."""
        cookie = request.cookies.get(COOKIE, "")
        self.visits.pop(cookie, None)
        await self.tell(self.entered.pop(cookie, []))
        service = request.args.get("service")
        return redirect(service, 302) if service else ("signed out", 200)

    async def tell(self, entered: list[tuple[str, str]]) -> list[int]:
        """Single logout (§2.3.3); the statuses of the answers."""
        async with httpx2.AsyncClient(transport=self.transport or Loopback(), trust_env=False) as http:
            answers = [await http.post(url, data={"logoutRequest": told(ticket)}) for url, ticket in entered]
        return [answer.status_code for answer in answers]

    def _success(self, person: Person) -> str:
        wrong = self.switches
        user = "" if wrong.nobody else "&who;" if wrong.doctype else xml(person.subject)
        users = f"<cas:user>{user}</cas:user>" * (2 if wrong.two_users else 1)
        inside = f"{users}<cas:attributes>{self._attributes(person)}</cas:attributes>"
        inside += "<cas:x>" * 500 + "</cas:x>" * 500 if wrong.deep else ""
        inside += f"<!--{'x' * 5_000_000}-->" if wrong.huge else ""
        both = '<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure>' * wrong.both
        return f"<cas:authenticationSuccess>{inside}</cas:authenticationSuccess>{both}"

    def _attributes(self, person: Person) -> str:
        told = [("displayName", person.name), *(("campus", each) for each in person.campuses)]
        told += [("role", each) for each in person.roles]
        if person.account and not self.switches.no_account:
            told.append(("employeeNumber", person.account))
        if self.switches.old_attributes:
            return "".join(f"<cas:attribute name={quoteattr(n)} value={quoteattr(v)}/>" for n, v in told)
        return "".join(f"<cas:{name}>{xml(value)}</cas:{name}>" for name, value in told)


def told(ticket: str) -> str:
    """A logout request as CAS servers send it."""
    return (
        '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="LR-1" Version="2.0">'
        f"<saml:NameID>@NOT_USED@</saml:NameID><samlp:SessionIndex>{xml(ticket)}</samlp:SessionIndex>"
        "</samlp:LogoutRequest>"
    )


def _xml(inside: str) -> Response:
    head = ENTITY if "&who;" in inside else ""
    body = f"{head}<cas:serviceResponse {NAMESPACE}>{inside}</cas:serviceResponse>"
    return Response(body, content_type="application/xml; charset=utf-8")


def _failure(code: str, about: str) -> Response:
    said = f'<cas:authenticationFailure code="{code}">{xml(about)}</cas:authenticationFailure>'
    return _xml(said)


def _page(people: Sequence[Person]) -> str:
    rows = "".join(
        f'<button name="person" value="{escape(each.subject)}">{escape(each.name)}</button>'
        for each in people
    )
    return f'<!doctype html><html lang="zh-CN"><title>统一身份认证</title><form method="post">{rows}</form>'


def _framed_by_nobody(page: str) -> Response:
    return Response(page, content_type="text/html; charset=utf-8", headers={"X-Frame-Options": "DENY"})
