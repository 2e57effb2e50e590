"""A portal's page, read for the embed doctor: its start tags in order, each with what stands around it, and its styles.

The library's own HTMLParser takes a minute for 64 KB of `<a <a <a`, and pages are hostile; so this reads start tags
of bounded length, in time that grows with the page alone (HTML §13.2.5, as far as our questions need it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Final

LONGEST_TAG: Final = 4096
DEEPEST: Final = 200
MOST: Final = 100_000
"""Tags and comments that are read: half a second's work, and more than a page of 5 MB has."""
_START: Final = re.compile(r"<([a-zA-Z][^\s/>]{0,40}+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_END: Final = re.compile(r"</([a-zA-Z][^\s/>]{0,40}+)[^>]{0,200}>")
_ATTRIBUTE: Final = re.compile(r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=<>`]++)))?")
_RAW: Final = frozenset({"script", "style", "textarea", "title", "template", "noscript"})
"""What stands inside is text to us."""
_KEPT: Final = frozenset({"esi:include", "iframe", "link", "meta", "portal-widget", "script", "style"})
"""What our questions are about, beside all that htmx is told; of other elements only their place is known."""
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
SSI: Final = "#"
"""The tag of a server-side include that no server has put in; its text is the attribute without a name."""


@dataclass(frozen=True, slots=True)
class Element:
    """One start tag; names in lower case."""

    tag: str
    attributes: Mapping[str, str]
    above: Element | None
    """What it stands in."""

    def get(self, name: str) -> str:
        return self.attributes.get(name, self.attributes.get(f"data-{name}", ""))

    def has(self, name: str) -> bool:
        return name in self.attributes or f"data-{name}" in self.attributes


@dataclass(frozen=True, slots=True)
class HostPage:
    """A page and the headers that it came with."""

    elements: tuple[Element, ...]
    styles: tuple[str, ...]
    """Style sheets as text, those of the page itself first."""
    address: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""
    unread: tuple[str, ...] = ()
    """Addresses of style sheets that were not read."""
    is_cut: bool = False
    """There are more tags than were read."""

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def read(html: str) -> HostPage:
    """The page in a text, whatever the text is."""
    elements: list[Element] = []
    styles: list[str] = []
    stack: list[Element] = []
    at = html.find("<")
    for _ in range(MOST):
        if at < 0:
            break
        end = at + 1
        if html.startswith("<!--", at):
            close = html.find("-->", at + 4)
            end = close + 3 if close >= 0 else len(html)
            if html.startswith("<!--#", at):
                elements.append(Element(SSI, {"": html[at : min(end, at + LONGEST_TAG)]}, None))
        elif closing := _END.match(html, at, at + LONGEST_TAG):
            _close(stack, closing[1].lower())
            end = closing.end()
        elif opening := _START.match(html, at, at + LONGEST_TAG):
            element = _element(opening[1].lower(), opening[2], stack[-1] if stack else None)
            if element.attributes or element.tag in _KEPT:
                elements.append(element)
            end = opening.end()
            if element.tag in _RAW:
                text, end = _raw(html, end, element.tag)
                styles += [text] if element.tag == "style" else []
            elif element.tag not in _VOID and len(stack) < DEEPEST:
                stack.append(element)
        elif html[at + 1 : at + 2].isalpha():
            end = at + LONGEST_TAG  # a tag that never ends swallows what follows, in browsers too
        at = html.find("<", end)
    return HostPage(tuple(elements), tuple(styles), is_cut=at >= 0)


def saved_from(html: str) -> str | None:
    """Where a browser saved the page from, as browsers note it in a comment."""
    found = re.search(r"<!-- saved from url=\(\d+\)(https?://[^\s>]{1,2000}) -->", html[:4096])
    return found[1] if found else None


def _raw(html: str, begin: int, tag: str) -> tuple[str, int]:
    """The text up to its end tag, and where that begins."""
    found = re.compile(f"</{tag}", re.IGNORECASE).search(html, begin)
    end = found.start() if found else len(html)
    return html[begin:end], end


def _close(stack: list[Element], tag: str) -> None:
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth].tag == tag:
            del stack[depth:]
            return


def _element(tag: str, text: str, above: Element | None) -> Element:
    """With its attributes, where any of them matters."""
    matters = tag in _KEPT or "hx-" in text.lower()
    return Element(tag, _attributes(text) if matters else {}, above)


def _attributes(text: str) -> Mapping[str, str]:
    """The first of a name counts (HTML §13.2.5.33)."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found
