"""Design tokens: ours from tokens.css, a hospital's own from DTCG JSON, and the contrast between them.

A theme's file is nested objects whose leaves carry `$value` (Design Tokens Format Module 2025.10). The path
names the custom property: `color.accent` is `--pw-color-accent`. All is checked before it becomes CSS.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Literal

from widgets.themes.colour import contrast

Scheme = Literal["light", "dark"]

_COLOUR: Final = re.compile(
    r"--pw-color-([a-z-]+): var\(--pw-light,(#[0-9A-F]{6})\) var\(--pw-dark,(#[0-9A-F]{6})\);"
)
_OTHER: Final = re.compile(r"^--pw-((?:font|line|space|radius|size|clamp)-[a-z-]+): (.+);$", re.MULTILINE)
_COMPACT: Final = re.compile(r"^\.pw\[data-size=compact\] \{(.*?)^\}", re.DOTALL | re.MULTILINE)
_TOUCH: Final[Mapping[str, float]] = {"size-target": 44, "space-row-y": 12}
"""The least that fingers need, in px; tokens.css says the same."""
_HEX: Final = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_PX: Final = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)(?:px)?")
_FONT: Final = re.compile(r"[A-Za-z0-9\u3400-\u9fff][A-Za-z0-9\u3400-\u9fff _.-]{0,49}")
_GENERIC: Final = frozenset({"serif", "sans-serif", "monospace", "system-ui"})

TEXT, MARK = 4.5, 3.0
"""The least contrast of text (WCAG 2.2 §1.4.3) and of marks and borders that mean something (§1.4.11)."""

PAIRS: Final[tuple[tuple[str, str, float], ...]] = (
    *(
        (front, "surface", TEXT)
        for front in ("text", "text-muted", "link", "critical-text", "high-text", "ok-text")
    ),
    *((front, "surface-hover", TEXT) for front in ("text", "text-muted", "link", "critical-text")),
    ("text-muted", "canvas", TEXT),
    ("text-muted", "surface-sunken", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-critical", "critical", TEXT),
    *((f"{kind}-text", f"{kind}-bg", TEXT) for kind in ("high", "normal", "info", "warn", "danger")),
    *((front, "surface", MARK) for front in ("border-strong", "focus", "accent", "critical", "high-border")),
    *(
        (front, "surface-hover", MARK)
        for front in ("border-strong", "focus", "accent", "critical", "high-border")
    ),
    *((f"{kind}-border", "surface", MARK) for kind in ("info", "warn", "danger")),
    ("high-border", "high-bg", MARK),
    ("focus", "info-bg", MARK),
)
"""Which colour stands on which, and the least contrast between them."""


class TokenError(ValueError):
    """A token that cannot be used; the text says which, and what would be right."""


@dataclass(frozen=True, slots=True)
class Faint:
    """A pair of colours that is too hard to tell apart."""

    scheme: Scheme
    front: str
    back: str
    ratio: float
    least: float

    def __str__(self) -> str:
        return f"{self.front} on {self.back} ({self.scheme}) contrasts by {self.ratio:.2f}, less than {self.least}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """All tokens of one theme: colours by scheme, and the rest as CSS values."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    other: Mapping[str, str]
    compact: Mapping[str, str]
    """Those of `other` that differ in a compact card."""

    @classmethod
    def read(cls, css: str) -> Tokens:
        """Our own, from the text of tokens.css."""
        colours = _COLOUR.findall(css)
        rest = dict(_OTHER.findall(css.split("}", 1)[0]))
        found = _COMPACT.search(css)
        compact = dict(re.findall(r"--pw-([a-z-]+): ([^;]+);", found[1] if found else ""))
        light, dark = {n: light for n, light, _ in colours}, {n: dark for n, _, dark in colours}
        return cls(light, dark, rest, compact)

    def with_theme(
        self, light: Mapping[str, Any], dark: Mapping[str, Any], compact: Mapping[str, Any] | None = None
    ) -> Tokens:
        """These, with a theme's token files over them, token by token. Raises TokenError."""
        changed, dark_only, small = dict(_leaves(light)), dict(_leaves(dark)), dict(_leaves(compact or {}))
        known = {f"color-{name}" for name in self.light} | set(self.other)
        for name in (*changed, *dark_only, *small):
            _must_be_known(name, known)
        for name in dark_only:
            if not name.startswith("color-"):
                raise TokenError(f"{_said(name)} is not a colour, so it cannot differ in the dark")
        for name in small:
            if name.startswith("color-"):
                raise TokenError(f"{_said(name)} is a colour, so it cannot differ in a compact card")
        return Tokens(
            {**self.light, **_colours(changed, self.light)},
            {**self.dark, **_colours(dark_only, self.dark)},
            {**self.other, **{n: _measure(n, v) for n, v in changed.items() if not n.startswith("color-")}},
            {**self.compact, **{n: _measure(n, v) for n, v in small.items()}},
        )

    def without_dark(self) -> Tokens:
        """These, for a theme that has one look only."""
        return Tokens(self.light, self.light, self.other, self.compact)

    def css(self, ours: Tokens) -> str:
        """Only what differs from ours, as rules to put after tokens.css."""
        lines = [
            f"--pw-color-{name}: var(--pw-light,{value}) var(--pw-dark,{self.dark[name]});"
            for name, value in self.light.items()
            if (value, self.dark[name]) != (ours.light[name], ours.dark[name])
        ]
        other, compact = _differing(self.other, ours.other), _differing(self.compact, ours.compact)
        rules = [_rule(".pw, .pw-tab", [*lines, *_declared(other)])]
        # Not on paper, where a title is never cut; and fingers keep what they need, whatever came before.
        rules.append(_rule("@media screen { .pw[data-size=compact]", _declared(compact), " }"))
        for name, least in _TOUCH.items():
            if name in other or name in compact:
                size = max(least, float(self.other[name].removesuffix("px")))
                rules.append(
                    f"@media (pointer: coarse) {{ .pw[data-size] {{ --pw-{name}: {size:g}px; }} }}\n"
                )
        return "".join(rules)

    def faint(self) -> tuple[Faint, ...]:
        """The pairs that fall short of WCAG 2.2 level AA, in either scheme."""
        schemes: tuple[tuple[Scheme, Mapping[str, str]], ...] = (("light", self.light), ("dark", self.dark))
        return tuple(
            Faint(scheme, front, back, ratio, least)
            for scheme, colours in schemes
            for front, back, least in PAIRS
            if (ratio := contrast(colours[front], colours[back])) < least
        )


