"""The way into a Seeyon V5: the token of a REST account, or one bound to a person by the trusted channel (三方互信).

V5 says that a token is over with HTTP 401, or with code 1010 and HTTP 200; `call` renews it once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from widgets.oa import OABadAnswer, OABarred, OADenied, OAUnavailable
from widgets.oa.held import Held
from widgets.oa.outbound import Answer, HttpClient, ask
from widgets.oa.reading import clean, decoded, fields, identifier, own_words, read_json
from widgets.tickets import Tickets

LIFE: Final = timedelta(minutes=12)
"""A token lives for 15 minutes after its last use; ours is renewed before, however seldom it was used."""
_HEADERS: Final = {"accept": "application/json", "content-type": "application/json; charset=utf-8"}
_EXPIRED: Final = "1010"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]{8,256}")
_SERVICE: Final = ""
"""The name under which the REST account's own token is held; people are held by their login name."""


@dataclass(frozen=True, slots=True)
class Channel:
    """The trusted channel: who we are to the OA, and where it delivers tokens."""

    id: str
    secret: str
    source: str
    tickets: Tickets


class Entrance:
    """Holds the tokens of one V5 for everybody who asks at once. `base_url` ends in `/seeyon`."""

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        user: str,
        password: str,
        now: Callable[[], datetime],
        channel: Channel | None = None,
    ) -> None:
        self._http, self._base = http, f"{base_url.rstrip('/')}/rest"
        self._user, self._password, self._channel = user, password, channel
        self._tokens = Held(self._apply, LIFE, now)

    async def call(
        self, path: str, body: Mapping[str, object] | None = None, person: str = _SERVICE
    ) -> object:
        """The JSON answer to a GET, or to a POST of `body`. Raises OAError.

        `person`, a login name, counts where a trusted channel is configured: the call then goes in that name.
        """
        name = person if self._channel else _SERVICE
        token = await self._tokens.get(name)
        answer = await self._try(path, body, token)
        if _is_over(answer):
            self._tokens.forget(name, token)
            answer = await self._try(path, body, await self._tokens.get(name))
        told = read_json(answer.accepted())
        if identifier(fields(told).get("code")) == _EXPIRED:
            raise OAUnavailable(f"a new token is not known either: {own_words(fields(told).get('message'))}")
        return told

    async def _try(self, path: str, body: Mapping[str, object] | None, token: str) -> Answer:
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        return await ask(
            self._http, method, self._base + path, headers={**_HEADERS, "token": token}, body=sent
        )

    async def _apply(self, name: str) -> str:
        return await (self._bound(self._channel, name) if self._channel and name else self._unbound())

    async def _unbound(self) -> str:
        told = await self._posted("/token", {"userName": self._user, "password": self._password})
        token = fields(told).get("id") if isinstance(told, dict) else told
        if token == "-1":
            raise OABarred("token: the REST account or its password is wrong")
        return _token(token)

    async def _bound(self, channel: Channel, login: str) -> str:
        """The answer says only that the OA took the question; the token comes to an address of ours."""
        word = await channel.tickets.expect(channel.source)
        asked = {"id": channel.id, "secret": channel.secret, "loginName": login, "dataCarried": word}
        told = await self._posted("/token/channel", asked)
        if fields(told).get("id") == "-1":
            raise OADenied(f"trusted channel: {own_words(fields(told).get('message'))}")
        return _token(await channel.tickets.collect(channel.source, word))

    async def _posted(self, path: str, asked: Mapping[str, object]) -> object:
        body = json.dumps(asked).encode()
        answer = await ask(self._http, "POST", self._base + path, headers=_HEADERS, body=body)
        said = answer.accepted()
        return read_json(said) if said.strip()[:1] in (b"{", b"[", b'"') else clean(decoded(said), 120)


def _is_over(answer: Answer) -> bool:
    if answer.status == 401:
        return True
    if answer.status != 200 or b"1010" not in answer.body[:400]:
        return False
    return identifier(fields(read_json(answer.body)).get("code")) == _EXPIRED


def _token(value: object) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise OABadAnswer("token: none in the answer")
    return value
