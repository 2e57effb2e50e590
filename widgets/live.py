"""Cards that change by themselves: `GET /widgets/events` for browsers, `POST /push/<source>` for OAs.

    push ─▶ every instance (`wakeups`) ─▶ asks the OA for those who listen here ─▶ wakes their cards

A wake-up carries no content: the card then asks as it does every minute, with its session and its version.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from quart import Blueprint, Response, jsonify, request

from auth.guard import as_protocol, by_itself, signed_in
from auth.sealing import KeyRing
from auth.session import Session
from widgets.feed import Feed
from widgets.flights import Source
from widgets.push import Door, NotPushed
from widgets.streams import Streams
from widgets.wakeups import Changed, Ended, Wakeups

log = structlog.get_logger()

AT_ONCE: Final = 20
"""People of one push whose lists are fetched without delay; of more, so many in each `STEP`."""
STEP: Final = 0.2
BACK: Final = 100
"""Streams that are ended each second when something may have been missed: their browsers come again."""
SWEEP: Final = 10.0
_EVENTS: Final = "text/event-stream; charset=utf-8"
_STREAM: Final = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}


@dataclass(slots=True)
class Live:
    """Brings wake-ups to the streams of this instance. A `wakeups.Listener`."""

    feed: Feed
    streams: Streams
    now: Callable[[], datetime]
    chance: Callable[[], float] = random.random
    pushes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By source and outcome: `ok`, `refused`, or a code."""
    _due: set[tuple[str, str]] = field(default_factory=set)
    """Slots and sources that are about to be asked for: an OA that says it twice is asked once."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def changed(self, word: Changed) -> None:
        """Asks the OA for those who listen here; others find out at their next look."""
        source = self.feed.source(word.source)
        if source is None:
            return
        self.feed.pushed(source.id, word.slots)
        here = [s for s in word.slots if self.streams.listening(s) and (s, source.id) not in self._due]
        for slot in here:
            self._due.add((slot, source.id))
            self._begin(self._refresh(slot, source, self._delay(len(here))))

    def ended(self, word: Ended) -> None:
        self.streams.end(word.slot, word.id)

    def missed(self) -> None:
        """Whoever listens comes again, and is checked at the door like anybody else."""
        everybody = self.streams.every()
        for stream in everybody:
            self._begin(self._later(self.chance() * len(everybody) / BACK, stream.end))

    def leave(self) -> None:
        """The instance is about to stop: every stream ends, and no more begin."""
        self.streams.close()

    def start(self) -> None:
        self._begin(self._sweep())

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _delay(self, people: int) -> float:
        """By chance, so that a push for a whole hospital is no blow to its OA."""
        return 0.0 if people <= AT_ONCE else self.chance() * STEP * people / AT_ONCE

    async def _refresh(self, slot: str, source: Source, delay: float) -> None:
        await asyncio.sleep(delay)
        self._due.discard((slot, source.id))
        session = self.streams.listening(slot)
        if session is None:
            return
        for kind in await self.feed.refresh(session, source):
            self.streams.tell(slot, kind)

    async def _later(self, seconds: float, what: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        what()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            self.streams.drop_slow(asyncio.get_running_loop().time())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def blueprint(live: Live, wakeups: Wakeups, door: Door, keys: KeyRing) -> Blueprint:
    views = Blueprint("live", __name__)

    @views.get("/widgets/events")
    @by_itself
    @signed_in
    async def events(session: Session) -> Response:
        if request.method == "HEAD":
            return Response("", 200, content_type=_EVENTS, headers=_STREAM)
        stream = live.streams.open(session)
        if stream is None:
            return Response("", 503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
        body = live.streams.body(stream, "Last-Event-ID" in request.headers)
        answer = Response(body, content_type=_EVENTS, headers=_STREAM)
        answer.timeout = None
        return answer

    @views.post("/push/<source>")
    @as_protocol
    async def push(source: str) -> Response:
        sent = request.headers
        try:
            employees = await door.employees(
                source, sent.get("Push-Timestamp", ""), sent.get("Push-Signature", ""), await request.data
            )
        except NotPushed as refusal:
            return _refused(live, source, refusal)
        live.pushes[source, "ok"] += 1
        await wakeups.say_changed(
            source, [slot for one in employees for slot in keys.digests("account", one)]
        )
        return Response("", 204)

    return views


def _refused(live: Live, source: str, refusal: NotPushed) -> Response:
    """Who has proven nothing is told nothing: as if there were no such address."""
    known = source if live.feed.source(source) else "unknown"
    live.pushes[known, refusal.code or "refused"] += 1
    log.warning("push.refused", source=known, code=refusal.code or "signature")
    if refusal.code is None:
        return Response("", 404)
    answer = jsonify(error=refusal.code)
    answer.status_code = 400
    return answer
