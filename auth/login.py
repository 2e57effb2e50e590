"""One sign-in from start to callback, whichever protocol the centre speaks: state, browser binding, single use.

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
from functools import partial
from typing import Final

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.centre import Attempt, Centre, NobodyThere, Vouched
from auth.cookies import cookie_name, read_cookies, set_cookie
from auth.errors import CentreError, CentreUnavailable, SignInRefused, SignInUnavailable, TokenRefused
from auth.once import taken
from auth.pace import Pace
from auth.paths import own_path
from auth.sealing import KeyRing, to_text
from auth.silence import PATIENCE as SILENT_PATIENCE
from auth.silence import Silence
from auth.states import LIFE, States

log = structlog.get_logger()

PATIENCE: Final = 3.0
"""Seconds for everything that a callback asks of the centre."""
DONE: Final = "/auth/done"
_KEY: Final = "pw:login:"
_FRAMED: Final = cookie_name("login-", secure=True)
_RANDOM_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a browser asks of a sign-in."""

    silent: bool = False
    """No page may be shown."""
    return_path: str | None = None
    """Where to go afterwards; one that is not ours becomes `/auth/done`."""
    cookie_header: str | None = None
    partitioned: bool = False
    """It happens in a frame on another site's page."""
    ticket: str | None = None
    """It happens in a window for a card there: see `handover`."""
    hint: str | None = None
    again: bool = False
    """In place of an attempt that came back too late; there is no third."""


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and the Set-Cookie value that binds the attempt to it."""

    url: str
    set_cookie: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of an attempt, and the path of ours to go on to."""

    outcome: Vouched | NobodyThere
    return_path: str
    partitioned: bool = False
    ticket: str | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    nonce: str
    verifier: str
    binding: str
    """Hash of the browser's binding value."""
    silent: bool
    return_path: str
    partitioned: bool
    ticket: str | None


