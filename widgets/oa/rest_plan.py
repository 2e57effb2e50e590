"""What a mapping needs for each request: which steps, which of them belong to one person, which headers go along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from widgets.oa.rest_bodies import templates
from widgets.oa.rest_mapping import Listed, Request, Step
from widgets.oa.rest_templates import PERSON, Template


@dataclass(frozen=True, slots=True)
class Plan:
    """One request as it is to be made."""

    request: Request
    headers: Mapping[str, Template]
    steps: frozenset[str]
    """The steps whose values it needs itself."""


@dataclass(frozen=True, slots=True)
class System:
    """What all requests of one source share."""

    texts: Mapping[str, str]
    """The source's `secret.…` and `value.…`."""
    compute: Mapping[str, Template]
    headers: Mapping[str, Template]
    steps: Mapping[str, Step]

    def plan(self, request: Request, step: str | None = None) -> Plan:
        """The source's headers go with every request, except with the steps that make those headers."""
        along = {} if step in self.for_headers() else self.headers
        headers = {**along, **request.headers}
        written = [*of_request(request), *headers.values()]
        return Plan(request, headers, self.steps_in(written))

    def names(self, written: Iterable[Template]) -> frozenset[str]:
        """Every name that these templates need, those of computed values included."""
        found: set[str] = set()
        waiting = [name for template in written for name in template.names()]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.compute[name].names() if name in self.compute else ()
        return frozenset(found)

    def steps_in(self, written: Iterable[Template]) -> frozenset[str]:
        first = {name.partition(".")[0] for name in self.names(written) if "." in name}
        return frozenset(first & self.steps.keys())

    def for_headers(self) -> frozenset[str]:
        """The steps that the source's headers need, and those that they need in turn."""
        found: set[str] = set()
        waiting = list(self.steps_in(self.headers.values()))
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.steps_in(of_request(self.steps[name]))
        return frozenset(found)

    def needed(self, request: Request, step: str | None = None) -> frozenset[str]:
        """All steps that a request needs, directly or through others."""
        found: set[str] = set()
        waiting = list(self.plan(request, step).steps)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.plan(self.steps[name], name).steps
        return frozenset(found)

    def is_personal(self, request: Request, step: str | None = None) -> bool:
        """Whether the answer may differ from person to person: then nobody may get another's."""
        every = [(request, step), *((self.steps[name], name) for name in self.needed(request, step))]
        return any(self._names_person(*each) for each in every)

    def _names_person(self, request: Request, step: str | None) -> bool:
        headers = self.plan(request, step).headers
        return bool(self.names([*of_request(request), *headers.values()]) & PERSON)


def of_request(request: Request) -> Iterator[Template]:
    """Every template of one request, without the headers of the source."""
    yield request.path
    yield from request.headers.values()
    for table in (request.query, request.form or {}):
        yield from (each for body in table.values() for each in templates(body))
    if request.body is not None:
        yield from templates(request.body)
    if request.text is not None:
        yield request.text
    if isinstance(request, Step):
        yield from [request.one.equals] if request.one else []
        yield from (taken.equals for taken in request.take.values() if taken.equals)
    if isinstance(request, Listed) and request.owner:
        yield request.owner.equals
