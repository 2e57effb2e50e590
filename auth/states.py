"""The `state` of an attempt (RFC 6749 §10.12): nobody else can make one, and it tells by itself when it was made.

So a callback that comes too late is told apart from one that nobody of ours set out for, though Redis knows neither:
whoever was called away from the centre's page for ten minutes is led through the sign-in again, not to an error.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from auth.sealing import KeyRing

LIFE: Final = timedelta(seconds=300)
"""Between leaving for the centre and coming back."""
_LATEST: Final = timedelta(days=1)
_RANDOM: Final = 16
_FORM: Final = struct.Struct(f">{_RANDOM}sI?")


class States:
    """Makes and reads them. What belongs to one waits in Redis; this needs no I/O."""

    def __init__(
        self,
        keys: KeyRing,
        now: Callable[[], datetime],
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._keys, self._now, self._random = keys, now, random

    def made(self, *, again: bool) -> str:
        """A new one. `again`: should it come back too late, one more attempt may begin in its stead."""
        made_at = int(self._now().timestamp())
        return self._keys.refer("state", "", _FORM.pack(self._random(_RANDOM), made_at, again))

    def may_begin_again(self, text: str) -> bool:
        """Whether it is ours, came back too late, and allows one more attempt."""
        plain = self._keys.resolve("state", "", text)
        if plain is None:
            return False
        _, made_at, again = _FORM.unpack(plain)
        age = self._now().timestamp() - made_at
        return bool(again) and LIFE.total_seconds() <= age < _LATEST.total_seconds()
