"""Two environments over one table of templates: ours are trusted and fast, a theme's parts are neither.

A theme is data. Its parts are drawn in an immutable sandbox, by the fields of docs/theming.md and nothing else; what
one card may cost is counted; and a part that fails is drawn by the one that it replaced, which is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from widgets.parts import DECLARED, VIEWS
from widgets.themes import bounds
from widgets.themes.direct import Direct

try:
    from markupsafe._speedups import _escape_inner as _escaped_text
except ImportError:  # a build of markupsafe without its C part
    from markupsafe._native import _escape_inner as _escaped_text

MOST_DRAWN: Final = 262_144
"""Characters that the parts of a theme may write for one card, each piece counted as one more."""
ENTERING: Final = 64
"""What entering a part costs of these: parts that lead to parts end as well."""
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

    code_generator_class = Direct

    def __init__(self, table: Table) -> None:
        super().__init__(**_OPTIONS)
        self.globals = {}  # not Jinja's: parts are checked against what they are given
        self._table = table

    def get_template(
        self, name: Any, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        return self._table.find(name, parent)


class Theirs(ImmutableSandboxedEnvironment):
    """For the parts of a theme. `failed` is told of each failure: the part's full name, and why."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//"})
    concat = staticmethod(bounds.concatenated)  # Jinja's is "".join

    def __init__(self, table: Table, failed: Callable[[str, Exception], None]) -> None:
        super().__init__(**_OPTIONS)
        self.globals = {}
        # All of Jinja's, although a part may name only some: what it may not is then said in our own words.
        self.filters = {name: bounds.filtered(name, f, self._spend) for name, f in self.filters.items()}
        self.filters["steps"] = lambda values: bounds.steps(values, self._spend)
        self._table, self._failed, self._left = table, failed, MOST_DRAWN

    def _generate(self, source: Any, *given: Any, **named: Any) -> str:
        return super()._generate(bounds.counted(source), *given, **named)

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
        bounds.reckoned(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        text = getattr(__obj, "__self__", None)
        if isinstance(text, str) and __obj.__name__ == "join":
            return bounds.joining(text, __obj)(*args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped, text = super().wrap_str_format(value), getattr(value, "__self__", None)
        return bounds.formatted(text, wrapped) if wrapped and isinstance(text, str) else wrapped

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Overspent

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
    said = template.root_render_func.__globals__
    if isinstance(environment, Theirs):
        # What Jinja compiled calls these for each value that it draws. Should a release of Jinja call them something
        # else, its own do the same work, bounded by the trial alone.
        said |= {"escape": bounds.written(escaped), "markup_join": bounds.joined, "str_join": bounds.joined}
    else:
        said |= {"escaped_text": _escaped_text, "escaped": escaped}
    return template


def pieces(template: Template, context: Mapping[str, Any]) -> list[str]:
    """What the template writes, piece by piece."""
    return list(template.root_render_func(template.new_context(dict(context))))


def escaped(value: Any) -> str:
    """What `markupsafe.escape` gives, without making each piece of a card a Markup: a third of drawing a card."""
    if type(value) is str:
        return _escaped_text(value)
    return value if type(value) is Markup else escape(value)
