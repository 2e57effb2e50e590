"""致远 Seeyon V8 platform (COP, A9): to-dos by 工号, every question signed. It has no interface that reads notices."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from auth.principal import Principal
from widgets.items import Kind, Listing, Notice, Reference, TodoItem, Urgency
from widgets.links import origin, rebuild
from widgets.oa import OABadAnswer, OADenied
from widgets.oa.gathering import PAGE, Row, account, counted, kept, newest, own_address, owned
from widgets.oa.outbound import HttpClient, ask
from widgets.oa.reading import clean, fields, identifier, instant, own_code, own_words, read_json, rows

KEY_LENGTHS: Final = (16, 24, 32)
"""Bytes of an application's secret, as single sign-on uses it for AES."""
_TODOS: Final = "/ctp-affair/affair/select-list"
_SSO: Final = "/service/ctp-user/auth/avoid/sytoken"
_VECTOR: Final = b"apaasseeyonv8com"
"""The same for every site, by the vendor's document."""
_GOOD: Final = frozenset({"BOOT_0000", "200"})
"""The vendor's prose says the first, its samples the second."""
_HEADERS: Final = {"accept": "application/json", "content-type": "application/json; charset=utf-8"}
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]{8,512}")


def _random() -> str:
    return secrets.token_hex(16)


class SeeyonV8:
    """One V8 as an OAClient.

    `base_url` is the open interface as this service reaches it, `login_url` the platform's own address for single
    sign-on, `open_url` the platform as browsers reach it. `urgency` is empty unless the site says what its
    numbers mean: the vendor's document does not. With `sso` a click carries a token.
    """

    def __init__(
        self,
        *,
        source: str,
        campus: str,
        base_url: str,
        open_url: str,
        app_key: str,
        app_secret: str,
        zone: tzinfo,
        http: HttpClient,
        now: Callable[[], datetime],
        login_url: str | None = None,
        urgency: Mapping[str, Urgency] | None = None,
        sso: bool = False,
        random: Callable[[], str] = _random,
    ) -> None:
        self._source, self._campus, self._zone, self._http, self._now = source, campus, zone, http, now
        self._base, self._open = base_url.rstrip("/"), open_url.rstrip("/")
        self._login = (login_url or base_url).rstrip("/")
        self._allowed = frozenset({origin(open_url)})
        self._app_key, self._secret, self._urgency = app_key, app_secret, urgency or {}
        self._sso, self._random = sso, random

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """The newest `PAGE` to-dos. Raises OAError."""
        number = account(who)
        data = fields((await self._asked(number, PAGE)).get("data"))
        found = rows(data.get("content"), "to-dos")
        mine, foreign = owned(found, partial(_is_of_another, number))
        items, dropped = kept(mine, self._todo)
        total = None if foreign else counted(fields(data.get("pageInfo")).get("total"), len(found))
        return Listing(newest(items), total, self._now(), dropped=dropped + foreign, foreign=foreign)

    async def notices(self, who: Principal) -> Listing[Notice]:
        """Raises OADenied: no interface that reads notices is known."""
        raise OADenied("V8 has no interface that reads notices")

    async def link(self, who: Principal, item: Reference) -> str:
        """The item's address, with a fresh token where single sign-on is configured. Raises OAError."""
        url = own_address(item, self._open, self._allowed)
        if not self._sso:
            return url
        token = await self._token(account(who))
        front, hash, fragment = url.partition("#")
        joint = "&" if "?" in front else "?"
        signed = f"sytype=sytoken&syid={quote(self._app_key, safe='')}&sytoken={token}"
        return f"{front}{joint}{signed}{hash}{fragment}"

    def home(self, kind: Kind) -> str:
        """The platform's portal page."""
        return f"{self._open}/main/portal"

    async def ping(self) -> None:
        """Asks for the to-dos of nobody. Raises OAError unless V8 takes our signature."""
        await self._asked("0", 1)

    async def _asked(self, number: str, most: int) -> Row:
        wanted = {
            "state": ["PENDING"],
            "receiveMemberCode": number,
            "pageInfo": {"pageNumber": 1, "pageSize": most, "needTotal": True},
            "sort": {"orders": [{"property": "receiveTime", "direction": "DESC"}]},
        }
        envelope = {"requestId": self._random(), "timestamp": self._stamp(), "notifyUrl": "", "data": wanted}
        body = json.dumps(envelope).encode()
        secret = self._secret.encode()
        # MD5 is what V8 demands; it signs the body exactly as it is sent.
        sign = hashlib.md5(secret + body + secret, usedforsecurity=False).hexdigest()
        headers = {**_HEADERS, "app-key": self._app_key, "sign-type": "MD5", "sign": sign}
        answer = await ask(self._http, "POST", self._base + _TODOS, headers=headers, body=body)
        return _success(answer.accepted())

    def _todo(self, row: Row) -> TodoItem | None:
        id, title = identifier(row.get("id")), clean(row.get("title"))
        if id is None or title is None:
            return None
        return TodoItem(
            id=id,
            source=self._source,
            campus=self._campus,
            title=title,
            url=self._address(row.get("webUrl")),
            mobile_url=self._address(row.get("mobileUrl")),
            step=clean(row.get("nodeName")) or clean(row.get("nodePermissionName")),
            urgency=self._urgency.get(identifier(row.get("importance")) or "", "normal"),
            received_at=instant(row.get("receiveTime"), self._zone),
            sender=clean(row.get("startMemberName")),
            unread=row.get("affairRead") is False,
        )

    def _address(self, link: object) -> str | None:
        """Paths are the platform's; a mobile link may be one inside an app, which no browser can open."""
        return rebuild(link, self._open, self._allowed) if isinstance(link, str) else None

    async def _token(self, number: str) -> str:
        stamp = str(self._stamp())
        value = self._sealed(number)
        parts = sorted((self._app_key, self._secret, value, stamp))
        asked = {
            "responseType": "create",
            "clientId": self._app_key,
            "dataType": "code",
            "dataValue": value,
            "signature": hashlib.sha256("".join(parts).encode()).hexdigest(),
            "timestamp": stamp,
        }
        body = json.dumps(asked).encode()
        answer = await ask(self._http, "POST", self._login + _SSO, headers=_HEADERS, body=body)
        data = _success(answer.accepted()).get("data")
        content = fields(data).get("content", data)
        token = fields(content).get("sytoken", content)
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise OABadAnswer("single sign-on: no token")
        return token

    def _sealed(self, number: str) -> str:
        padder = PKCS7(128).padder()
        cipher = Cipher(AES(self._secret.encode()), modes.CBC(_VECTOR)).encryptor()
        return (cipher.update(padder.update(number.encode()) + padder.finalize()) + cipher.finalize()).hex()

    def _stamp(self) -> int:
        return int(self._now().timestamp() * 1000)


def _success(body: bytes) -> Row:
    """An answer that V8 calls a success. Raises OABadAnswer for every other one."""
    told = fields(read_json(body))
    if identifier(told.get("status")) != "0" or identifier(told.get("code")) not in _GOOD:
        raise OABadAnswer(f"code {own_code(told.get('code'))}: {own_words(told.get('message'))}")
    return told


def _is_of_another(number: str, row: object) -> bool:
    owner = fields(row).get("receiveMemberCode")
    return owner is not None and identifier(owner) != number
