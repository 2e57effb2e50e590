"""What the tables of a mapping must agree on, found at start: a sentence for each disagreement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from widgets.oa.rest import Mapped
from widgets.oa.rest_bodies import templates
from widgets.oa.rest_field_checks import items, unfit
from widgets.oa.rest_mapping import Conditions, Listed, Owner, Request, Step
from widgets.oa.rest_paths import Way
from widgets.oa.rest_plan import System, of_request
from widgets.oa.rest_signing import Value, applied
from widgets.oa.rest_templates import BUILT_IN, CLICK, MOMENT, PAGING, PERSON, REQUEST, Hole, Template

_RESERVED: Final = ("secret", "value", "row")
_ANY_REQUEST: Final = PERSON | MOMENT | REQUEST
Places = Iterator[tuple[str, Template, frozenset[str]]]
"""Each key, its template, and the built-in names that have a value there."""


def disagreements(mapped: Mapped, open_url: str, also_open: Iterable[str]) -> Iterator[str]:
    """Sentences that begin with a key of the source."""
    found = list(_names(mapped))
    yield from found
    if found:
        return  # the rest would only repeat them
    if circle := _circle(mapped.system):
        yield f"{circle} needs itself: what it uses must not lead back to it."
        return
    yield from _requests(mapped)
    yield from _persons(mapped)
    yield from unfit(mapped, open_url, also_open)


def requests(mapped: Mapped) -> Iterator[tuple[str, Request, str | None]]:
    """Every request with its key, and the step that it is, if it is one."""
    for name, step in mapped.system.steps.items():
        yield f"steps.{name}", step, name
    for key, listed in (("todos", mapped.todos), ("notices", mapped.notices)):
        if listed:
            yield key, listed, None
            if listed.count:
                yield f"{key}.count", listed.count, None
    if mapped.ping:
        yield "ping", mapped.ping, None


def _templates(mapped: Mapped) -> Places:
    everywhere = BUILT_IN - CLICK - PAGING
    yield from ((f"compute.{name}", each, BUILT_IN) for name, each in mapped.system.compute.items())
    yield from ((f"headers.{name}", each, everywhere) for name, each in mapped.system.headers.items())
    for key, request, _ in requests(mapped):
        paging = PAGING if isinstance(request, Listed) else frozenset()
        yield from _of_request(key, request, _ANY_REQUEST | paging)
    for key, item in items(mapped):
        written = [item.text, item.otherwise, *item.choose.values()]
        yield from ((key, each, PERSON | frozenset({"row"})) for each in written if each)
    click = mapped.click
    yield from ((f"click.query.{n}", each, PERSON | MOMENT | CLICK) for n, each in click.query.items())
    yield from (("click.url", each, PERSON | MOMENT | CLICK) for each in [click.url] if each)


def _of_request(key: str, request: Request, names: frozenset[str]) -> Places:
    yield f"{key}.path", request.path, names - REQUEST
    yield from ((f"{key}.headers.{name}", each, names) for name, each in request.headers.items())
    for table, bodies in (("query", request.query), ("form", request.form or {})):
        for name, body in bodies.items():
            yield from ((f"{key}.{table}.{name}", each, names) for each in templates(body))
    if request.body is not None:
        yield from ((f"{key}.body", each, names) for each in templates(request.body))
    if request.text:
        yield f"{key}.text", request.text, names
    if isinstance(request, Step):
        for name, taken in request.take.items():
            yield from ((f"{key}.take.{name}.equals", each, PERSON) for each in [taken.equals] if each)
    for owner, each in _owners(key, request):
        yield f"{owner}.equals", each.equals, PERSON


def _owners(key: str, request: Request) -> Iterator[tuple[str, Owner]]:
    if isinstance(request, Step) and request.one:
        yield f"{key}.one", request.one
    if isinstance(request, Listed) and request.owner:
        yield f"{key}.owner", request.owner


def _names(mapped: Mapped) -> Iterator[str]:
    system = mapped.system
    for name in (*system.steps, *system.compute):
        if name in _RESERVED or name in BUILT_IN:
            table = "steps" if name in system.steps else "compute"
            yield f"{table}.{name} has a name of our own: it must be called differently."
    for key, template, known in _templates(mapped):
        for name in dict.fromkeys(template.names()):
            if wrong := _unknown(name, known, system):
                yield f"{key} uses {{{name}}}: {wrong}."
        for hole in template.holes():
            if wrong := _unusable(hole, system):
                yield f"{key}: {wrong}."


def _unknown(name: str, known: frozenset[str], system: System) -> str | None:
    """What is wrong with a name; None when it stands for something there."""
    first, dot, rest = name.partition(".")
    if first == "row" and "row" in known:
        return _no_way(rest)
    if name in known or name in system.compute or name in system.texts:
        return None
    if not dot:
        return _instead(name, [*sorted(known - {"row"}), *system.compute], "no such name here")
    if first in ("secret", "value"):
        there = [each.partition(".")[2] for each in system.texts if each.startswith(first + ".")]
        return _instead(rest, there, f"there is no {rest} in {first}s")
    if first == "row":
        return "there is no row at this place"
    if first not in system.steps:
        return _instead(first, [*system.steps], f"there is no step {first}")
    if rest not in system.steps[first].take:
        return _instead(rest, [*system.steps[first].take], f"the step {first} takes no {rest}")
    return None


def _no_way(text: str) -> str | None:
    try:
        Way.parse(text or ".")
    except ValueError as error:
        return str(error)
    return None


def _instead(name: str, there: list[str], wrong: str) -> str:
    close = get_close_matches(name, there, n=1)
    if close:
        return f"{wrong}, the nearest is {close[0]}"
    return f"{wrong}, there are {', '.join(there)}" if there else wrong


def _unusable(hole: Hole, system: System) -> str | None:
    """A function with a key of the source that is no such key: tried on a text that does not matter."""
    value: Value = datetime(2026, 1, 1, tzinfo=UTC) if hole.name == "now" else "0"
    for call in hole.calls:
        if any(name not in system.texts for name in call.names):
            return None
        given: list[Value] = [system.texts[name] for name in call.names]
        try:
            value = applied(call.name, value, [*given, call.text] if call.text else given)
        except ValueError as error:
            return f"{{{hole.name}|…}} cannot be computed: {error}"
    return None


def _circle(system: System) -> str | None:
    """The key of something that needs itself."""
    needs = {f"compute.{name}": {*each.names()} for name, each in system.compute.items()}
    edges = {key: {f"compute.{name}" for name in names} & needs.keys() for key, names in needs.items()}
    for name, step in system.steps.items():
        edges[f"steps.{name}"] = {f"steps.{each}" for each in system.plan(step, name).steps}
    return next((key for key in edges if _leads(key, key, edges)), None)


def _leads(start: str, goal: str, edges: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = [*edges[start]]
    while waiting:
        key = waiting.pop()
        if key == goal:
            return True
        if key not in seen:
            seen.add(key)
            waiting += edges.get(key, ())
    return False


def _sent(request: Request) -> Iterator[Template]:
    """The templates of its body."""
    for body in (*(request.form or {}).values(), *([] if request.body is None else [request.body])):
        yield from templates(body)
    if request.text:
        yield request.text


def _requests(mapped: Mapped) -> Iterator[str]:
    system = mapped.system
    for key, request, _ in requests(mapped):
        if not request.path.text.startswith("/"):
            yield f'{key}.path is "{request.path.text}": it must begin with / and goes below base_url.'
        bodies = [name for name in ("form", "body", "text") if getattr(request, name) is not None]
        if len(bodies) > 1:
            yield f"{key} has {' and '.join(bodies)}: only one of them can be sent."
        if request.method == "GET" and bodies:
            yield f'{key}.{bodies[0]} goes with no GET: {key}.method must be "POST" or "PUT".'
        if "body" in system.names(_sent(request)):
            yield f"{key} has {{body}} in what it sends: a body cannot hold itself."
        yield from _conditions(key, request)
        if isinstance(request, Listed):
            yield from _paging(key, request, system)


def _conditions(key: str, request: Request) -> Iterator[str]:
    tables: list[tuple[str, Conditions]] = [
        (n, getattr(request, n)) for n in ("success", "expired", "denied")
    ]
    if isinstance(request, Listed):
        tables.append(("empty", request.empty))
    for name, conditions in tables:
        for each in conditions:
            if not (each.values or each.matches or each.type or each.missing is not None):
                yield f"{key}.{name} demands nothing: it must have values, matches, type or missing."


def _paging(key: str, listed: Listed, system: System) -> Iterator[str]:
    names = system.names(of_request(listed))
    if listed.pages > 1 and not names & {"page", "offset", "cursor"}:
        yield f"{key}.pages is {listed.pages}: the request must have {{page}}, {{offset}} or {{cursor}} in it."
    if "cursor" in names and listed.next is None:
        yield f"{key}.next is missing: it says where the next {{cursor}} stands."


def _persons(mapped: Mapped) -> Iterator[str]:
    """A list of to-dos that does not depend on the person would be everybody's."""
    todos, system = mapped.todos, mapped.system
    for key, owner in (each for name, request, _ in requests(mapped) for each in _owners(name, request)):
        if not system.names([owner.equals]) & PERSON and not any(
            system.is_personal(system.steps[name], name) for name in system.steps_in([owner.equals])
        ):
            yield f'{key}.equals is "{owner.equals.text}": it must depend on the person, such as {{account}}.'
    if todos and not todos.owner and not system.is_personal(todos):
        yield "todos asks the same for everybody: {account}, or a value looked up with it, must be in it."
    if mapped.ping and system.is_personal(mapped.ping):
        yield "ping asks for a person: it must do without {account} and the like."
