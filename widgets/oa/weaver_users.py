"""工号 → the user that a Weaver E9 knows, remembered for hours."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from widgets.oa import OABadAnswer, OADenied, OAForeign
from widgets.oa.reading import fields, identifier, own_code, rows
from widgets.oa.weaver_token import Entrance

KEEP: Final = timedelta(hours=4)
MOST: Final = 10_000
"""People remembered; the one not asked for longest goes first."""
_LOOK_UP: Final = "/api/hrm/resful/getHrmUserInfoWithPage"  # "resful" is how E9 spells it
_USER_ID: Final = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class User:
    """An E9 user: `id` goes into the sealed header, `login` into the single-sign-on call."""

    id: str
    login: str | None


class Users:
    """The look-up and its memory. `service_user` is the internal id in whose name people are looked up."""

    def __init__(self, entrance: Entrance, service_user: str, now: Callable[[], datetime]) -> None:
        self._entrance, self._service_user, self._now = entrance, service_user, now
        self._known: OrderedDict[str, tuple[User, datetime]] = OrderedDict()

    async def find(self, account: str) -> User:
        """The one user with exactly this 工号.

        Raises OADenied when there is none or more than one, OAForeign when E9 answers with somebody else.
        """
        user, until = self._known.get(account, (None, None))
        if user and until and self._now() < until:
            self._known.move_to_end(account)
            return user
        if identifier(account) != account:
            raise OADenied("工号 with characters that no E9 knows")
        user = _only(account, await self._rows(account))
        self._known[account] = user, self._now() + KEEP
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return user

    def forget(self, account: str) -> None:
        """Look this person up anew next time: E9 said that something is wrong with the account."""
        self._known.pop(account, None)

    async def ping(self) -> None:
        """One look-up that finds nobody. Raises OAError unless E9 answers it."""
        await self._rows("0")

    async def _rows(self, account: str) -> list[Mapping[str, object]]:
        params = json.dumps({"workcode": account, "pagesize": 10, "curpage": 1})
        answer = fields(await self._entrance.call("POST", _LOOK_UP, self._service_user, {"params": params}))
        if identifier(answer.get("code")) != "1":
            raise OABadAnswer(f"user look-up: code {own_code(answer.get('code'))}")
        listed = fields(answer.get("data")).get("dataList")
        return [fields(row) for row in rows(listed if listed is not None else [], "dataList")]


def _only(account: str, found: list[Mapping[str, object]]) -> User:
    exact = [row for row in found if identifier(row.get("workcode")) == account]
    if found and not exact:
        raise OAForeign("user look-up", len(found))
    if len(exact) != 1:
        raise OADenied("no user with this 工号" if not exact else "more than one user with this 工号")
    id = identifier(exact[0].get("id"))
    if id is None or not _USER_ID.fullmatch(id):
        raise OABadAnswer("user look-up: no internal id")
    return User(id, identifier(exact[0].get("loginid")))
