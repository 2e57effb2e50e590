"""The way into a Weaver E9: registered keys, the token they buy, and one call with both.

E9 answers its errors with HTTP 200; `call` turns them into OAError and renews an expired token once.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from widgets.oa import OABadAnswer, OABarred, OADenied, OAError, OAUnavailable
from widgets.oa.outbound import HttpClient, ask
from widgets.oa.reading import clean, fields, own_code, own_words, read_json

LIFE: Final = timedelta(minutes=30)
"""The life asked for a token; it is renewed after nine tenths of it."""
_EXPIRED: Final = ("token不存在", "登录信息超时")
_REFUSED: Final = ("解密失败", "认证信息错误", "账号存在异常", "无权限", "没有权限")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What E9 handed out at registration. To be kept: registering again makes these worthless."""

    spk: str
    """E9's public key: Base64 of an X.509 SubjectPublicKeyInfo, no PEM lines."""
    secret: str

    @classmethod
    def parse(cls, text: str) -> Credentials:
        """From what `dump` wrote. Raises ValueError."""
        told = fields(json.loads(text))
        spk, secret = told.get("spk"), told.get("secret")
        if not isinstance(spk, str) or not isinstance(secret, str) or not secret:
            raise ValueError("expected a JSON object with the strings spk and secret")
        credentials = cls(spk, secret)
        if len(secret.encode()) > credentials.key().key_size // 8 - 11:
            raise ValueError("the secret is too long for the key")
        return credentials

    def dump(self) -> str:
        return json.dumps(asdict(self))

    def key(self) -> rsa.RSAPublicKey:
        """Raises ValueError when `spk` is no RSA public key."""
        try:
            key = load_der_public_key(base64.b64decode(self.spk))
        except UnsupportedAlgorithm as error:
            raise ValueError("spk is of an unknown kind of key") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("spk is no RSA public key")
        return key


async def register(http: HttpClient, base_url: str, app_id: str) -> Credentials:
    """Registers `app_id` with an E9, once in its life: a second time breaks whoever holds the first keys.

    Raises OAError.
    """
    ours = rsa.generate_private_key(65537, 2048).public_key()
    cpk = base64.b64encode(ours.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    told = await _posted(
        http, f"{base_url.rstrip('/')}/api/ec/dev/auth/regist", {"appid": app_id, "cpk": cpk}, app_id
    )
    secret = told.get("secrit") or told.get("secret")  # misspelt in most versions
    try:
        return Credentials.parse(json.dumps({"spk": told.get("spk"), "secret": secret}))
    except ValueError as error:
        raise OABadAnswer(f"registration: {error}") from error


class Entrance:
    """Holds the current token of one E9 for everybody who asks at once."""

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        app_id: str,
        credentials: Credentials,
        now: Callable[[], datetime],
    ) -> None:
        self._http, self._base, self._app_id, self._now = http, base_url.rstrip("/"), app_id, now
        self._key, self._secret = credentials.key(), credentials.secret
        self._token: str | None = None
        self._good_until: datetime | None = None
        self._flight: asyncio.Task[str] | None = None

    async def call(
        self, method: str, path: str, user_id: str, form: Mapping[str, str] | None = None
    ) -> object:
        """The JSON answer to a call in the name of an internal user id. Raises OAError."""
        token = await self._current()
        answer = await self._try(method, path, user_id, token, form)
        if _says(answer, _EXPIRED) or fields(answer).get("errorCode") == "002":
            self._forget(token)
            answer = await self._try(method, path, user_id, await self._current(), form)
        if error := _refusal(answer):
            raise error
        return answer

    async def _try(
        self, method: str, path: str, user_id: str, token: str, form: Mapping[str, str] | None
    ) -> object:
        headers = {"appid": self._app_id, "token": token, "userid": self._sealed(user_id), "skipsession": "1"}
        answer = await ask(self._http, method, self._base + path, headers=headers, form=form)
        return read_json(answer.accepted())

    def _sealed(self, text: str) -> str:
        # E9 understands no other padding than PKCS #1 v1.5 (RFC 8017 §7.2).
        return base64.b64encode(self._key.encrypt(text.encode(), padding.PKCS1v15())).decode()

    async def _current(self) -> str:
        """The token; however many ask for a new one, E9 is asked once."""
        if self._token and self._good_until and self._now() < self._good_until:
            return self._token
        if self._flight is None:
            self._flight = asyncio.create_task(self._apply())
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def _landed(self, flight: asyncio.Task[str]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # taken, so that a failure nobody waited for any more is no noise

    def _forget(self, token: str) -> None:
        if self._token == token:
            self._token = None

    async def _apply(self) -> str:
        seconds = str(int(LIFE.total_seconds()))
        headers = {"appid": self._app_id, "secret": self._sealed(self._secret), "time": seconds}
        try:
            told = await _posted(
                self._http, f"{self._base}/api/ec/dev/auth/applytoken", headers, self._app_id
            )
        except OADenied as error:
            raise OABarred(str(error)) from error
        token = told.get("token")
        if (
            not isinstance(token, str)
            or not token.isascii()
            or not token.isprintable()
            or not 0 < len(token) <= 512
        ):
            raise OABadAnswer("applytoken: no token in the answer")
        self._token, self._good_until = token, self._now() + LIFE * 0.9
        return token


async def _posted(
    http: HttpClient, url: str, headers: Mapping[str, str], app_id: str
) -> Mapping[str, object]:
    # The form is there only because a POST of no length upsets some front ends.
    answer = await ask(http, "POST", url, headers=headers, form={"appid": app_id})
    told = fields(read_json(answer.accepted()))
    if error := _refusal(told):
        raise error
    if told.get("status") is not True:
        raise OABadAnswer(f"{url.rpartition('/')[2]}: no success reported")
    return told


def _says(answer: object, phrases: tuple[str, ...]) -> bool:
    message = clean(fields(answer).get("msg")) or ""
    return any(phrase in message for phrase in phrases)


def _refusal(answer: object) -> OAError | None:
    """The error that an answer with HTTP 200 really is; None for a success and for what is no such report."""
    told = fields(answer)
    if told.get("status") is not False and not told.get("errorCode"):
        return None
    message = f"{own_code(told.get('code', told.get('errorCode')))}: {own_words(told.get('msg'))}"
    if _says(answer, _EXPIRED):
        return OAUnavailable(message)  # an unhealthy token cache inside the OA's cluster
    if _says(answer, _REFUSED) or told.get("errorCode") == "002":
        return OADenied(message)
    return OABadAnswer(message)
