"""How old a list may be before its OA is asked again, and how old before the card says so. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from widgets.memory import Remembered

FRESH: Final = timedelta(seconds=60)
"""A list younger than this is not asked for again, give or take `SPREAD`: what came at one time goes at several."""
SPREAD: Final = 0.2
FRESH_AFTER_OPENING: Final = timedelta(seconds=3)
FRESH_WHEN_ASKED: Final = timedelta(seconds=2)
"""The person pressed refresh: still no faster than this, whatever they press."""
RETRY: Final = timedelta(seconds=10)
"""A source that failed this person is left alone for this long, and the longer the longer it has failed them."""
LONGEST_RETRY: Final = timedelta(minutes=5)
CLOCKS_APART: Final = timedelta(seconds=5)
"""A list from further in the future is due: an instance whose clock is ahead must not stop the others from asking."""
CALLED_STALE: Final = 2 * FRESH
CALLED_STALE_IN_THE_QUEUE: Final = 10 * FRESH
"""The agreed rate keeps the question waiting: the card shows the list's true age, and only this late a banner."""


def is_due(last: Remembered | None, fresh: timedelta, now: datetime, pushed: datetime | None = None) -> bool:
    """Whether to ask the source again. `pushed`: when it last said that the list changed."""
    if last is None or (pushed is not None and last.tried_at < pushed):
        return True
    age = now - last.tried_at
    if age < -CLOCKS_APART:
        return True
    if fresh == FRESH_WHEN_ASKED:
        return age >= fresh
    if last.failure is not None:
        return age >= _patience(last)
    # The last digits of a moment are as good as a die, and say the same at each look.
    factor = 1 - SPREAD + 2 * SPREAD * (last.tried_at.microsecond % 1000) / 1000
    return age >= (fresh * factor if fresh == FRESH else fresh)


def _patience(last: Remembered) -> timedelta:
    """A no is asked about less and less often; an OA that is away has a breaker that knows better when."""
    if last.failure in ("unavailable", "too-slow") or last.failing_since is None:
        return RETRY
    return min(max(RETRY, (last.tried_at - last.failing_since) / 2), LONGEST_RETRY)


def is_old(record: Remembered | None, now: datetime, *, queued: bool) -> bool:
    """Whether a card must not call this list fresh while its source is being asked."""
    if record is None or record.as_of is None:
        return True
    limit = CALLED_STALE_IN_THE_QUEUE if queued else CALLED_STALE
    return record.failure is None and now - record.as_of > limit
