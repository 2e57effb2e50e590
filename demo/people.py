"""The cast: invented people of an invented hospital, shared by the identity centre, the OA and the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in at the identity centre, by picking the name: there are no passwords."""

    subject: str
    """`sub` at the identity centre."""
    name: str
    login: str
    """Login name, the same at the identity centre and in the OA."""
    department: str
    title: str
    """职务"""
    account: str | None
    """工号; None: the centre never got one, so no OA knows this person."""
    oa_id: str | None
    """The OA's internal user id; never shown to anybody."""
    oa_enabled: bool = True
    """False: the OA has locked the account."""
    campuses: tuple[str, ...] = ("main",)
    roles: tuple[str, ...] = ()
    """Roles that the identity centre asserts: `designer`, `auditor`."""


SHEN: Final = Person(
    "u-1f86", "沈知远", "shenzy", "信息科", "工程师", "10086", "345", roles=("designer", "auditor")
)
ZHOU: Final = Person("u-0c12", "周若岚", "zhourl", "急诊科", "科主任", "10012", "112")
HAN: Final = Person("u-2b03", "韩素秋", "hansq", "护理部", "护士长", "10203", "208")
GU: Final = Person("u-0a01", "顾行简", "guxj", "院办", "副院长", "10001", "77", campuses=("main", "east"))
WEN: Final = Person("u-3d88", "温景和", "wenjh", "药学部", "副主任药师", "10388", "391", oa_enabled=False)
XU: Final = Person("u-5e40", "许念", "xunian", "外科", "规培医师", None, None)

PEOPLE: Final = (SHEN, ZHOU, HAN, GU, WEN, XU)
"""WEN is locked in the OA, XU has no 工号; the others have lists."""


def find(account: str, people: tuple[Person, ...] = PEOPLE) -> Person | None:
    """The person with this 工号."""
    return next((person for person in people if person.account == account), None)
