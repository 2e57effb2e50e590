"""Whether an OA has a list for anybody: one that answers all who ask with something else is left alone, ever longer.

A login page comes with HTTP 200, as does the word that we are not let in, so no breaker sees it. And one person's
answer may be odd for a reason of their own: only when different people, one after the other, got no list at all is it
the OA.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from widgets.items import Listing, MissingCode
from widgets.oa import OABadAnswer

PEOPLE: Final = 5
"""So many in a row, and no list for anybody between them."""
FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(seconds=40)
"""An OA that makes sense again is noticed within that."""


class Sense:
    """One OA's, for one widget. `now` may jump: a clock that was put back closes nothing for longer."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._odd: deque[str] = deque(maxlen=PEOPLE)
        """The last of them, all different."""
        self._span, self._opened, self._until = FIRST, now(), now()
        self.since: datetime | None = None
        """When the first person was answered so; None while there are none."""
        self.code: MissingCode = "bad-answer"
        """How the last of them was."""
        self.regained: datetime | None = None
        """When a list came again after it had been left alone: whoever was told of the trouble before may ask."""

    @property
    def is_resting(self) -> bool:
        """Nobody may ask now."""
        return self._opened <= self._now() < self._until

    def gave_a_list(self, asked_at: datetime) -> None:
        if len(self._odd) == PEOPLE:
            self.regained = asked_at
        self._odd.clear()
        self._span, self._until, self.since = FIRST, self._opened, None

    def gave_none(self, person: str, code: MissingCode) -> None:
        """What came for this person was something else; after a rest one such answer begins the next.

        But of nobody who is among the last five: a few whose answers are odd for a reason of their own, and who are
        always there first, would keep it from everybody.
        """
        if self.is_resting or person in self._odd:
            return
        self._odd.append(person)
        self.code = code
        self.since = self.since or self._now()
        if len(self._odd) == PEOPLE:
            self._opened = self._now()
            self._until = self._opened + self._span
            self._span = min(self._span * 2, LONGEST)


def check_that_something_was_read(listing: Listing[Any]) -> None:
    """Raises OABadAnswer where "nothing to do" would be a lie: there is something, and not one item made sense."""
    there_are = listing.dropped or listing.total
    if there_are and not listing.items:
        raise OABadAnswer(f"no item of {there_are} could be read")
