"""Drawn HTML as a tree, small and forgiving: enough to ask what a card has, and what was left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    | {"path", "circle", "rect", "use", "line"}
)
"""Elements that have no end tag, in HTML and in our drawings."""


@dataclass(slots=True)
class Element:
    """One element with its attributes; `pieces` are the texts and elements in it, in their order."""

    tag: str
    attributes: dict[str, str]
    pieces: list[Element | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.attributes

    @property
    def klass(self) -> str:
        """Its first class, or its tag where it has none."""
        return next(iter(self.get("class").split()), f"<{self.tag}")

    def is_classed(self, name: str) -> bool:
        return name in self.get("class").split()

    def walk(self) -> Iterator[Element]:
        """It and everything in it, as read aloud."""
        yield self
        for piece in self.pieces:
            if isinstance(piece, Element):
                yield from piece.walk()

    @property
    def text(self) -> str:
        """All text in it, hidden from screen readers or not."""
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    @property
    def spoken(self) -> str:
        """Its name as assistive technology has it, near enough: label, alternative text, text."""
        if self.get("aria-hidden") == "true":
            return ""
        if self.get("aria-label"):
            return self.get("aria-label").strip()
        if self.tag == "img":
            return self.get("alt").strip()
        return " ".join(
            filter(None, (p.strip() if isinstance(p, str) else p.spoken for p in self.pieces))
        ).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.left_open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].pieces.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].pieces.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in [each.tag for each in self.open]:
            if tag not in VOID:
                self.left_open.append(Element(f"/{tag}", {}))
            return
        while len(self.open) > 1:
            ended = self.open.pop()
            if ended.tag == tag:
                return
            self.left_open.append(ended)

    def handle_data(self, data: str) -> None:
        self.open[-1].pieces.append(data)


def read(html: str) -> tuple[Element, list[Element]]:
    """The root, and what was not closed before what holds it, or closed without having been opened."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root, [*reader.left_open, *reader.open[1:]]
