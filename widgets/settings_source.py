"""What every kind of `[[sources]]` has in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from widgets.settings_secrets import SigningSecret
from widgets.settings_values import Address, Name, Table


class Source(Table):
    """What every kind has in common."""

    id: Name
    """Short name in addresses, metrics and the trail."""
    campus: Name
    """The `id` of its campus."""
    kind: str
    """Which product it is."""
    base_url: Address
    """Where this service reaches the OA."""
    open_url: Address = Field(default_factory=lambda data: data.get("base_url", ""))
    """Where a browser may be sent to; no link leads anywhere else."""
    widgets: tuple[Literal["todos", "notices"], ...] = Field(default=("todos", "notices"), min_length=1)
    """Which widgets it feeds."""
    rate: float | None = Field(default=None, gt=0, le=1000)
    """Calls a second that the OA's owner agreed to, all instances together: never more in any second, about nine tenths
    of it at most over time. Without it as many as needed."""
    push_secret: SigningSecret | None = None
    """The secret with which the OA signs `POST /push/<id>`; without it nobody may push."""

    def disagreements(self) -> Iterable[str]:
        """What its keys must agree on among each other: sentences that begin with a key."""
        return ()
