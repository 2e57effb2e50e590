"""The open streams of wake-ups: whose they are, what waits to be said on each, and when each is over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from auth.session import Session

MOST: Final = 4000
"""Streams of one instance; who comes then is sent away, and their cards look every minute."""
MOST_OF_ONE: Final = 20
"""Streams of one person: browsers hold one each. The oldest goes first."""
HEARTBEAT: Final = 20.0
"""Seconds of silence, give or take a quarter, after which a comment is sent: gateways cut what seems dead."""
SLOWEST: Final = 30.0
"""Seconds that a reader may take over a few bytes before it is given up."""
AGAIN: Final = (3000, 13000)
"""Milliseconds after which a browser whose stream ended comes again, by chance: an instance that is gone had many."""
SIGNED_OUT: Final = "signed-out"


@dataclass(slots=True, eq=False)
class Stream:
    """One browser that listens. What waits is a set: however much happens, a slow reader costs a few names."""

    session: Session
    until: datetime
    names: set[str] = field(default_factory=set)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False
    task: asyncio.Task[Any] | None = None
    writing_since: float | None = None

    def tell(self, name: str) -> None:
        self.names.add(name)
        self.told.set()

    def end(self) -> None:
        """Says what waits, and no more."""
        self.over = True
        self.told.set()


class Streams:
    """All of one instance."""

    def __init__(
        self, now: Callable[[], datetime], idle: timedelta, chance: Callable[[], float] = random.random
    ) -> None:
        """`idle`: after that long without the person a session is over, and so is its stream."""
        self._now, self._idle, self._chance = now, idle, chance
        self._of: dict[str, list[Stream]] = {}
        self._closed = False
        self.count = 0

    def open(self, session: Session) -> Stream | None:
        """A stream for the task that answers the request, until the session ends; None: no more are taken."""
        if self.count >= MOST or self._closed:
            return None
        mine = self._of.setdefault(session.slot, [])
        if len(mine) >= MOST_OF_ONE:
            mine[0].end()
            self._remove(mine[0])
            mine = self._of.setdefault(session.slot, [])
        stream = Stream(session, min(session.expires_at, session.active_at + self._idle))
        mine.append(stream)
        self.count += 1
        stream.task = asyncio.current_task()
        if stream.task:
            # However the answer ends, and even if its body never began.
            stream.task.add_done_callback(lambda _: self._remove(stream))
        return stream

    def close(self) -> None:
        """Ends all; from now on there are none."""
        self._closed = True
        for stream in self.every():
            stream.end()

    def listening(self, slot: str) -> Session | None:
        """A session of this person that listens here; None: nobody does."""
        mine = self._of.get(slot)
        return mine[-1].session if mine else None

    def tell(self, slot: str, name: str) -> None:
        """Wakes the cards of this person."""
        for stream in self._of.get(slot, ()):
            stream.tell(name)

    def end(self, slot: str, id: str) -> None:
        """The session is over: its cards are told, and its stream ends."""
        for stream in list(self._of.get(slot, ())):
            if stream.session.id == id:
                stream.tell(SIGNED_OUT)
                stream.end()

    def every(self) -> list[Stream]:
        return [stream for mine in self._of.values() for stream in mine]

    def drop_slow(self, now: float) -> None:
        """Gives readers up that take nothing. `now`: of the loop's clock."""
        for stream in self.every():
            if stream.writing_since is not None and now - stream.writing_since > SLOWEST and stream.task:
                stream.task.cancel()

    async def body(self, stream: Stream, again: bool) -> AsyncIterator[bytes]:
        """What goes over the wire (HTML §9.2.5). `again`: the browser was cut off, and may have missed something."""
        clock, (soonest, latest) = asyncio.get_running_loop().time, AGAIN
        # An id, so that the browser says at its next coming that it was here before.
        said = f"retry: {round(soonest + (latest - soonest) * self._chance())}\nid: 1\n\n".encode()
        if again:
            stream.names.update(("todos", "notices"))
            stream.told.set()
        while True:
            stream.writing_since = clock()
            yield said
            stream.writing_since = None
            if stream.over and not stream.names:
                return
            said = await self._next(stream)

    async def _next(self, stream: Stream) -> bytes:
        left = (stream.until - self._now()).total_seconds()
        beat = HEARTBEAT * (0.75 + self._chance() / 2)
        try:
            async with asyncio.timeout(max(min(beat, left), 0)):
                await stream.told.wait()
        except TimeoutError:
            if self._now() >= stream.until:
                # The session may live on by what the person did elsewhere: their cards find out.
                stream.tell(SIGNED_OUT)
                stream.end()
        names, stream.names = sorted(stream.names), set()
        stream.told.clear()
        return b"".join(b"event: %s\ndata: 1\n\n" % name.encode() for name in names) or b":\n\n"

    def _remove(self, stream: Stream) -> None:
        mine = self._of.get(stream.session.slot, [])
        if stream in mine:
            mine.remove(stream)
            self.count -= 1
        if not mine:
            self._of.pop(stream.session.slot, None)
