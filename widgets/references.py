"""What a click carries: source, kind, id and address of one item, sealed to the person whose card it stands on.

The same item always gets the same text (AES-SIV, RFC 5297), so links survive a refresh; nobody else's opens.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

import orjson

from auth.sealing import KeyRing
from widgets.items import Reference

_OPEN: Final = "open"
_WINDOW: Final = -10  # RFC 1951 without a head, and a small window: ours are a hundred bytes, not a file
_KEPT: Final = 4096
"""Links that are not made again. Those of items are not among them: they are made when a list is fetched."""
_LARGEST: Final = 8192
"""Bytes that a reference may unfold to."""
_ALIKE: Final = (
    b'?fdId="]x_desktop/work.html?workid=/sys/notify/sys_notify_todo/sysNotifyTodo.do?method=view&fdId='
    b"/seeyon/bulData.do?method=bulView&bulId=/seeyon/collaboration/collaboration.do?method=summary"
    b"&openFrom=listPending&affairId=/spa/document/index.jsp?id=&router=1#/main/document/detail"
    b"/spa/workflow/static4form/index.html#/main/workflow/req?requestid="
    b'["main-oa","notices","","https://oa.["main-oa","todos","","http://oa.'
)
"""What addresses of the same OA products have in common (RFC 1951's dictionary, in zlib's words): six sealed links
are most of a refresh, and sealed text cannot be compressed any more. Changing it invalidates links that are out."""
_PACKER: Final = zlib.compressobj(9, zlib.DEFLATED, _WINDOW, 1, zlib.Z_DEFAULT_STRATEGY, _ALIKE)


class References:
    """Seals and opens them. Nothing is stored: a link works without Redis, and after its item has left the list."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self.sealed_before = lru_cache(_KEPT)(self.seal)
        """As `seal`, for what is asked at each look: the way to the whole list."""

    def seal(self, account: str, reference: Reference) -> str:
        """The last part of `/open/…`."""
        payload = orjson.dumps((reference.source, reference.kind, reference.id, reference.url))
        return self._keys.refer(_OPEN, account, _folded(payload))

    def open(self, account: str, text: str) -> Reference | None:
        """What such a text stands for; None when it is not this person's, or not ours at all."""
        packed = self._keys.resolve(_OPEN, account, text)
        return _unfolded(packed) if packed else None


def _folded(payload: bytes) -> bytes:
    packer = _PACKER.copy()
    return packer.compress(payload) + packer.flush()


def _unfolded(packed: bytes) -> Reference | None:
    try:
        return Reference(*orjson.loads(zlib.decompressobj(_WINDOW, _ALIKE).decompress(packed, _LARGEST)))
    except (zlib.error, ValueError):
        return None  # ours, and of before they were packed like this
