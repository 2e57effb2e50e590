"""Rules A that the HTML of a card decides; those that need eyes are in `seen.py`."""

from __future__ import annotations

from collections.abc import Iterator

from widgets.theme_check.drawn import HEADING, Drawn
from widgets.theme_check.finding import Finding
from widgets.theme_check.html import Element
from widgets.theme_check.subject import Subject


def drawing(subject: Subject, cards: list[Drawn]) -> Iterator[Finding]:
    for card in cards:
        for element in card.all():
            yield from _element(subject, card, element)
        yield from _status(subject, card)
        yield from _headings(subject, card)


def _element(subject: Subject, card: Drawn, element: Element) -> Iterator[Finding]:
    pressed = element.tag == "button" or (element.tag == "a" and element.has("href"))
    if pressed and not element.spoken and not element.has("data-pw-show"):
        found = f"{card.name}: <{element.tag}> has no name"
        yield Finding("A02", *subject.blame(element.klass, part=card.part), found, "words, or aria-label")
    label, text = element.get("aria-label"), _visible(element)
    if pressed and label and text and text.lower() not in label.lower():
        yield Finding(
            "A02",
            *subject.blame(element.klass, part=card.part),
            f"{card.name}: {label!r} lacks the visible {text!r}",
        )
    title, said = element.get("title"), element.text.strip()
    cut = said.removesuffix("…").removesuffix("...")
    if title and cut != said and title.startswith(cut) and title != said:
        yield Finding(
            "A08",
            *subject.blame(element.klass, part=card.part),
            f"{card.name}: {said!r}",
            "the whole text; styles cut it",
        )


def _visible(element: Element) -> str:
    """What is read on the screen: not what is hidden there."""
    if element.is_classed("pw-vh"):
        return ""
    return "".join(p if isinstance(p, str) else _visible(p) for p in element.pieces).strip()


def _status(subject: Subject, card: Drawn) -> Iterator[Finding]:
    status = [each for each in card.all() if each.get("role") == "status" or each.get("aria-live")]
    if len(status) != 1:
        yield Finding(
            "A05",
            *subject.blame("role=", part=card.part),
            f"{card.name}: {len(status)} live regions",
            "the one of the frame",
        )
    for each in status:
        if each.get("aria-live") == "assertive":
            yield Finding(
                "A05",
                *subject.blame("assertive", part=card.part),
                f"{card.name}: aria-live=assertive",
                "no live region",
            )


def _headings(subject: Subject, card: Drawn) -> Iterator[Finding]:
    levels = [each.tag for each in card.all() if each.tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    for tag in levels:
        if int(tag[1]) < HEADING or (tag == levels[0] and int(tag[1]) != HEADING):
            yield Finding(
                "A06",
                *subject.blame(f"<{tag}", part=card.part),
                f"{card.name}: <{tag}>",
                "<h{{ w.heading }}>",
            )
