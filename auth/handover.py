"""A sign-in in a window of its own, handed over to a card on another site's page.

There the window and the card share no cookies. So the card carries a ticket, bound to a random cookie of its own
jar (the pre-session). The window signs in, starts no session, and posts a code to the card; the card redeems the
code together with its cookie, and the session begins in the card's jar. What a stranger gets hold of is worth
nothing without that cookie: neither ticket nor code opens anything in another browser.

Where the centre's pages cut the tie between the two windows (Cross-Origin-Opener-Policy), six digits take the
code's place: the window shows them, the person types them into the card. That is for hospitals that choose it:
digits can be talked out of somebody.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.centre import Vouched
from auth.cookies import read_cookies, set_cookie
from auth.errors import SignInRefused, SignInUnavailable
from auth.once import taken
from auth.principal import Principal
from auth.relation import Portals
from auth.sealing import KeyRing, to_text
from auth.session import FRAME, Tokens

log = structlog.get_logger()

TICKET_LIFE: Final = timedelta(hours=25)
"""A card that nobody signs in at is drawn anew each day, and its ticket with it."""
CODE_LIFE: Final = timedelta(seconds=60)
NUMBER_LIFE: Final = timedelta(minutes=2)
TRIES: Final = 5
_STEM: Final = "__Host-pw-pre-"
_RANDOM_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HOUR: Final = 3600
_AWAY: Final = (RedisError, OSError)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a signed-out card carries."""

    binding: str
    """Hash of the pre-session that alone may redeem."""
    target: str
    """Origin of the page that waits for the code: our own for a frame, the portal's for a card in its page."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a card's button leads, and the Set-Cookie value of a pre-session that begins with it."""

    url: str
    set_cookie: str | None
    numbers: bool
    """The card may be given six digits instead of a message."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the window hands over."""

    code: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who signed in, and the Set-Cookie values that end the jar's pre-sessions: two cards may have begun one each."""

    vouched: Vouched
    forget: tuple[str, ...]


