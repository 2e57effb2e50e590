"""What `portal-widgets check` finds: one sentence each, and whether somebody has to act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "note", "WRONG"]
"""`note`: nothing is broken, but an operator should know it or do something elsewhere."""


class Unwell(Exception):
    """What is wrong with a party, as a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    mark: Mark
    sentence: str


def told(error: BaseException) -> str:
    """What a library says, in one line."""
    origin_of_it = getattr(error, "orig", None) or error
    return " ".join(str(origin_of_it).split())[:200].rstrip(".") or type(error).__name__
