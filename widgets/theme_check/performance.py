"""Rules P: a card is small, and nothing jumps."""

from __future__ import annotations

from collections.abc import Iterator

from widgets.theme_check import css
from widgets.theme_check.drawn import Drawn
from widgets.theme_check.finding import Finding
from widgets.theme_check.subject import Subject
from widgets.themes.assets import MOST_ASSETS
from widgets.themes.styles import MOST_CSS

MOST_DOCUMENT = 14 * 1024
"""Bytes on the wire, which is what the first packets of a connection carry."""


def findings(subject: Subject) -> Iterator[Finding]:
    long = len(subject.texts.get("theme.css", "").encode())
    if long > MOST_CSS:
        yield Finding("P01", "theme.css", 1, f"{long} bytes", f"at most {MOST_CSS}", "F")
    folder = subject.folder / "assets"
    sizes = {path.name: path.stat().st_size for path in folder.glob("*") if path.is_file()}
    if sum(sizes.values()) > MOST_ASSETS:
        largest = max(sizes, key=lambda name: sizes[name])
        found = f"{sizes[largest]} bytes of {sum(sizes.values())} in assets/"
        yield Finding(
            "P02", f"assets/{largest}", 1, found, f"at most {MOST_ASSETS} bytes in all of assets/", "F"
        )


def drawing(subject: Subject, cards: list[Drawn]) -> Iterator[Finding]:
    biggest = max(cards, key=lambda card: card.size)
    if biggest.size > MOST_DOCUMENT:
        found = f"{biggest.name}: {biggest.size} bytes gzipped"
        yield Finding("P01", subject.blame()[0], 1, found, f"at most {MOST_DOCUMENT}")
    sized = {
        word
        for block in (*css.read(subject.below.css).blocks, *subject.sheet.blocks)
        if {"width", "height"} <= {each.name for each in block.declarations}
        for word in block.selector.replace(".", " ").split()
    }
    for card in cards:
        for image in (each for each in card.all() if each.tag == "img"):
            if not (image.has("width") and image.has("height")) and image.klass not in sized:
                yield Finding(
                    "P02", *subject.blame("<img"), f"{card.name}: an image of no size", 'width="…" height="…"'
                )
