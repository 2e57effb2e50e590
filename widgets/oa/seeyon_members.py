"""工号 → the member that a Seeyon V5 knows, remembered for hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from widgets.oa import OABadAnswer, OADenied, OAForeign
from widgets.oa.held import Held
from widgets.oa.reading import clean, fields, identifier, rows
from widgets.oa.seeyon_token import Entrance

KEEP: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Member:
    """`id` is a signed 64-bit number, as text; `login` is what single sign-on and notices go by."""

    id: str
    login: str


class Members:
    """The look-up and its memory."""

    def __init__(self, entrance: Entrance, now: Callable[[], datetime]) -> None:
        self._entrance, self._held = entrance, Held(self._ask, KEEP, now)

    async def find(self, account: str) -> Member:
        """The one member with exactly this 工号.

        Raises OADenied when there is none, more than one, or a locked one; OAForeign for somebody else.
        """
        return await self._held.get(account)

    def forget(self, account: str) -> None:
        """Look this person up anew next time."""
        self._held.forget(account)

    async def ping(self) -> None:
        """One look-up that finds nobody. Raises OAError unless V5 answers it."""
        await self._rows("0")

    async def _ask(self, account: str) -> Member:
        found = [fields(row) for row in await self._rows(account)]
        exact = [row for row in found if identifier(row.get("code")) == account]
        if found and not exact:
            raise OAForeign("member look-up", len(found))
        if len(exact) != 1 or exact[0].get("enabled") is False:
            raise OADenied("not exactly one enabled member has this 工号")
        id, login = identifier(exact[0].get("id")), clean(exact[0].get("loginName"))
        if id is None or login is None:
            raise OABadAnswer("member look-up: no id or no login name")
        return Member(id, login)

    async def _rows(self, account: str) -> list[object]:
        path = f"/orgMembers/code/{quote(account, safe='')}?pageNo=1&pageSize=2"
        return listed(await self._entrance.call(path), "members")


def listed(answer: object, what: str) -> list[object]:
    """The rows of an answer: V5 sends them bare, or as `data` of an object. Raises OABadAnswer."""
    return rows(answer.get("data") if isinstance(answer, dict) else answer, what)
