"""What an instance does first when it is told to stop: its streams would never end by themselves.

A server tells its application (ASGI lifespan) only after every connection is closed, Hypercorn after its whole
`graceful_timeout`. So the signal is heard here as well, beside whoever serves.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def when_told_to_stop(leave: Callable[[], None]) -> None:
    """`leave` is called in this loop at SIGTERM and SIGINT; who heard them before hears them still.

    Nothing happens where nobody listens to SIGTERM: such a process just ends, and tests keep their own ways.
    """
    if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGTERM)):
        for number in SIGNALS:
            _hear(number, asyncio.get_running_loop(), leave)


def _hear(number: signal.Signals, loop: asyncio.AbstractEventLoop, leave: Callable[[], None]) -> None:
    before = signal.getsignal(number)

    def told(caught: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(leave)
        if callable(before):
            before(caught, frame)

    signal.signal(number, told)  # loops hear of a signal on another way, which this leaves as it is
    signal.siginterrupt(number, False)
