"""Who may look at the studio: designers, by the role that the identity centre gives them, or anyone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Literal, Protocol, TypeVar, cast

from quart import Response

from auth.guard import anyone, by_itself, signed_in
from auth.session import Session

View = TypeVar("View", bound=Callable[..., Any])
Openness = Literal["designers", "anyone"]
ROLE: Final = "designer"


class Declaration(Protocol):
    """A decorator of views."""

    def __call__(self, view: View) -> View: ...


def declared(
    openness: Openness, refused: Callable[[], Response], *, asks_by_itself: bool = False
) -> Declaration:
    """The declaration that the guard wants of every view; `refused` answers people without the role."""

    def declare(view: View) -> View:
        if openness == "anyone":
            return anyone(view)

        @wraps(view)
        async def answer(*args: Any, session: Session, **named: Any) -> Any:
            return await view(*args, **named) if ROLE in session.who.roles else refused()

        for_people = signed_in(cast(View, answer))
        return by_itself(for_people) if asks_by_itself else for_people

    return declare