class Handover:
    """Offers, keeps and redeems."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        now: Callable[[], datetime],
        portals: Portals,
        *,
        base_url: str,
        own: str,
        numbers: bool = False,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`own` is the origin of `base_url`; `numbers`: six digits are given beside the code."""
        self._redis, self._keys, self._now, self._random = redis, keys, now, random
        self._portals, self._base_url, self._own, self._numbers = portals, base_url.rstrip("/"), own, numbers

    def offer(
        self, headers: Mapping[str, str], cookie_header: str | None, *, told: bool, chained: bool
    ) -> Offer | None:
        """The window for a card on another site's page; None where our own cookies do. No I/O.

        `told`: our own redirect says that it is one. `chained`: the way here led over the centre.
        """
        held = _pre_sessions(cookie_header)
        known = told or held or FRAME in (cookie_header or "")
        if not (known or self._portals.is_from_another_site(headers, chained=chained)):
            return None
        portal = headers.get("origin")
        target = portal if portal in self._portals.relations else self._own
        fresh = None
        if held:
            value = next(iter(held.values()))
        else:
            name, value = _STEM + self._random(2).hex(), to_text(self._random(32))
            fresh = set_cookie(name, value, secure=True, partitioned=True)
        hour = int(self._now().timestamp()) // _HOUR
        ticket = self._keys.refer("popup", "", orjson.dumps([_hash(value), target, hour]))
        return Offer(f"{self._base_url}/auth/popup?t={ticket}", fresh, self._numbers)

    def ticket(self, text: str | None) -> Ticket:
        """Raises SignInRefused for one that is not ours, or too old."""
        plain = self._keys.resolve("popup", "", text) if text else None
        if plain is None:
            raise SignInRefused("ticket-unknown")
        binding, target, hour = orjson.loads(plain)
        if self._now().timestamp() - hour * _HOUR > TICKET_LIFE.total_seconds():
            raise SignInRefused("ticket-unknown")
        return Ticket(binding, target)

    async def keep(self, ticket: Ticket, vouched: Vouched) -> Given:
        """A code for whoever waits with that ticket, worth one session. Raises SignInUnavailable."""
        code = to_text(self._random(32))
        number = f"{int.from_bytes(self._random(8)) % 1_000_000:06}" if self._numbers else None
        try:
            await self._put(_code_key(code), ticket, [vouched, None], CODE_LIFE)
            if number:
                await self._redis.delete(_tries_key(ticket))
                await self._put(_number_key(ticket), ticket, [vouched, number], NUMBER_LIFE)
        except _AWAY as error:
            raise _away(error) from None
        return Given(code, number)

    async def redeem(
        self, text: str | None, code: str | None, number: str | None, origin: str | None, cookies: str | None
    ) -> Redeemed:
        """Who signed in. `origin` is that of the page that asks. Raises SignInRefused, SignInUnavailable."""
        ticket = self.ticket(text)
        if origin != ticket.target:
            raise SignInRefused("origin-foreign")
        held = _pre_sessions(cookies)
        if not any(_same(_hash(value), ticket.binding) for value in held.values()):
            raise SignInRefused("browser-other")
        try:
            vouched = await (self._by_number(ticket, number) if number else self._by_code(ticket, code or ""))
        except _AWAY as error:
            raise _away(error) from None
        gone = (set_cookie(name, "", secure=True, max_age=0, partitioned=True) for name in held)
        return Redeemed(vouched, tuple(gone))

    async def _by_code(self, ticket: Ticket, code: str) -> Vouched:
        name = _code_key(code)
        found = self._opened(name, ticket, await taken(self._redis, name, CODE_LIFE))
        if found is None:
            raise SignInRefused("handover-unknown")
        return found[0]

    async def _by_number(self, ticket: Ticket, number: str) -> Vouched:
        name, tries = _number_key(ticket), _tries_key(ticket)
        async with self._redis.pipeline(transaction=False) as steps:
            steps.set(tries, 0, ex=NUMBER_LIFE, nx=True)
            steps.incr(tries)
            steps.get(name)
            _, count, blob = await steps.execute()
        found = self._opened(name, ticket, blob)
        if found is None or int(count) > TRIES:
            await self._redis.delete(name)
            raise SignInRefused("handover-unknown")
        # Only one of two askers who both know it finds it still there.
        if not _same(number, found[1] or "") or not await self._redis.delete(name):
            raise SignInRefused("number-wrong")
        return found[0]

    async def _put(self, name: str, ticket: Ticket, kept: list[object], life: timedelta) -> None:
        blob = self._keys.seal("handover", _owner(name, ticket), orjson.dumps(kept))
        await self._redis.set(name, blob, ex=life)

    def _opened(self, name: str, ticket: Ticket, blob: object) -> tuple[Vouched, str | None] | None:
        """What was kept for this very ticket, and nobody else's."""
        plain = self._keys.open("handover", _owner(name, ticket), blob) if isinstance(blob, bytes) else None
        if plain is None:
            return None
        told, number = orjson.loads(plain)
        return _vouched(told), number


def _pre_sessions(cookie_header: str | None) -> dict[str, str]:
    sent = read_cookies(cookie_header, _STEM)
    return {name: value for name, value in sent.items() if _RANDOM_TEXT.fullmatch(value)}


def _vouched(told: Any) -> Vouched:
    """The same as was dumped: orjson writes tuples as lists, and moments as text."""
    person: Any = {
        name: tuple(value) if isinstance(value, list) else value for name, value in told["who"].items()
    }
    moments = {name: told[name] and datetime.fromisoformat(told[name]) for name in ("expires_at", "asked_at")}
    ours = {"who": Principal(**person), "tokens": Tokens(**told["tokens"])}
    return Vouched(**{**told, **ours, **moments})


def _away(error: Exception) -> SignInUnavailable:
    log.warning("handover.store_away", error=type(error).__name__)
    return SignInUnavailable()


def _code_key(code: str) -> str:
    return f"pw:handover:{_hash(code)}"


def _number_key(ticket: Ticket) -> str:
    return f"pw:handover:number:{ticket.binding}"


def _tries_key(ticket: Ticket) -> str:
    return f"pw:handover:tries:{ticket.binding}"


def _owner(name: str, ticket: Ticket) -> str:
    return f"{name}\n{ticket.binding}\n{ticket.target}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
