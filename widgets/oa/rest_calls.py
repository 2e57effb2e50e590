"""Making the requests of a mapping: names to values, templates to bytes, one new start when what we had is over."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import urlencode

from auth.principal import Principal
from widgets.oa import OABadAnswer
from widgets.oa.outbound import HttpClient, ask
from widgets.oa.rest_answers import Over, Told, judged
from widgets.oa.rest_bodies import Body, Unfilled, as_parameter, filled, templates
from widgets.oa.rest_paths import Way, word
from widgets.oa.rest_plan import Plan, System
from widgets.oa.rest_signing import Value
from widgets.oa.rest_templates import REQUEST, Template

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
way: Final = lru_cache(maxsize=512)(Way.parse)
Values: TypeAlias = Mapping[str, Value | None]


class Names:
    """The value of each name in one request or one row; computed values are made when they are first asked for."""

    def __init__(
        self,
        known: Values,
        compute: Mapping[str, Template],
        late: Mapping[str, Callable[[], Value]] | None = None,
        row: object = None,
    ) -> None:
        self._known, self._compute, self._row = dict(known), compute, row
        self._late = {} if late is None else late  # an empty one is filled in later

    def __call__(self, name: str) -> Value | None:
        """None when there is no such value now. Raises ValueError when it cannot be computed."""
        if name.startswith("row."):
            value = word(way(name[4:]).find(self._row))
            return value if value and value.strip() else None
        if name not in self._known:
            self._known[name] = self._made(name)
        return self._known[name]

    def of(self, row: object) -> Names:
        """The same names, and those of a row."""
        return Names(self._known, self._compute, self._late, row)

    def _made(self, name: str) -> Value | None:
        if name in self._compute:
            return self._compute[name].value(self)
        return self._late[name]() if name in self._late else None


@dataclass(frozen=True, slots=True)
class Chance:
    """What is made anew for each request."""

    now: Callable[[], datetime]
    """Aware, in the zone in which the OA reads times."""
    token: Callable[[], str]
    """A new random text of 32 hexadecimal digits."""

    def values(self) -> dict[str, Value | None]:
        now = self.now()
        ms = int(now.timestamp() * 1000)
        return {
            "now": now,
            "now_s": ms // 1000,
            "now_ms": ms,
            "uuid": self.token(),
            "nonce": self.token()[:16],
        }


@dataclass(slots=True)
class Written:
    """One request on its way from templates to bytes."""

    plan: Plan
    names: Names
    compute: Mapping[str, Template]
    _body: bytes | None = field(default=None)

    def parameters(self, table: Mapping[str, Body]) -> list[tuple[str, str]]:
        return [(key, as_parameter(value, self.names)) for key, value in table.items()]

    def params(self) -> str:
        """For signatures: those of query and form that nothing computed goes into, in order, not encoded."""
        every = {**self.plan.request.query, **(self.plan.request.form or {})}
        plain = {key: value for key, value in every.items() if not self._is_computed(value)}
        return "&".join(f"{key}={value}" for key, value in sorted(self.parameters(plain)))

    def body(self) -> bytes:
        """The exact bytes."""
        if self._body is None:
            self._body = self._text().encode(self.plan.request.charset, "replace")
        return self._body

    def headers(self) -> dict[str, str]:
        """Raises OABadAnswer for a value that no header may have: it came from the OA."""
        sent = {"accept": "*/*"} | ({"content-type": kind} if (kind := self._kind()) else {})
        for name, template in self.plan.headers.items():
            value = template.write(self.names)
            if value is None:
                raise Unfilled(template.text)
            if not value.isascii() or not value.isprintable() or len(value) > 8192:
                raise OABadAnswer(f"the header {name} would have characters that no header may have")
            sent[name.lower()] = value
        return sent

    def url(self, base: str) -> str:
        request = self.plan.request
        path = request.path.write_address(self.names)
        if path is None:
            raise Unfilled(request.path.text)
        query = urlencode(self.parameters(request.query), encoding=request.charset, errors="replace")
        return base + path + (("&" if "?" in path else "?") + query if query else "")

    def _text(self) -> str:
        request = self.plan.request
        if request.form is not None:
            return urlencode(self.parameters(request.form), encoding=request.charset, errors="replace")
        if request.body is not None:
            return json.dumps(filled(request.body, self.names), ensure_ascii=False, separators=(",", ":"))
        return (request.text.write(self.names) or "") if request.text else ""

    def _kind(self) -> str | None:
        request = self.plan.request
        label = "" if request.charset == "utf-8" and request.form is None else f"; charset={request.charset}"
        if request.form is not None:
            return _FORM + label
        return _JSON + label if request.body is not None else None

    def _is_computed(self, value: Body) -> bool:
        own = self.compute.keys() | REQUEST
        return any(name in own for each in templates(value) for name in each.names())


Got: TypeAlias = Callable[[str, Principal | None], Awaitable[Mapping[str, str]]]
"""Gives what a step keeps, for this person."""
Forget: TypeAlias = Callable[[str, Principal | None, Mapping[str, str]], None]


class Calls:
    """Requests of one source, made on behalf of one person at a time."""

    def __init__(
        self, http: HttpClient, base_url: str, system: System, chance: Chance, got: Got, forget: Forget
    ) -> None:
        """`got` gives the values of a step, `forget` drops them if they are still these."""
        self._http, self._base, self._system, self._chance = http, base_url.rstrip("/"), system, chance
        self._got, self._forget = got, forget

    async def tell(self, plan: Plan, who: Principal | None, more: Values | None = None) -> Told:
        """The accepted answer. When a step's values seem to be over it is asked once more with new ones.

        Raises OAError.
        """
        try:
            return await self._once(plan, who, more or {})
        except Over as over:
            if not plan.steps:
                raise over.error from None
        try:
            return await self._once(plan, who, more or {})
        except Over as over:
            raise over.error from None

    async def names(self, plan_steps: frozenset[str], who: Principal | None, more: Values) -> Names:
        """The names for something that is no request: the address of a click."""
        known = await self._known(plan_steps, who)
        return Names({**known, **more}, self._system.compute)

    async def _once(self, plan: Plan, who: Principal | None, more: Values) -> Told:
        taken = {step: await self._got(step, who) for step in sorted(plan.steps)}
        known = {**self._common(who), **_flat(taken), **more}
        late: dict[str, Callable[[], Value]] = {}
        names = Names(known, self._system.compute, late)
        written = Written(plan, names, self._system.compute)
        late |= {"body": written.body, "params": written.params}
        try:
            url, headers, body = written.url(self._base), written.headers(), written.body()
        except Unfilled as error:
            raise OABadAnswer(f"nothing to put into {error}") from None
        except ValueError as error:
            raise OABadAnswer(f"cannot be computed: {error}") from None
        request = plan.request
        sends = request.form is not None or request.body is not None or request.text is not None
        method = request.method or ("POST" if sends else "GET")
        answer = await ask(self._http, method, url, headers=headers, body=body if sends else None)
        try:
            return judged(request, answer)
        except Over:
            for step, values in taken.items():
                self._forget(step, who, values)
            raise

    async def _known(self, steps: frozenset[str], who: Principal | None) -> dict[str, Value | None]:
        return {**self._common(who), **_flat({step: await self._got(step, who) for step in sorted(steps)})}

    def _common(self, who: Principal | None) -> dict[str, Value | None]:
        person = {"account": who.account, "subject": who.subject, "name": who.name} if who else {}
        return {**self._system.texts, **self._chance.values(), **person}


def _flat(taken: Mapping[str, Mapping[str, str]]) -> dict[str, Value | None]:
    return {f"{step}.{name}": value for step, values in taken.items() for name, value in values.items()}