def _differing(values: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value != ours.get(name)}


def _declared(values: Mapping[str, str]) -> list[str]:
    return [f"--pw-{name}: {value};" for name, value in values.items()]


def _rule(selector: str, lines: list[str], end: str = "") -> str:
    return "\n".join((selector + " {", *lines, "}" + end)) + "\n" if lines else ""


def _leaves(group: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every token as (name with dashes, value); keys with `$` describe and are passed over."""
    if not isinstance(group, dict):
        raise TokenError(f'{_said(path)} must be an object: a value is written {{ "$value": … }}')
    for key, inner in group.items():
        name = f"{path}-{key}" if path else key
        if key.startswith("$"):
            continue
        if "." in key:
            outer, _, rest = key.partition(".")
            raise TokenError(f'"{key}" must be written "{outer}": {{ "{rest}": … }}')
        if isinstance(inner, dict) and "$value" in inner:
            yield name, inner["$value"]
        else:
            yield from _leaves(inner, name)


def _said(name: str) -> str:
    """A token as its file and its documentation write it: `color.on-accent`."""
    return name.replace("-", ".", 1)


def _must_be_known(name: str, known: Collection[str]) -> None:
    if name not in known:
        raise TokenError(f"there is no token {_said(name)}{nearest(_said(name), map(_said, known))}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not known; empty when nothing is like it."""
    near = get_close_matches(name, list(known), 1)
    return f"; {near[0]} is the nearest" if near else ""


def _colours(changed: Mapping[str, Any], ours: Mapping[str, str]) -> dict[str, str]:
    values = {n.removeprefix("color-"): v for n, v in changed.items() if n.startswith("color-")}
    return {name: _colour(name, value, {**ours, **values}) for name, value in values.items()}


def _colour(name: str, value: Any, others: Mapping[str, Any], depth: int = 0) -> str:
    """`#0A58A8`, the object form with `hex`, or another colour by its name in braces: `{color.accent}`."""
    if isinstance(value, dict):
        value = value.get("hex")
    if isinstance(value, str) and (alias := re.fullmatch(r"\{color\.([a-z-]+)\}", value)):
        if alias[1] not in others:
            raise TokenError(
                f"color.{name} is {value}, and there is no such token{nearest(alias[1], others)}"
            )
        if depth == 5:
            raise TokenError(f"color.{name} refers to other colours that lead back, and to no value")
        return _colour(name, others[alias[1]], others, depth + 1)
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        right = 'a colour such as "#0A58A8" or "{color.accent}"'
        raise TokenError(f"color.{name} must be {right}, and is {value!r}")
    digits = value[1:] if len(value) == 7 else "".join(d * 2 for d in value[1:])
    return "#" + digits.upper()


def _measure(name: str, value: Any) -> str:
    """A list of font names, a number of lines, or a length in px."""
    if name == "font-family":
        return _fonts(value)
    if isinstance(value, dict):
        value = f"{value.get('value')}{value.get('unit', '')}"
    match = _PX.fullmatch(str(value))
    if match is None or (name == "clamp-title" and not re.fullmatch("[1-9]", str(value))):
        right = "a number of lines, 1 to 9" if name == "clamp-title" else 'a length in px such as "14px"'
        raise TokenError(f"{_said(name)} must be {right}, and is {value!r}")
    return match[1] if name == "clamp-title" else f"{match[1]}px"


def _fonts(value: Any) -> str:
    names = [value] if isinstance(value, str) else value
    if (
        not isinstance(names, list)
        or not names
        or not all(isinstance(n, str) and _FONT.fullmatch(n) for n in names)
    ):
        raise TokenError(
            f'font.family must be a list of font names such as ["PingFang SC"], and is {value!r}'
        )
    return ",".join(n if n in _GENERIC else f'"{n}"' for n in names)
