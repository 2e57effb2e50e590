"""Two environments over one table of templates: ours are trusted and fast, a theme's parts are neither.

A theme is data. Its parts are drawn in an immutable sandbox, by the fields of docs/theming.md and nothing else; what
one card may cost is counted; and a part that fails is drawn by the one that it replaced, which is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from widgets.parts import DECLARED, VIEWS

try:
    from markupsafe._speedups import _escape_inner as _escaped_text
except ImportError:  # a build of markupsafe without its C part
    from markupsafe._native import _escape_inner as _escaped_text

MOST_DRAWN: Final = 262_144
"""Characters that the parts of a theme may write for one card, each piece counted as one more."""
ENTERING: Final = 64
"""What entering a part costs of these: parts that lead to parts end as well."""
_LARGEST: Final = 1_000_000
_OPTIONS: Final[dict[str, Any]] = {
    "autoescape": True,
    "undefined": StrictUndefined,
    "auto_reload": False,
    "trim_blocks": True,
    "lstrip_blocks": True,
}


class Overspent(Exception):
    """The parts of a theme have written more than a card may hold."""


@dataclass(slots=True)
class Table:
    """Every template of a theme, compiled: those that win by their name, and what each part stands over."""

    winning: dict[str, Template] = field(default_factory=dict)
    own: dict[str, Template] = field(default_factory=dict)
    """The service's alone."""
    below: dict[str, Template] = field(default_factory=dict)
    """By the full name of a theme's part (`east/_foot.html`): what is drawn when it fails or says `parent:`."""

    def find(self, name: str, parent: str | None) -> Template:
        if name.startswith("parent:"):
            return self.below[parent or ""]
        return self.winning[name]

    @contextmanager
    def bare(self) -> Iterator[Mapping[str, Template]]:
        """While no part of a theme is used. Drawing is not interrupted, so no other card sees it."""
        themed, self.winning = self.winning, self.own
        try:
            yield self.own
        finally:
            self.winning = themed


class Ours(Environment):
    """For the templates that come with the service."""

    def __init__(self, table: Table) -> None:
        super().__init__(**_OPTIONS)
        self.globals = {}  # not Jinja's: parts are checked against what they are given
        self._table = table

    getattr = staticmethod(getattr)  # type: ignore[assignment]  # Jinja's own also looks for keys, at twice the price

    def get_template(
        self, name: Any, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        return self._table.find(name, parent)


class Theirs(ImmutableSandboxedEnvironment):
    """For the parts of a theme. `failed` is told of each failure: the part's full name, and why."""

    intercepted_binops = frozenset({"*", "**", "%", "//"})

    def __init__(self, table: Table, failed: Callable[[str, Exception], None]) -> None:
        super().__init__(**_OPTIONS)
        self._table, self._failed, self._left = table, failed, MOST_DRAWN

    def get_template(
        self, name: Any, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        return self._table.find(name, parent)

    def begin(self) -> None:
        """A new card is drawn."""
        self._left = MOST_DRAWN

    def getattr(self, obj: Any, attribute: str) -> Any:
        # The common case first: Jinja's own checks cost as much as drawing the row.
        if attribute in DECLARED and type(obj) in VIEWS:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if not all(isinstance(side, int | float) and abs(side) <= _LARGEST for side in (left, right)):
            raise SecurityError(f"{operator} is for small numbers")
        if operator == "**":
            raise SecurityError("** is not for themes")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        text = getattr(value, "__self__", None)
        if isinstance(text, str) and value.__name__ == "format":
            parsed = Formatter().parse(text)
            if any(spec or conversion for _, _, spec, conversion in parsed):  # {n:999999999} is a long text
                raise SecurityError("places take no format: write {n}")
        return super().wrap_str_format(value)

    def guard(self, part: Template, below: Template) -> None:
        """Makes `part` whole or nothing: it is drawn to its end first, and `below` in its place when that fails."""
        own, name = part.root_render_func, part.name or ""

        def drawn(context: Context, **given: Any) -> Iterator[str]:
            try:
                pieces = self._counted(own(context, **given))
            except Overspent:
                raise
            except Exception as error:
                self._failed(name, error)
                yield from below.root_render_func(below.new_context(context.get_all(), True))
            else:
                yield from pieces

        part.root_render_func = drawn  # an attribute of each template
        self._table.below[name] = below

    def _counted(self, pieces: Iterator[str]) -> Sequence[str]:
        self._left -= ENTERING
        kept = []
        for piece in pieces:
            self._left -= len(piece) + 1
            if self._left < 0:
                raise Overspent
            kept.append(piece)
        return kept


def compiled(environment: Environment, name: str, source: str) -> Template:
    """A template under its full name, with the environment's globals. Raises TemplateSyntaxError."""
    template = Template.from_code(environment, environment.compile(source, name, name), environment.globals)
    # What Jinja compiled calls this for each value that it draws. Should a release of Jinja call it something else,
    # its own does the same work, slower.
    template.root_render_func.__globals__["escape"] = escaped
    return template


def escaped(value: Any) -> str:
    """What `markupsafe.escape` gives, without making each piece of a card a Markup: a third of drawing a card."""
    if type(value) is str:
        return _escaped_text(value)
    return value if type(value) is Markup else escape(value)
