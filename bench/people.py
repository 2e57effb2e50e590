"""200 people with ten to-dos each: every title tells whose it is, and every card is equally long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from auth.principal import Principal
from auth.session import Session
from widgets.items import TodoItem, Urgency

PEOPLE: Final = 200
ITEMS: Final = 10
SOURCE: Final = "main-oa"
CAMPUS: Final = "main"
MARK: Final = re.compile(r"〔(\d{5})-(\d{2})〕")
"""What every title carries: the account, and the number of the item."""
_URGENCY: Final[tuple[Urgency, ...]] = ("critical", "high", "normal", "normal", "normal")
_SUBJECTS: Final = (
    "关于心内科 B&C 病区呼吸机采购的请示",
    "2026 年度 <医疗质量> 培训计划审批单",
    "门诊药房夜班排班调整与补休的申请",
)


@dataclass(frozen=True, slots=True)
class Person:
    """One signed-in person of the benchmark."""

    session: Session
    cookie: str
    """The pair `name=value` that their browser sends to us: they did something a moment ago."""
    idle_cookie: str
    """The same of a browser where nobody did anything for five minutes: ours is sealed anew."""
    peer_cookie: str
    """The same length, for the podlet: it reads the slot from it as plain text."""

    @property
    def account(self) -> str:
        return self.session.who.account or ""

    @property
    def marks(self) -> set[tuple[str, str]]:
        """The marks of all their titles."""
        return {(self.account, f"{number:02}") for number in range(ITEMS)}


def principal(number: int) -> Principal:
    account = str(10_000 + number)
    return Principal(subject=f"u-{account}", account=account, name="王医生", campuses=(CAMPUS,))


def todos(account: str, now: datetime) -> tuple[TodoItem, ...]:
    """Their to-dos, some days old: words such as "5 分钟前" would change the length during a run."""
    return tuple(_todo(account, number, now) for number in range(ITEMS))


def _todo(account: str, number: int, now: datetime) -> TodoItem:
    page = "https://oa.hospital.example/spa/workflow/static4form/index.html"
    return TodoItem(
        id=f"{account}{number:02}",
        source=SOURCE,
        campus=CAMPUS,
        title=f"{_SUBJECTS[number % 3]}〔{account}-{number:02}〕",
        url=f"{page}#/main/workflow/req?requestid={account}{number:02}",
        step="科主任审批",
        urgency=_URGENCY[number % 5],
        received_at=(now - timedelta(days=3 + number)).replace(microsecond=0),
        due_at=(now + timedelta(days=3 + number)).replace(microsecond=0),
        sender="李护士长",
        process="行政事务审批流程",
        unread=number % 2 == 0,
    )
