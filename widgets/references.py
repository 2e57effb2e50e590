"""What a click carries: source, kind, id and address of one item, sealed to the person whose card it stands on.

The same item always gets the same text (AES-SIV, RFC 5297), so links survive a refresh; nobody else's opens.
"""

from __future__ import annotations

from typing import Final

import orjson

from auth.sealing import KeyRing
from widgets.items import Reference

_OPEN: Final = "open"


class References:
    """Seals and opens them. Nothing is stored: a link works without Redis, and after its item has left the list."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal(self, account: str, reference: Reference) -> str:
        """The last part of `/open/…`."""
        payload = orjson.dumps((reference.source, reference.kind, reference.id, reference.url))
        return self._keys.refer(_OPEN, account, payload)

    def open(self, account: str, text: str) -> Reference | None:
        """What such a text stands for; None when it is not this person's, or not ours at all."""
        payload = self._keys.resolve(_OPEN, account, text)
        return Reference(*orjson.loads(payload)) if payload else None
