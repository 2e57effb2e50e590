"""What an instance writes on standard error: one JSON object a line, and none of them over and over."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from structlog.typing import EventDict

APART: Final = 10.0
"""Seconds before a line that says the same may be written again."""
_MOST: Final = 1000
_INVISIBLE: Final = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
"""Line ends that only some readers know, terminal controls, turned writing, lone surrogates."""


def log_lines() -> None:
    """Whatever an OA put into a text stays inside its quotes."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Repeated(),
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class Repeated:
    """Counts a line that was written a moment ago word for word; the next one says how often, as `repeated`.

    Without that, a Redis that is away fills the disk with four lines a card.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}
        """When each was last written, and how often it was not."""

    def __call__(self, logger: object, method: str, event: EventDict) -> EventDict:
        now, words = self._clock(), repr(sorted(event.items(), key=lambda each: each[0]))
        at, held_back = self._said.pop(words, (now - APART, 0))
        if now - at < APART:
            self._said[words] = (at, held_back + 1)
            raise structlog.DropEvent
        while len(self._said) >= _MOST:
            del self._said[next(iter(self._said))]
        self._said[words] = (now, 0)
        return {**event, "repeated": held_back} if held_back else event


def _line(event: Any, **options: Any) -> str:
    """JSON on one line for every reader: invisible characters that JSON lets stand are escaped, Chinese stays."""
    told = json.dumps(event, ensure_ascii=False, **options)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", told)
