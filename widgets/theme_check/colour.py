"""Rules K: colours that everybody can tell apart, on ward monitors and in greyscale too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from tinycss2.color3 import parse_color

from widgets.theme_check.css import Declaration
from widgets.theme_check.finding import Edit, Finding
from widgets.theme_check.subject import Subject
from widgets.themes.colour import (
    VISIONS,
    contrast,
    distance,
    lightness,
    linear,
    nearest_on_all,
    seen_by,
)
from widgets.tokens import PAIRS, TEXT

RESERVE: Final = 5.0
"""What text needs on a washed-out ward monitor (WCAG asks for 4.5)."""
MOST_ALIKE_GREY: Final = 20.0
MOST_ALIKE_SEEN: Final = 15.0
SAME_TONE: Final = 5.0
"""ΔE up to which a raw colour is taken for a token."""
REDS: Final = ("critical", "critical-text", "danger-text", "danger-border")
GREENS: Final = ("ok-text",)
_PLAIN: Final = frozenset({"transparent", "currentcolor", "inherit", "initial", "unset", "none"})
_PLAIN_TOKENS: Final = (
    *("text", "text-muted", "link", "accent", "focus", "border", "border-strong"),
    *("surface", "surface-hover", "surface-sunken"),
)
_KIND: Final = (
    ("background", ("-bg", "surface", "accent")),
    ("border", ("border",)),
    ("outline", ("focus",)),
    ("", ("text", "link", "accent")),
)


def findings(subject: Subject) -> Iterator[Finding]:
    yield from _pairs(subject)
    yield from _red_and_green(subject)
    for _, declaration in subject.sheet.declared():
        yield from _raw(subject, declaration)


def _pairs(subject: Subject) -> Iterator[Finding]:
    """Of the tokens, without a browser: what the theme changes."""
    for scheme, file, colours in _schemes(subject):
        for front, back, least in PAIRS:
            ratio = contrast(colours[front], colours[back])
            if ratio >= (RESERVE if least == TEXT else least) or _is_ours(subject, front, back, scheme):
                continue
            rule = "K03" if ratio >= least else "K01" if least == TEXT else "K02"
            changed = _changed(subject, front, back, scheme)
            tone = _passing(changed, colours)
            found = f"{front} on {back} ({scheme}): {ratio:.2f}, less than {RESERVE if rule == 'K03' else least:g}"
            line = subject.line(file, f'"{changed}"')
            yield Finding(
                rule, file, line, found, f"color.{changed}: {tone}" if tone else f"another color.{back}"
            )


def _changed(subject: Subject, front: str, back: str, scheme: str) -> str:
    """Which of both the theme is to mend: the one that it wrote, and what stands on the ground where it wrote both."""
    mine, below = (getattr(tokens, scheme) for tokens in (subject.tokens, subject.below.tokens))
    return back if mine[front] == below[front] else front


def _passing(changed: str, colours: Mapping[str, str]) -> str | None:
    """One tone for all that it stands on and all that stands on it: an offer that only moves the mistake is none."""
    beside = [
        (colours[back if changed == front else front], RESERVE if least == TEXT else least)
        for front, back, least in PAIRS
        if changed in (front, back)
    ]
    return nearest_on_all(colours[changed], beside)


def _schemes(subject: Subject) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    yield "light", "tokens.json", subject.tokens.light
    if "dark" in subject.manifest.modes:
        yield "dark", "tokens.dark.json", subject.tokens.dark


def _is_ours(subject: Subject, front: str, back: str, scheme: str) -> bool:
    mine, below = (getattr(tokens, scheme) for tokens in (subject.tokens, subject.below.tokens))
    return (mine[front], mine[back]) == (below[front], below[back])


def _red_and_green(subject: Subject) -> Iterator[Finding]:
    for scheme, file, colours in _schemes(subject):
        for red, green in product(REDS, GREENS):
            one, other = colours[red], colours[green]
            apart = distance(linear(one), linear(other))
            seen = min(distance(seen_by(one, vision), seen_by(other, vision)) for vision in VISIONS)
            if seen < MOST_ALIKE_SEEN < apart and not _is_ours(subject, red, green, scheme):
                found = f"{red} and {green} ({scheme}) are {seen:.0f} apart to a colour-blind person"
                yield Finding(
                    "K06", file, subject.line(file, f'"{green}"'), found, "one much lighter than the other"
                )


def _raw(subject: Subject, declaration: Declaration) -> Iterator[Finding]:
    for token in declaration.walk():
        if token.type not in ("hash", "ident", "function") or getattr(token, "lower_value", "") in _PLAIN:
            continue
        if token.type == "ident" and not re.search(
            "color|background|border|outline|shadow|fill|stroke", declaration.name
        ):
            continue
        read = parse_color(token)
        if read is None or isinstance(read, str):
            continue
        written = token.serialize()
        name = _token(
            subject, "#" + "".join(f"{round(part * 255):02X}" for part in read[:3]), declaration.name
        )
        new = f"var(--pw-color-{name})" if name and read[3] == 1 else ""
        edit = Edit("theme.css", declaration.line, written, new) if new else None
        yield Finding(
            "K04",
            "theme.css",
            declaration.line,
            f"{declaration.name}: {written}",
            new or _like(subject, read[:3], declaration.name),
            edit=edit,
        )


def _like(subject: Subject, rgb: Sequence[float], name: str) -> str:
    """The nearest of the tokens that mean nothing by themselves; the designer may mean another."""
    wanted = next(ends for start, ends in _KIND if name.startswith(start) or not start)
    fit = [n for n in _PLAIN_TOKENS if any(end in n for end in wanted)]
    colour = linear("#" + "".join(f"{round(part * 255):02X}" for part in rgb))
    near = min(fit, key=lambda n: distance(colour, linear(subject.tokens.light[n])))
    return f"a token, such as var(--pw-color-{near})"


def _token(subject: Subject, colour: str, name: str) -> str:
    """The token that this colour is, by the way it is used."""
    near = {n: distance(linear(colour), linear(v)) for n, v in subject.tokens.light.items()}
    alike = [n for n, apart in near.items() if apart <= min(SAME_TONE, min(near.values()) + 0.5)]
    wanted = next(ends for start, ends in _KIND if name.startswith(start) or not start)
    return min(alike, key=lambda n: (not any(end in n for end in wanted), len(n)), default="")


def urgencies(subject: Subject, scheme: str, seen: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """K05, from what a browser shows of rows of each urgency: their tag's words, border and fill."""
    levels = [level for level in ("critical", "high", "normal") if level in seen]
    for one, other in ((a, b) for n, a in enumerate(levels) for b in levels[n + 1 :]):
        mine, its = seen[one], seen[other]
        grey = abs(lightness(mine["fill"]) - lightness(its["fill"]))
        if grey < MOST_ALIKE_GREY and mine["border"] == its["border"] and mine["words"] == its["words"]:
            file, line = subject.blame("pw-tag", "data-urgency")
            yield Finding(
                "K05",
                file,
                line,
                f"{one} and {other} ({scheme}) differ by colour alone",
                "{{ row.urgency_text }}",
            )
