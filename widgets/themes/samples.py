"""Views made by hand: a believable hospital in every state, to try, check and look at themes with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

from widgets.items import Kind, Urgency
from widgets.overrides import Words
from widgets.views import Language, NoticeRow, Scheme, State, TodoRow, When, WidgetView

STATES: Final[tuple[State, ...]] = get_args(State)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
SCHEMES: Final[tuple[Scheme, ...]] = get_args(Scheme)
LISTED: Final = ("ok", "partial", "stale")
REASONED: Final[Mapping[str, State]] = {
    "elsewhere": "signed-out",
    "asking": "starting",
    "unchecked": "failed",
}
"""Reasons that make of a state another card, by what they are reasons of."""
BASE: Final = "https://widgets.hospital.example"
_DATA: Final = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""To-dos: urgency, title, step, campus, sender, arrived, due. Notices: title, department, campus, category, day,
words, pinned, new. All by language."""
_URGENCY: Final[dict[Language, dict[Urgency, str]]] = {
    "zh-CN": {"critical": "特急", "high": "紧急", "normal": "普通"},
    "en": {"critical": "Very urgent", "high": "Urgent", "normal": "Routine"},
}


def at(iso: str, text: str) -> When:
    """A moment in Shanghai."""
    return When(f"{iso}+08:00", text, iso[:16].replace("T", " "))


def todos(lang: Language = "zh-CN") -> tuple[TodoRow, ...]:
    """Six to-dos: each urgency, with and without sender, deadline and link."""
    return tuple(_todo(n, lang, *fields) for n, fields in enumerate(_DATA["todos"][lang]))


def _todo(
    n: int, lang: Language, urgency: Urgency, title: str, step: str, campus: str, *rest: str | None
) -> TodoRow:
    sender, arrived, due = rest
    return TodoRow(
        id=f"{n:02x}9f3a41c2",
        title=title,
        href=f"{BASE}/open/{n}dGVzdA" if n != 5 else None,
        urgency=urgency,
        urgency_text=_URGENCY[lang][urgency],
        step=step,
        campus=campus,
        sender=sender,
        received=at(_DATA["iso"][n], arrived) if arrived else None,
        due=at("2026-11-23T17:00:00", due) if due else None,
        unread=n in (0, 2),
    )


def notices(lang: Language = "zh-CN") -> tuple[NoticeRow, ...]:
    """Six notices: pinned, new, old, of a campus, of a category."""
    return tuple(_notice(n, *fields) for n, fields in enumerate(_DATA["notices"][lang]))


def _notice(
    n: int, title: str, department: str, campus: str | None, category: str | None, *rest: Any
) -> NoticeRow:
    day, words, pinned, new = rest
    return NoticeRow(
        id=f"{n:02x}77b0e1d4",
        title=title,
        href=f"{BASE}/open/{n}bm90aWNl",
        department=department,
        campus=campus,
        published=When(day, words, f"{day} 08:30"),
        pinned=pinned,
        is_new=new,
        category=category,
        unread=n == 1,
    )


def card(
    name: Kind = "todos", state: State = "ok", lang: Language = "zh-CN", **changes: Any
) -> WidgetView[Any]:
    """One card in one state, as the shaping of a real listing would give it."""
    listed, zh = state in LISTED, lang == "zh-CN"
    items: tuple[Any, ...] = (todos(lang) if name == "todos" else notices(lang)) if listed else ()
    known = listed or state == "empty"
    since = at("2026-11-23T09:12:00", "今天 09:12" if zh else "today 09:12")
    made: WidgetView[Any] = WidgetView(
        name=name,
        uid=f"pw-{name}",
        title={"todos": "待办" if zh else "To-do", "notices": "公告" if zh else "Notices"}[name],
        state=state,
        items=items,
        total=len(items) if known else None,
        total_text=str(len(items)) if known else "?",
        urgent={"todos": 2, "notices": 3}[name] if listed else 0,
        as_of=_as_of(state, lang) if known else None,
        reason={"stale": "too-slow", "failed": "unavailable", "partial": "unavailable"}.get(state),
        reference="U-7F3A-0912" if state in ("failed", "partial", "stale") else None,
        more_url=f"{BASE}/open/YWxs" if known else None,
        direct_url="https://oa.hospital.example/" if known or state == "failed" else None,
        sign_in_url=f"{BASE}/auth/login" if state == "signed-out" else None,
        src=f"{BASE}/widgets/{name}?limit=6&size=list&scheme=auto&lang={lang}&heading=2",
        framed=True,
        version="3f9c1d5e7a20b4c688",
        refresh_after=2 if state == "starting" else 60,
        lang=lang,
        scheme="auto",
        size="list",
        heading=2,
        missing=("西院区" if zh else "West",) if state == "partial" else (),
        missing_since=since if state == "partial" else None,
    )
    return replace(made, **changes)


