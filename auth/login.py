"""One sign-in from start to callback: authorization code with PKCE (OIDC Core §3.1, RFC 6749 §4.1, RFC 7636).

What an attempt needs to end well waits in Redis for five minutes, sealed, under a hash of its `state`. The
browser holds only a random binding value, the same for all its tabs. Two frames that load at once, when it
holds none yet, get one each under different names: under one name the second would undo the first.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.cookies import cookie_name, read_cookies, set_cookie
from auth.errors import CentreError, CentreUnavailable, SignInRefused, SignInUnavailable, TokenRefused
from auth.metadata import Metadata
from auth.paths import own_path
from auth.principal import Principal, principal_from
from auth.provider import Provider
from auth.sealing import KeyRing, to_text
from auth.session import Tokens

log = structlog.get_logger()

LIFE: Final = timedelta(seconds=300)
"""Between leaving for the centre and coming back."""
PATIENCE: Final = 3.0
"""Seconds for everything that a callback asks of the centre."""
DONE: Final = "/auth/done"
_NOBODY_THERE: Final = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)
"""OIDC Core §3.1.2.6: the centre cannot answer without showing a page."""
_KEY: Final = "pw:login:"
_RANDOM_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,32768}")


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and the Set-Cookie value that binds the attempt to it."""

    url: str
    set_cookie: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The centre vouched for somebody. `expires_at`: when its own session ends, where it says so."""

    who: Principal
    tokens: Tokens
    provider_sid: str | None
    expires_at: datetime | None
    return_path: str


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """A silent attempt that found nobody: no error, nothing to show."""

    return_path: str


Finished: TypeAlias = SignedIn | NotSignedIn


@dataclass(frozen=True, slots=True)
class _Pending:
    nonce: str
    verifier: str
    binding: str
    """Hash of the browser's binding value."""
    silent: bool
    return_path: str


