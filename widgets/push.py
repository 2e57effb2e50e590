"""An OA says that lists changed: who may say so, and what they said. Pure but for remembering what was said before.

POST /push/<source>
Push-Timestamp: 1795500000000              milliseconds since 1970: two pushes in one second differ
Push-Signature: <hex of HMAC-SHA256>       over `<timestamp>.<body>`, with the source's `push_secret`

{"employees": ["10086", "10203"]}
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

AGE: Final = timedelta(minutes=5)
"""How far the OA's clock and ours may be apart."""
MOST: Final = 1000
"""Employees of one push."""
_LONGEST: Final = 64
"""Characters of a 工号."""


class NotPushed(Exception):
    """`code` for the sender; None: nothing at all is told, since whoever asks has proven nothing."""

    def __init__(self, code: str | None) -> None:
        super().__init__(code or "unknown")
        self.code = code


class Door:
    """Checks pushes. `secrets` by source id; a source without one takes none."""

    def __init__(
        self,
        secrets: Mapping[str, str],
        is_first: Callable[[str, datetime], Awaitable[bool]],
        now: Callable[[], datetime],
    ) -> None:
        """`is_first` tells whether a name is used for the first time before that moment."""
        self._secrets, self._is_first, self._now = secrets, is_first, now

    async def employees(self, source: str, timestamp: str, signature: str, body: bytes) -> tuple[str, ...]:
        """Whose lists changed. Raises NotPushed."""
        self._check_signature(source, timestamp, signature, body)
        told = datetime.fromtimestamp(int(timestamp) / 1000, UTC)
        if abs(self._now() - told) > AGE:
            raise NotPushed("timestamp-too-far")
        found = _read(body)
        # A signature may be used once: after `AGE` on either side its timestamp is refused anyway.
        if not await self._is_first(f"push\n{source}\n{signature.lower()}", told + 2 * AGE):
            raise NotPushed("replayed")
        return found

    def _check_signature(self, source: str, timestamp: str, signature: str, body: bytes) -> None:
        secret = self._secrets.get(source)
        is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 13
        # The work is the same for a source that is not there: how long a refusal takes tells nothing.
        made = hmac.new((secret or "nobody").encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
        good = hmac.compare_digest(made.encode(), signature.lower().encode())
        if secret is None or not is_number or not good:
            raise NotPushed(None)


def _read(body: bytes) -> tuple[str, ...]:
    try:
        told = orjson.loads(body)
    except ValueError:
        raise NotPushed("not-json") from None
    employees = told.get("employees") if isinstance(told, dict) else None
    if not isinstance(employees, list) or not employees:
        raise NotPushed("employees-missing")
    if len(employees) > MOST:
        raise NotPushed("too-many-employees")
    if not all(isinstance(each, str) and 0 < len(each) <= _LONGEST for each in employees):
        raise NotPushed("employee-not-text")
    return tuple(dict.fromkeys(employees))