def reasoned(name: Kind, reason: str, lang: Language = "zh-CN", **changes: Any) -> WidgetView[Any]:
    """One card that says why: signed in too often elsewhere, the centre is asked first, nobody knows who is there."""
    return card(name, REASONED[reason], lang, reason=reason, reference=None, **changes)


def in_words(view: WidgetView[Any], words: Words) -> WidgetView[Any]:
    """The card as a theme says it: titles and urgencies come with the view, and are the theme's words in life."""
    said = words[view.lang]
    rows = view.items
    if view.name == "todos":
        rows = tuple(replace(row, urgency_text=said[f"urgency-{row.urgency}"]) for row in rows)
    return replace(view, title=said[f"title-{view.name}"], items=rows)


def _as_of(state: State, lang: Language) -> When:
    if state == "stale":
        return at("2026-11-23T09:12:00", "29 分钟前" if lang == "zh-CN" else "29 min ago")
    return at("2026-11-23T09:41:00", "刚刚" if lang == "zh-CN" else "just now")


def every(**changes: Any) -> Iterator[WidgetView[Any]]:
    """A card in every state, of both kinds, in both languages."""
    for name in KINDS:
        for state in STATES:
            for lang in LANGUAGES:
                yield card(name, state, lang, **changes)


def every_reason(**changes: Any) -> Iterator[WidgetView[Any]]:
    """Those that say why, of both kinds, in both languages."""
    for name in KINDS:
        for reason in REASONED:
            for lang in LANGUAGES:
                yield reasoned(name, reason, lang, **changes)


LONG: Final = (
    "关于进一步加强全院危急值报告、多学科会诊与围手术期管理三项制度落实情况专项督查并限期整改的通知（修订稿）"
    * 3
)


def odd() -> Iterator[WidgetView[Any]]:
    """Cards that real life has too: nothing but titles, titles without end, no rows, a hundred, strange letters."""
    bare: dict[str, Any] = {
        "step": None,
        "campus": None,
        "sender": None,
        "received": None,
        "due": None,
        "href": None,
    }
    yield card(
        items=tuple(replace(row, **bare) for row in todos()), total=None, total_text="?", more_url=None
    )
    yield card(items=tuple(replace(row, title=text) for row, text in zip(todos(), _STRANGE, strict=False)))
    yield card(items=tuple(replace(row, id=f"{n:x}") for n, row in enumerate(todos() * 9))[:50], total=100)
    yield card(items=(), total=0, total_text="0", urgent=0)
    plain: dict[str, Any] = {"department": None, "campus": None, "category": None, "href": None}
    yield card("notices", items=tuple(replace(row, **plain) for row in notices()), total=None)
    yield card("notices", items=tuple(replace(row, title=LONG, department=LONG) for row in notices()))
    yield card(state="partial", missing=(), missing_since=None, reason=None, reference=None)
    yield card(state="failed", reason=None, reference=None, direct_url=None)
    yield card("todos", "signed-out", sign_in_by="number", framed=False)
    yield card(framed=False)


_STRANGE: Final = (
    LONG,
    "<script>alert(1)</script>",
    '" onfocus="alert(1)" autofocus="',
    "{{ w.src }}",
    "\u202etxt.exe 👩🏽‍⚕️🏥",
    "x" * 400,
)
