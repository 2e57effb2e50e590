"""Sign-outs that a centre announces in its own way: CAS posts a logout request, OAuth 2.0 portals call an address.

Neither message is signed. What they name is known to the centre and to us alone, so ending it is all they can do.
"""

from __future__ import annotations

from quart import Response, request

from audit.trail import Action, Outcome
from auth.desk import Parts, write_down


class Notices:
    """Ends what the centre says is over."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def hear(self) -> Response:
        """200 for every message of this centre, whether or not a session was found; 400 for anything else."""
        parts = self._parts
        told = {**request.args.to_dict(), **(await request.form).to_dict()}
        sid = parts.centre.ended_by(told, parts.peer())
        if sid is None:
            await write_down(parts, Action.SIGN_OUT, Outcome.REFUSED, reason="notice-unknown")
            return _answer(400)
        for ending in await parts.sessions.end_unproven(sid):
            await write_down(parts, Action.SIGN_OUT, Outcome.OK, actor=ending.actor, reason="centre")
        return _answer(200)


def _answer(status: int) -> Response:
    return Response("", status, headers={"Cache-Control": "no-store"})
