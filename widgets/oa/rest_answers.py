"""Judging an answer by what the mapping says, whatever the HTTP status pretends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from widgets.oa import OABadAnswer, OADenied, OAError
from widgets.oa.outbound import Answer
from widgets.oa.reading import clean, decoded, excerpt, own_words, read_json
from widgets.oa.rest_mapping import Condition, Request
from widgets.oa.rest_paths import opened, word

_LONGEST_MATCHED: Final = 4000
"""Characters that a regular expression gets to see."""
_PAGE: Final = re.compile(r"\s*<(?:!|html|head|body|form|script|meta|\?xml)", re.IGNORECASE)
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_KINDS: Final[Mapping[type, str]] = {
    dict: "object",
    list: "array",
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


class Over(Exception):
    """What the steps had may be over. `error` is what it means if it is not."""

    def __init__(self, error: OAError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that was accepted. `value` is its JSON, or its text where the mapping expects text."""

    answer: Answer
    value: object


def judged(request: Request, answer: Answer) -> Told:
    """The answer, if it is a good one. Raises Over, OAUnavailable, OADenied, OABadAnswer."""
    value, broken = _value(request, answer)
    told = Told(answer, value)
    if one_holds(request.expired, told):
        raise Over(OADenied(f"still over after a new start: {said(request, told)}"))
    if one_holds(request.denied, told):
        raise OADenied(said(request, told))
    _check_page(request, answer)
    if not any(condition.of == "status" for condition in request.success):
        _check_status(answer)
    if broken:
        raise broken
    if not all(holds(condition, told) for condition in request.success):
        raise OABadAnswer(f"no success: {said(request, told)}")
    return told


def _value(request: Request, answer: Answer) -> tuple[object, OABadAnswer | None]:
    if request.answer == "text":
        return decoded(answer.body).strip(), None
    try:
        return read_json(answer.body), None
    except OABadAnswer as error:
        return None, error


def _check_page(request: Request, answer: Answer) -> None:
    """Most systems answer a session that is over with their sign-in page, and HTTP 200."""
    if answer.status < 400 and _PAGE.match(decoded(answer.body[:400])):
        raise Over(OABadAnswer(f"a page instead of {request.answer}: {excerpt(answer.body)}"))


def _check_status(answer: Answer) -> None:
    if answer.status in _MOVED:
        raise Over(OABadAnswer(f"HTTP {answer.status}: it sends us elsewhere, perhaps to sign in"))
    if answer.status == 401:
        raise Over(OADenied(f"HTTP 401: {excerpt(answer.body)}"))
    answer.accepted()


def said(request: Request, told: Told) -> str:
    """What the answer says about itself, for the log."""
    if request.message and (text := clean(word(request.message.find(told.value)))):
        return f"HTTP {told.answer.status}: {own_words(text)}"
    return f"HTTP {told.answer.status}: {excerpt(told.answer.body)}"


def one_holds(conditions: Iterable[Condition], told: Told) -> bool:
    return any(holds(condition, told) for condition in conditions)


def holds(condition: Condition, told: Told) -> bool:
    """Whether everything in the condition is so."""
    value = _looked_at(condition, told)
    text = word(value)
    return not (
        (condition.values and (text is None or text not in condition.values))
        or (condition.matches and not (text and condition.matches.search(text[:_LONGEST_MATCHED])))
        or (condition.type and _KINDS.get(type(value)) != condition.type)
        or (condition.missing is not None and condition.missing != (value is None))
    )


def _looked_at(condition: Condition, told: Told) -> object:
    if condition.of == "status":
        return told.answer.status
    if condition.of == "header":
        return told.answer.headers.get(condition.at.text.lower())
    if condition.of == "text":
        return decoded(told.answer.body).strip()
    value = condition.at.find(told.value)
    return opened(value) if condition.type in ("object", "array") else value
