"""Our own templates are compiled once a process, however many themes are drawn over them."""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import Any, Final

from widgets.themes.sandbox import Ours, Table

MOST: Final = 64
"""Templates whose code is kept: twice as many as there are."""


class Shared(Ours):
    """As `Ours`, for any theme: what is compiled depends on the text alone, what is given to it on the theme."""

    def compile(self, source: Any, name: str | None = None, *given: Any, **named: Any) -> CodeType:  # type: ignore[override]  # Jinja's gives text too, to whoever asks for `raw`
        return _code(str(source), name or "")


@lru_cache(maxsize=MOST)
def _code(source: str, name: str) -> CodeType:
    return Ours(Table()).compile(source, name, name)
