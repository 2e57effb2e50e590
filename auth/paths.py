"""Where a person may be sent back to: a path below our own base address, and nothing else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))
_LONGEST: Final = 2048
_DOTS: Final = re.compile(r"/(\.|%2e){1,2}(?=[/?#]|$)", re.IGNORECASE)


def own_path(text: str | None) -> str | None:
    """The path, percent-encoded where needed; None when it is none of ours.

    Refused: anything with a scheme or host, `//`, a backslash, control characters (browsers drop some of them
    and read the rest anew), dot segments, and the sign-in addresses themselves, which would run in circles.
    """
    if not text or len(text) > _LONGEST or not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or not text.replace(" ", "").isprintable() or _DOTS.search(text):
        return None
    if text.lower().startswith(("/auth/", "/%")):
        return None
    return quote(text, safe=_ASCII)
