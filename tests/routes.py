"""Routes as everywhere, but for what werkzeug compiles: that is done once for all routes of one form.

For each route werkzeug writes two functions, by which `url_for` makes its address, and compiles them: 0.4 ms.
The fast tests build 1,500 applications of 16,000 routes in all, and those have a few hundred forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart.routing import QuartRule

_written: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


class Shared(QuartRule):
    """A route whose two functions may be those of another route: they hold nothing of it but its form."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:  # their values are in the functions
            return super()._compile_builder(append_unknown)
        form = (append_unknown, *self._trace)
        if form not in _written:
            _written[form] = super()._compile_builder(append_unknown)
        return _written[form]