class Login:
    """Begins and finishes attempts."""

    def __init__(
        self,
        provider: Provider,
        redis: Redis,
        keys: KeyRing,
        *,
        base_url: str,
        client_secret: str | None,
        account_claim: str,
        scope: str = "openid profile",
        auth_method: str = "client_secret_basic",
        random: Callable[[int], bytes] = secrets.token_bytes,
        patience: float = PATIENCE,
    ) -> None:
        """`base_url` is ours; `auth_method` as in RFC 7591 §2, `none` for a public client."""
        self._provider, self._redis, self._keys, self._random = provider, redis, keys, random
        self._redirect_uri = base_url.rstrip("/") + "/auth/callback"
        self._secret, self._method = client_secret, auth_method
        self._account_claim, self._scope, self._patience = account_claim, scope, patience
        self._secure = base_url.startswith("https://")
        self._cookie = cookie_name("login-", secure=self._secure)

    async def begin(self, *, silent: bool, return_path: str | None, cookie_header: str | None) -> Started:
        """An address at the centre for this browser. A return path that is not ours becomes `/auth/done`.

        Raises CentreError, SignInUnavailable.
        """
        metadata = await self._provider.metadata()
        state, nonce, verifier = (self._text() for _ in range(3))
        name, binding = self._binding(cookie_header)
        pending = _Pending(nonce, verifier, _hash(binding), silent, own_path(return_path) or DONE)
        await self._remember(state, pending)
        client = self._provider.client(
            scope=self._scope, redirect_uri=self._redirect_uri, code_challenge_method="S256"
        )
        prompt = {"prompt": "none"} if silent else {}
        url, _ = client.create_authorization_url(
            metadata.authorization_endpoint, state=state, code_verifier=verifier, nonce=nonce, **prompt
        )
        life = int(LIFE.total_seconds())
        return Started(url, set_cookie(name, binding, secure=self._secure, max_age=life))

    async def finish(self, query: Sequence[tuple[str, str]], cookie_header: str | None) -> Finished:
        """What became of the attempt that this callback belongs to.

        Raises SignInRefused (silent attempts carry their return path in it) and SignInUnavailable.
        """
        answer = dict(query)
        if len(answer) < len(query):
            raise SignInRefused("parameter-duplicated")
        pending = await self._take(answer.get("state"))
        back = pending.return_path if pending.silent else None
        bindings = self._bindings(cookie_header).values()
        if not any(hmac.compare_digest(_hash(binding), pending.binding) for binding in bindings):
            raise SignInRefused("browser-other", back)  # a frame whose cookies are blocked ends here, too
        try:
            async with asyncio.timeout(self._patience):
                return await self._judge(answer, pending)
        except (SignInRefused, TokenRefused, CentreError) as error:
            raise SignInRefused(error, back) from None
        except TimeoutError:
            raise SignInRefused(CentreUnavailable("too-slow"), back) from None

    async def _judge(self, answer: dict[str, str], pending: _Pending) -> Finished:
        _check_issuer(await self._provider.metadata(), answer.get("iss"))
        error = answer.get("error")
        if error is not None and pending.silent and error in _NOBODY_THERE:
            return NotSignedIn(pending.return_path)
        if error is not None:
            log.info("login.declined", error=error[:80], silent=pending.silent)
            raise SignInRefused("access-denied" if error == "access_denied" else "declined")
        code = answer.get("code")
        if not code:
            raise SignInRefused("code-missing")
        return await self._redeem(code, pending)

    async def _redeem(self, code: str, pending: _Pending) -> SignedIn:
        provider = self._provider
        answer = await provider.exchange(
            code,
            verifier=pending.verifier,
            redirect_uri=self._redirect_uri,
            secret=self._secret,
            method=self._method,
        )
        tokens = _tokens(answer)
        claims = await provider.check_id_token(
            tokens.id_token, nonce=pending.nonce, access_token=tokens.access_token
        )
        userinfo = await provider.userinfo(tokens.access_token, claims.subject)
        who = principal_from(claims, self._account_claim, userinfo)
        return SignedIn(who, tokens, claims.sid, None, pending.return_path)

    async def _remember(self, state: str, pending: _Pending) -> None:
        name = _KEY + _hash(state)
        blob = self._keys.seal("login", name, orjson.dumps(astuple(pending)))
        try:
            await self._redis.set(name, blob, ex=LIFE)
        except (RedisError, OSError) as error:
            log.warning("login.store_away", error=type(error).__name__)
            raise SignInUnavailable from None

    async def _take(self, state: str | None) -> _Pending:
        """The attempt of this state, which nobody can take a second time."""
        if not state:
            raise SignInRefused("state-missing")
        name = _KEY + _hash(state)
        try:
            blob = await self._redis.getdel(name)
        except (RedisError, OSError) as error:
            log.warning("login.store_away", error=type(error).__name__)
            raise SignInUnavailable from None
        plain = self._keys.open("login", name, blob) if isinstance(blob, bytes) else None
        if plain is None:
            raise SignInRefused("state-unknown")
        return _Pending(*orjson.loads(plain))

    def _bindings(self, cookie_header: str | None) -> dict[str, str]:
        sent = read_cookies(cookie_header, self._cookie)
        return {name: value for name, value in sent.items() if _RANDOM_TEXT.fullmatch(value)}

    def _binding(self, cookie_header: str | None) -> tuple[str, str]:
        """Name and value of the browser's binding: the one it holds, or a new one."""
        for name, value in self._bindings(cookie_header).items():
            return name, value
        return self._cookie + self._random(2).hex(), self._text()

    def _text(self) -> str:
        return to_text(self._random(32))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _check_issuer(metadata: Metadata, given: str | None) -> None:
    """RFC 9207 §2.4: the answer comes from the centre that we asked."""
    if given is None and metadata.names_itself:
        raise SignInRefused("issuer-missing")
    if given is not None and given != metadata.issuer:
        raise SignInRefused("issuer-other")


def _tokens(answer: Any) -> Tokens:
    """The tokens of an answer (OIDC Core §3.1.3.3); each a plain text of bounded length."""
    named = [answer.get(name) for name in ("id_token", "access_token", "token_type")]
    if not all(isinstance(value, str) for value in named) or named[2].lower() != "bearer":
        raise SignInRefused("tokens-malformed")
    refresh = answer.get("refresh_token")
    refresh = refresh if isinstance(refresh, str) and _TOKEN.fullmatch(refresh) else None
    if not _TOKEN.fullmatch(named[1]):
        raise SignInRefused("tokens-malformed")
    return Tokens(named[0], named[1], refresh)
