"""The embed doctor: what a portal's page does to our cards, each finding with what to do. The page is read already.

A finding is a code of `messages/*.json`: `found-<code>` says what is so, `do-<code>` what to do about it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from auth.relation import standing
from widgets.findings import Mark
from widgets.studio.case import Case, Facts
from widgets.studio.host_html import MOST as MOST_TAGS
from widgets.studio.host_html import Element, HostPage
from widgets.studio.host_policy import Policies
from widgets.studio.host_styles import MOST, leaks
from widgets.studio.snippets import FRAME, HTMX2, SANDBOX, TITLES

_INHERITED: Final = ("hx-target", "hx-select", "hx-swap", "hx-disable")
"""What an element around ours hands down to it in htmx 1 and 2, to its harm."""
MOST_NAMED: Final = 6
MOST_ALIKE: Final = 20
"""Findings of one kind: a page may hold tens of thousands of cards, each with its fault."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was found."""

    mark: Mark
    code: str
    told: Mapping[str, str] = field(default_factory=dict)
    """What takes the places in its words."""

    def found(self, words: Mapping[str, str]) -> str:
        return words[f"found-{self.code}"].format(**self.told)

    def todo(self, words: Mapping[str, str]) -> str:
        """What to do; empty where nothing is to be done."""
        return words.get(f"do-{self.code}", "").format(**self.told)


def examine(page: HostPage, facts: Facts) -> list[Diagnosis]:
    """What was found, what is wrong first; the first of each kind, and how many more there are."""
    case = Case.of(page, facts)
    questions = (_portal, _embedded, _names, _frames, _htmx, _policy, _page, _styles)
    found = _few(diagnosis for ask in questions for diagnosis in ask(case))
    order: Mapping[Mark, int] = {"WRONG": 0, "note": 1, "ok": 2}
    return sorted(found, key=lambda each: order[each.mark])


def _few(found: Iterable[Diagnosis]) -> list[Diagnosis]:
    kinds, kept = Counter[str](), []
    for each in found:
        kinds[each.code] += 1
        if kinds[each.code] <= MOST_ALIKE:
            kept.append(each)
    left = kinds.total() - len(kept)
    return [*kept, Diagnosis("note", "more", {"n": f"{left:,}"})] if left else kept


def _portal(case: Case) -> Iterator[Diagnosis]:
    """May it frame us at all, and which cookies reach us from it?"""
    if case.origin is None:
        yield Diagnosis("note", "no-address")
        return
    configured = case.facts.portals.get(case.origin)
    said = {"portal": case.origin, "base": case.facts.base_url}
    if configured is None and case.is_far:
        yield Diagnosis("WRONG", "unknown-portal", said)
        configured = "auto"
    elif case.is_far:
        yield Diagnosis("ok", "known-portal", said)
    stands = standing(case.origin, configured or "auto", case.facts.base_url)
    mark: Mark = (
        "WRONG" if stands in ("no-session", "mistaken") else "note" if stands == "cross-site" else "ok"
    )
    yield Diagnosis(mark, stands, said)
    if case.origin.startswith("https:") and case.own.startswith("http:"):
        yield Diagnosis("WRONG", "mixed", said)


def _embedded(case: Case) -> Iterator[Diagnosis]:
    """What of ours is there."""
    if case.page.is_cut:
        yield Diagnosis("note", "endless", {"most": f"{MOST_TAGS:,}"})
    count = len(case.frames) + len(case.elements) + len(case.fetched)
    unmade = case.includes()
    for kind in unmade:
        yield Diagnosis("WRONG", f"unmade-{kind}")
    if not count:
        if not unmade:
            yield Diagnosis("note", "nothing-there", {"base": case.facts.base_url})
        return
    yield Diagnosis("ok", "embedded", {"count": str(count)})
    for element in (*case.frames, *case.fetched):
        address = urljoin(
            case.page.address or case.facts.base_url, element.get("src") or element.get("hx-get")
        )
        if not address.startswith(f"{case.facts.base_url}/widgets/"):
            yield Diagnosis("WRONG", "elsewhere", {"address": address[:120], "base": case.facts.base_url})
    if case.elements and not case.has_loader:
        yield Diagnosis("WRONG", "no-loader", {"base": case.facts.base_url})
    elif case.fetched and not case.has_loader:
        yield Diagnosis("WRONG", "no-loader-htmx", {"base": case.facts.base_url})
    elif case.frames and not case.has_loader:
        yield Diagnosis("note", "no-loader-frame", {"base": case.facts.base_url})


def _names(case: Case) -> Iterator[Diagnosis]:
    """Is what they ask for there at all?"""
    for address in case.astray():
        yield Diagnosis("WRONG", "no-such-card", {"address": address[:120], "base": case.facts.base_url})
    for element in case.elements:
        name = element.get("name")
        if not element.has("src") and name not in TITLES["en"]:
            yield Diagnosis("WRONG", "no-such-name", {"name": name[:60]})


