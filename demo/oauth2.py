"""An OAuth 2.0 centre of the kind that hospital portals bring along, in two shapes, with a switch for each fault.

`portal`    paths and names of a health platform: envelope `{"code": "100", "data": …}`, GET at the token endpoint,
            camelCase, an extra parameter in every call, the access token as a parameter
`plain`     RFC 6749 with a userinfo address of its own
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import httpx2
from quart import Quart, Response, redirect, request
from werkzeug.wrappers import Response as PlainResponse

from demo.loopback import Loopback
from demo.people import PEOPLE, Person

Answer = Response | PlainResponse | dict[str, Any] | tuple[Any, int]
EXTRA = {"ak": "hospital"}


@dataclass(slots=True)
class OAuth2Server:
    """Who may come, which codes and tokens are out, and what goes wrong."""

    kind: Literal["portal", "plain"] = "portal"
    client: tuple[str, str] = ("portal-widgets", "s3cret-of-the-service")
    people: Sequence[Person] = PEOPLE
    who: Person | None = PEOPLE[0]
    """Who is signed in at the portal."""
    fault: str = ""
    """`down`, `slow`, `html`, `redirect`, `huge`, `refused`, `no-token`, `no-person`, `person-refused`, `number`,
    `no-state`."""
    transport: httpx2.AsyncBaseTransport | None = None
    codes: dict[str, tuple[Person, str]] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every call."""

    def app(self) -> Quart:
        """The centre as an ASGI app."""
        app = Quart("demo.oauth2")
        app.before_request(self._notice)
        app.add_url_rule("/oauth/authorize", view_func=self.authorize)
        app.add_url_rule("/oauth/token", view_func=self.token, methods=["GET", "POST"])
        app.add_url_rule("/oauth/user", view_func=self.user, methods=["GET", "POST"])
        app.add_url_rule("/oauth/logout", view_func=self.logout)
        return app

    async def _notice(self) -> Answer | None:
        self.asked.append((request.method, request.path))
        return ("away", 503) if self.fault == "down" else None

    async def authorize(self) -> Answer:
        """To the registered address with a code; whoever asks for another shape of it is refused."""
        back, state = request.args["redirect_uri"], request.args.get("state")
        if "?" in back or "#" in back or not self._has_extra(request.args.to_dict()):
            return "redirect_uri 不能带参数", 400
        answer = {"state": state} if state and self.fault != "no-state" else {}
        if self.who is None:
            return redirect(f"{back}?{urlencode({**answer, 'error': 'access_denied'})}", 302)
        code = secrets.token_urlsafe(16)
        self.codes[code] = (self.who, back)
        return redirect(f"{back}?{urlencode({**answer, 'code': code})}", 302)

    async def token(self) -> Answer:
        """A code becomes an access token, once."""
        broken = await self._broken()
        if broken is not None:
            return broken
        asked = {**request.args.to_dict(), **(await request.form).to_dict()}
        person, back = self.codes.pop(asked.get("code", ""), (None, ""))
        if (
            not self._knows(asked)
            or person is None
            or back != asked.get("redirect_uri")
            or self.fault == "refused"
        ):
            return self._refusal("invalid_grant", "101")
        token = secrets.token_urlsafe(24)
        self.tokens[token] = person
        given = {} if self.fault == "no-token" else {"accessToken": token, "expiresIn": 7200}
        if self.kind == "portal":
            return {"code": 100, "msg": "ok", "data": given}
        return {"access_token": given.get("accessToken"), "token_type": "bearer"}

    async def user(self) -> Answer:
        """Who the bearer is."""
        asked = {**request.args.to_dict(), **(await request.form).to_dict()}
        by_header = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = asked.get("accessToken", "") if self.kind == "portal" else by_header
        person = self.tokens.get(token)
        if person is None or self.fault == "person-refused":
            return self._refusal("invalid_token", "102")
        return self._told(person)

    async def logout(self) -> Answer:
        """Signs out here and goes back."""
        self.who = None
        return redirect(request.args.get("redirect_uri", "/"), 302)

    async def tell(self, address: str) -> list[int]:
        """Calls a system's sign-out address with every access token; the statuses of the answers."""
        async with httpx2.AsyncClient(transport=self.transport or Loopback(), trust_env=False) as http:
            answers = [await http.get(address, params={"accessToken": token}) for token in self.tokens]
        return [answer.status_code for answer in answers]

    def _told(self, person: Person) -> dict[str, Any]:
        account: Any = int(person.account or 0) if self.fault == "number" else person.account
        inside = {"id": 17, "empNo": account, "realName": person.name, "roles": list(person.roles)}
        if self.fault == "no-person":
            inside.pop("id")
        if self.kind == "portal":
            return {"code": 100, "msg": "ok", "data": {"user": [inside]}}
        return inside

    def _refusal(self, word: str, number: str) -> Answer:
        """Portals answer 200 to everything."""
        return (
            {"code": int(number), "msg": word, "data": None}
            if self.kind == "portal"
            else ({"error": word}, 400)
        )

    def _knows(self, asked: dict[str, str]) -> bool:
        basic = "Basic " + base64.b64encode(":".join(self.client).encode()).decode()
        by_form = (asked.get("client_id"), asked.get("client_secret")) == self.client
        return self._has_extra(asked) and (by_form or request.headers.get("Authorization") == basic)

    def _has_extra(self, asked: dict[str, str]) -> bool:
        return self.kind == "plain" or all(asked.get(name) == value for name, value in EXTRA.items())

    async def _broken(self) -> Answer | None:
        match self.fault:
            case "slow":
                await asyncio.sleep(60)
            case "html":
                return "<!doctype html><title>502</title>", 200
            case "redirect":
                return redirect("http://169.254.169.254/", 302)
            case "huge":
                return "x" * 5_000_000, 200
        return None
