"""What an operator's terminal may show of requests and answers: their shape, but no secret and nobody's affairs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, SecretStr

from widgets.oa import OABadAnswer
from widgets.oa.reading import decoded, read_json
from widgets.oa.rest_paths import opened
from widgets.oa.rest_plan import System

HIDDEN: Final = "***"
_SECRET_NAME: Final = re.compile(
    r"auth|token|secr|sign|cookie|passw|pwd|ticket|session|credential|(?:app|api|access)_?key|^(?:key|spk|cpk|userid)$",
    re.IGNORECASE,
)
_PERSONAL_NAME: Final = re.compile(
    r"(?:user|person|creator|sender|member|owner|leader|real|nick|login|last|first)_?name|phone|mobile$|mail|^name$|^from$",
    re.IGNORECASE,
)
_WORDS_OF_THE_SYSTEM: Final = re.compile(
    r"^(?:err)?(?:msg|message|error|reason|info|status|code)$", re.IGNORECASE
)
_RANDOM: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_.~-]{20,}")
_CHARSET: Final = re.compile(r"charset=(utf-8|gb18030)")
_RUN: Final = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}")
"""What looks random inside a text."""
_NAMED: Final = re.compile(r"([A-Za-z_-]{2,40})(\s*[=:]\s*\"?)([^\s;,&\"<>]+)")
"""A word and its value inside a text: `TICKET=…;`."""
_NUMBERS: Final = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
"""Telephone and identity-card numbers (手机号, 身份证号)."""
_ROWS: Final = 3
_COLUMNS: Final = 20
"""Of a list of plain values, which may be a row without names."""
_LONGEST: Final = 3000


def secrets_in(value: object) -> list[str]:
    """Every secret of a configured table."""
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, BaseModel):
        value = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, Mapping):
        value = list(value.values())
    elif hasattr(value, "__slots__") and not isinstance(value, str):
        value = [getattr(value, name, None) for name in value.__slots__]
    if isinstance(value, list | tuple):
        return [secret for each in value for secret in secrets_in(each)]
    return []


def tokens_in(system: System) -> frozenset[str]:
    """The keys of what steps take for everybody or for headers: that lets somebody in, whatever it is called."""
    shared = (
        step
        for name, step in system.steps.items()
        if name in system.for_headers() or not system.is_personal(step, name)
    )
    ways = (taken.at.text for step in shared for taken in step.take.values())
    return frozenset(way.rpartition(".")[2] for way in ways) - {""}


class Mask:
    """Hides what must not be seen; `personal` lets the affairs of people through, never a secret."""

    def __init__(
        self, known: Iterable[str], personal: bool = False, tokens: frozenset[str] = frozenset()
    ) -> None:
        """`known` are secrets, `tokens` names of such."""
        self._known, self._personal = {each for each in known if len(each) >= 4}, personal
        self._tokens = tokens

    def text(self, text: str) -> str:
        """Without the secrets that are known by now."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def address(self, url: str) -> str:
        """An address, with hidden parameters."""
        parts = urlsplit(url)
        query = "&".join(f"{name}={self.value(name, value)}" for name, value in parse_qsl(parts.query, True))
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return self.text(
            f"{parts.scheme}://{parts.netloc}{unquote(parts.path)}{'?' * bool(query)}{query}{fragment}"
        )

    def header(self, name: str, value: str) -> str:
        return HIDDEN if _SECRET_NAME.search(name) else self.text(self._unless_random(value))

    def body(self, body: bytes, kind: str) -> str:
        """A body fit for a terminal: at most three rows of a list, at most 3,000 characters."""
        if "urlencoded" in kind:
            label = _CHARSET.search(kind)
            pairs = parse_qsl(decoded(body), True, encoding=label[1] if label else "utf-8")
            return self.text("&".join(f"{name}={self.value(name, value)}" for name, value in pairs))
        try:
            shown = json.dumps(self._json("", read_json(body)), ensure_ascii=False, indent=1)
        except OABadAnswer:
            shown = self._loose(decoded(body).strip())
        shown = self.text(shown)
        return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}… ({len(shown)} characters)"

    def value(self, name: str, value: str) -> str:
        """A parameter, which may be JSON itself."""
        inner = opened(value)
        if inner is not value:
            return json.dumps(self._json(name, inner), ensure_ascii=False)
        return self.plain(name, value)

    def plain(self, name: str, value: str) -> str:
        """A text of this name."""
        if self._is_secret(name) and value:
            if len(value) >= 8:
                self._known.add(value)
            return HIDDEN
        value = self.text(value)
        if self._personal or _WORDS_OF_THE_SYSTEM.match(name):
            return self._unless_random(value)
        if not value.isascii() or (_PERSONAL_NAME.search(name) and value):
            return f"{value[:1]}…({len(value)})"
        return _NUMBERS.sub(HIDDEN, self._unless_random(value))

    def _loose(self, text: str) -> str:
        """A text that is no JSON: what is named like a secret, or looks random, is hidden wherever it stands."""
        text = _NAMED.sub(lambda found: f"{found[1]}{found[2]}{self._kept(found[1], found[3])}", text)
        return self.plain("", _RUN.sub(lambda found: f"{found[0][:4]}…({len(found[0])})", text))

    def _kept(self, name: str, value: str) -> str:
        return self.plain(name, value) if _SECRET_NAME.search(name) else value

    def _is_secret(self, name: str) -> bool:
        return name in self._tokens or _SECRET_NAME.search(name) is not None

    def _unless_random(self, value: str) -> str:
        return f"{value[:4]}…({len(value)})" if _RANDOM.fullmatch(value) else value

    def _json(self, name: str, value: object) -> Any:
        if isinstance(value, dict):
            below = name if self._is_secret(name) else None  # what lies in a secret is one, whatever its name
            return {key: self._json(below or key, each) for key, each in value.items()}
        if isinstance(value, list):
            most = _ROWS if any(isinstance(each, dict | list) for each in value) else _COLUMNS
            more = [f"… {len(value) - most} more"] if len(value) > most else []
            return [self._json(name, each) for each in value[:most]] + more
        if isinstance(value, str):
            inner = opened(value)
            return self._json(name, inner) if inner is not value else self.plain(name, value)
        return HIDDEN if self._is_secret(name) and isinstance(value, int) else value