def _frames(case: Case) -> Iterator[Diagnosis]:
    """Sandbox, title, scheme of each frame."""
    for frame in case.frames:
        said = {"src": frame.get("src")[:120]}
        if frame.has("sandbox"):
            allowed = frame.get("sandbox").lower().split()
            for token in SANDBOX:
                if token not in allowed:
                    yield Diagnosis("WRONG", f"sandbox-{token}", {**said, "token": token})
        if not frame.get("title").strip():
            yield Diagnosis("WRONG", "untitled", said)
        if case.page.address and _mixed(case.page.address, frame.get("src")):
            yield Diagnosis("WRONG", "mixed-frame", said)


def _htmx(case: Case) -> Iterator[Diagnosis]:
    """May htmx ask another origin, and does anything around our element lead it astray?"""
    if not case.fetched:
        return
    if case.is_far and not _may_ask(case.page):
        yield Diagnosis("WRONG", "htmx-origin", {"two": HTMX2.leave, "four": '{"mode":"cors"}'})
    known: dict[int, frozenset[str]] = {}
    for element in case.fetched:
        around = _around(element, known)
        for name in _INHERITED:
            if name in around and not element.has(name):
                yield Diagnosis("WRONG", "htmx-inherits", {"name": name})


def _around(element: Element, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """What of the inherited stands around it. `known` is by place: twenty thousand elements may share two hundred."""
    above = element.above
    if above is None:
        return frozenset()
    if id(above) not in known:
        known[id(above)] = _around(above, known).union(name for name in _INHERITED if above.has(name))
    return known[id(above)]


def _may_ask(page: HostPage) -> bool:
    for meta in page.all("meta"):
        if meta.get("name") == "htmx-config":
            try:
                said = json.loads(meta.get("content"))
            except (ValueError, RecursionError):
                return False
            return isinstance(said, dict) and (
                said.get("mode") == "cors" or said.get("withCredentials") is True
            )
    return False


def _policy(case: Case) -> Iterator[Diagnosis]:
    """Does the page's own content security policy let us in?"""
    places = {"W": case.own, "C": case.facts.centre}
    in_page = bool(case.fetched) or any(each.get("mode") == "fragment" for each in case.elements)
    policies = Policies.of(case.page, case.origin)
    refused = [
        (directive, each)
        for directive, needed in (HTMX2 if in_page else FRAME).needs.items()
        for each in needed.split()
        if not policies.allow(directive, places[each]) and (case.has_loader or directive != "script-src")
    ]
    for directive, each in refused:
        mark: Mark = "WRONG" if each == "W" else "note"
        yield Diagnosis(mark, f"policy-{each}", {"directive": directive, "place": places[each]})
    if not refused and case.origin:
        yield Diagnosis("ok", "policy-open")


def _page(case: Case) -> Iterator[Diagnosis]:
    """Headers and hints of the page that concern us."""
    opener = case.page.headers.get("cross-origin-opener-policy", "")
    far = case.origin and standing(case.origin, "auto", case.facts.base_url) == "cross-site"
    if far and opener.split(";")[0].strip() == "same-origin":
        yield Diagnosis("WRONG", "opener")
    named = [meta.get("content") for meta in case.page.all("meta") if meta.get("name").lower() == "referrer"]
    if "no-referrer" in (case.page.headers.get("referrer-policy", ""), *named):
        yield Diagnosis("note", "no-referrer")
    for meta in case.page.all("meta"):
        if (
            meta.get("name").lower() == "renderer"
            and "webkit" not in meta.get("content").lower().split("|")[0]
        ):
            yield Diagnosis("WRONG", "old-kernel", {"content": meta.get("content")[:60]})


def _styles(case: Case) -> Iterator[Diagnosis]:
    """Root size, selectors and score."""
    found = leaks(case.page.styles)
    if found.root_size:
        yield Diagnosis("ok", "root-size", {"size": found.root_size})
    culprits = ", ".join(each[:60] for each in found.culprits[:MOST_NAMED])
    said = {"score": str(found.score), "culprits": culprits, "important": str(found.important)}
    if not found.score:
        yield Diagnosis("ok", "no-leaks")
    elif case.frames or case.has_loader:
        yield Diagnosis("ok", "leaks-stopped", said)
    else:
        yield Diagnosis("note", "leaks", said)
    if found.is_cut:
        yield Diagnosis("note", "cut", {"most": f"{MOST:,}"})
    if case.page.unread:
        yield Diagnosis(
            "note", "unread", {"sheets": ", ".join(each[:120] for each in case.page.unread[:MOST_NAMED])}
        )


def _mixed(here: str, address: str) -> bool:
    return here.startswith("https:") and address.strip().lower().startswith("http:")
