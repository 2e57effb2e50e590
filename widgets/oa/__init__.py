"""The OA systems: one protocol that every dialect speaks, and the errors it may raise.

OAError               the source gave no list; `code` says why, for the card and the metric
├── OAUnavailable     nobody there, or not now: keep the last list, ask again later
│   ├── OATooSlow     it did not finish within its deadline
│   └── OAPostponed   nobody asked it: the rate that its owner agreed to is used up for the moment
├── OADenied          it knows us or this person and says no: a person has to act
│   └── OABarred      it does not let this service in, whoever asks
└── OABadAnswer       it answered something that is not a list: keep the last list, look at `oa probe`
    └── OAForeign     it answered about somebody else: `foreign` rows, counted and alarmed
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from auth.principal import Principal
from widgets.items import Kind, Listing, MissingCode, Notice, Reference, TodoItem


class OAError(Exception):
    """A source gave no list. The text is for the log only: it may quote the OA."""

    code: ClassVar[MissingCode]
    foreign: int = 0
    """Rows of the answer that were another person's."""


class OAUnavailable(OAError):
    code: ClassVar[MissingCode] = "unavailable"


class OATooSlow(OAUnavailable):
    code: ClassVar[MissingCode] = "too-slow"


class OAPostponed(OAUnavailable):
    """No failure: the question is for later."""


class OADenied(OAError):
    code: ClassVar[MissingCode] = "denied"


class OABarred(OADenied):
    pass


class OABadAnswer(OAError):
    code: ClassVar[MissingCode] = "bad-answer"


class OAForeign(OABadAnswer):
    def __init__(self, what: str, rows: int) -> None:
        super().__init__(f"{what}: every row is another person's")
        self.foreign = rows


class OAClient(Protocol):
    """One OA system, asked on behalf of one person at a time. `who.account` is never None here."""

    async def todos(self, who: Principal) -> Listing[TodoItem]:
        """What waits for this person. Raises OAError."""

    async def notices(self, who: Principal) -> Listing[Notice]:
        """What this person may read. Raises OAError."""

    async def link(self, who: Principal, item: Reference) -> str:
        """The address that opens the item now, with a fresh single-sign-on token where the OA has one.

        Raises OAError; the caller then opens `item.url` without a token.
        """

    def home(self, kind: Kind) -> str:
        """The OA's own page with the whole list, in the browser's address space and without a token."""

    async def ping(self) -> None:
        """Raises OAError unless the OA would answer a question now."""