class Login:
    """Begins and finishes attempts."""

    def __init__(
        self,
        centre: Centre,
        redis: Redis,
        keys: KeyRing,
        *,
        secure: bool,
        silence: Silence,
        states: States,
        posted: bool = False,
        random: Callable[[int], bytes] = secrets.token_bytes,
        patience: float = PATIENCE,
    ) -> None:
        """`secure`: our base address is https; `posted`: the centre answers by a form that its page posts."""
        self._centre, self._redis, self._keys, self._random = centre, redis, keys, random
        self._silence, self._states, self._pace = silence, states, Pace(redis)
        self._patience, self._secure, self._posted = patience, secure, posted
        self._cookie = cookie_name("login-", secure=secure)

    async def begin(self, wanted: Wanted) -> Started | NobodyThere:
        """An address at the centre for this browser.

        NobodyThere: a silent attempt that had better not be made, for the centre shows a page all the same, or
        because this browser has tried often enough. Raises CentreError, SignInRefused, SignInUnavailable.
        """
        name, binding = self._binding(wanted)
        back = own_path(wanted.return_path) or DONE
        if not await self._may_begin(_hash(binding), wanted.silent, back):
            return NobodyThere()
        state = self._states.made(again=not (wanted.again or wanted.silent or wanted.ticket))
        attempt = Attempt(state, self._text(), self._text(), wanted.silent, hint=wanted.hint)
        url = await self._centre.address(attempt)
        await self._remember(attempt, _hash(binding), back, wanted)
        life = int(LIFE.total_seconds())
        cookie = set_cookie(
            name,
            binding,
            secure=self._secure,
            max_age=life,
            partitioned=wanted.partitioned,
            posted=self._posted,
        )
        return Started(url, cookie)

    async def finish(self, query: Sequence[tuple[str, str]], cookie_header: str | None) -> Finished:
        """What became of the attempt that this callback belongs to.

        Raises SignInRefused (silent attempts carry their return path in it) and SignInUnavailable.
        """
        answer = dict(query)
        if len(answer) < len(query):
            raise SignInRefused("parameter-duplicated")
        state = answer.get("state")
        pending = await self._take(state, cookie_header)
        back = pending.return_path if pending.silent else None
        attempt = Attempt(state or "", pending.nonce, pending.verifier, pending.silent)
        try:
            async with asyncio.timeout(self._patience):
                outcome = await self._centre.judge(answer, attempt)
        except (SignInRefused, TokenRefused, CentreError) as error:
            raise SignInRefused(error, back) from None
        except TimeoutError:
            raise SignInRefused(CentreUnavailable("too-slow"), back) from None
        if isinstance(outcome, Vouched):
            await self._forget_tries(pending)
        return Finished(outcome, pending.return_path, pending.partitioned, pending.ticket, pending.silent)

    def may_begin_again(self, state: str | None) -> bool:
        """Whether the attempt of this state, which is not known any more, came back too late for the first time."""
        return state is not None and self._states.may_begin_again(state)

    async def _may_begin(self, binding: str, silent: bool, return_path: str) -> bool:
        """False: a silent attempt is not worth it. Raises SignInRefused where a page has to say so."""
        try:
            allowed = await self._pace.allows(binding, silent, return_path)
        except (RedisError, OSError) as error:
            log.warning("login.store_away", error=type(error).__name__)
            raise SignInUnavailable from None
        if not allowed:
            log.warning("login.too_many", silent=silent)
            if not silent:
                raise SignInRefused("too-many")
        return allowed and (not silent or await self._silence_is_honoured())

    async def _silence_is_honoured(self) -> bool:
        try:
            async with asyncio.timeout(SILENT_PATIENCE):
                return await self._silence.is_honoured()
        except TimeoutError:
            raise CentreUnavailable("too-slow") from None

    async def _forget_tries(self, pending: _Pending) -> None:
        try:
            await self._pace.forget(pending.binding, pending.silent, pending.return_path)
        except (RedisError, OSError) as error:
            log.warning("login.tries_not_forgotten", error=type(error).__name__)

    async def _remember(self, attempt: Attempt, binding: str, return_path: str, wanted: Wanted) -> None:
        kept = (binding, attempt.silent, return_path, wanted.partitioned, wanted.ticket)
        pending = _Pending(attempt.nonce, attempt.verifier, *kept)
        name = _KEY + _hash(attempt.state)
        blob = self._keys.seal("login", name, orjson.dumps(astuple(pending)))
        try:
            await self._redis.set(name, blob, ex=LIFE)
        except (RedisError, OSError) as error:
            log.warning("login.store_away", error=type(error).__name__)
            raise SignInUnavailable from None

    async def _take(self, state: str | None, cookie_header: str | None) -> _Pending:
        """The attempt of this state, which its own browser can take once, and nobody else."""
        if not state:
            raise SignInRefused("state-missing")
        name = _KEY + _hash(state)
        try:
            blob = await taken(self._redis, name, LIFE, partial(self._check_browser, name, cookie_header))
        except (RedisError, OSError) as error:
            log.warning("login.store_away", error=type(error).__name__)
            raise SignInUnavailable from None
        return self._opened(name, blob)

    def _opened(self, name: str, blob: bytes | None) -> _Pending:
        plain = self._keys.open("login", name, blob) if blob else None
        if plain is None:
            raise SignInRefused("state-unknown")
        return _Pending(*orjson.loads(plain))

    def _check_browser(self, name: str, cookie_header: str | None, blob: bytes) -> None:
        """Before anything is used up: a gateway's link scanner that asks first must not cost anybody their sign-in."""
        pending, bindings = self._opened(name, blob), self._bindings(cookie_header).values()
        if not any(hmac.compare_digest(_hash(binding), pending.binding) for binding in bindings):
            # A frame whose cookies are blocked ends here, too.
            raise SignInRefused("browser-other", pending.return_path if pending.silent else None)

    def _bindings(self, cookie_header: str | None) -> dict[str, str]:
        sent = read_cookies(cookie_header, self._cookie) | read_cookies(cookie_header, _FRAMED)
        return {name: value for name, value in sent.items() if _RANDOM_TEXT.fullmatch(value)}

    def _binding(self, wanted: Wanted) -> tuple[str, str]:
        """Name and value of the browser's binding: the one it holds, or a new one."""
        for name, value in self._bindings(wanted.cookie_header).items():
            return name, value
        stem = _FRAMED if wanted.partitioned else self._cookie
        return stem + self._random(2).hex(), self._text()

    def _text(self) -> str:
        return to_text(self._random(32))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
