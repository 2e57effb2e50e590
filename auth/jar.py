"""The two session cookies of a browser, for our own site and for pages of another: sealed, and read with suspicion."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Final

from auth.cookies import cookie_name, read_cookie, set_cookie
from auth.sealing import KeyRing, from_text, to_text
from auth.session import FRAME, Session, packed, unpacked

MOST: Final = 4096
"""Cookies of which it is kept what they hold: an open page sends the same one each minute."""


class Jar:
    """Seals sessions into cookies and opens them again, without I/O."""

    def __init__(self, keys: KeyRing, *, secure: bool, damaged: Callable[[str], None]) -> None:
        """`secure`: the base address is https. `damaged` hears of a Cookie header whose session does not open."""
        self._keys, self._secure, self._damaged = keys, secure, damaged
        self._name = cookie_name("session", secure=secure)
        self._unsealed = lru_cache(MOST)(self._unseal)

    def own(self, header: str | None) -> Session | None:
        """The session of the cookie for our own site, over or not; None for none, for two copies, for a damaged one."""
        return self._opened(header, self._name, partitioned=False)

    def crossing(self, header: str | None) -> Session | None:
        """The same of the cookie for pages of another site."""
        return self._opened(header, FRAME, partitioned=True)

    def sealed(self, session: Session) -> str:
        """The Set-Cookie value that carries the session."""
        value = to_text(self._keys.seal("session", "", packed(session)))
        name = FRAME if session.partitioned else self._name
        return set_cookie(name, value, secure=self._secure, partitioned=session.partitioned)

    def emptied(self) -> list[str]:
        """The Set-Cookie values that make the browser forget its session."""
        ours = set_cookie(self._name, "", secure=self._secure, max_age=0)
        crossing = set_cookie(FRAME, "", secure=True, max_age=0, partitioned=True)
        return [ours, crossing] if self._secure else [ours]

    def _opened(self, header: str | None, name: str, *, partitioned: bool) -> Session | None:
        value = read_cookie(header, name)
        if header is None or value is None:
            return None
        with suppress(ValueError):
            session = self._unsealed(value)
            if session is None or session.partitioned is partitioned:
                return session
        self._damaged(header)
        return None

    def _unseal(self, value: str) -> Session | None:
        """The session; None when another release sealed it. Raises ValueError, of which nothing is kept."""
        blob = from_text(value)
        plain = self._keys.open("session", "", blob) if blob else None
        if plain is None:
            raise ValueError
        return unpacked(plain)
