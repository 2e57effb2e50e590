"""What a portal writes to embed our cards: the one source of the embed builder, the demo's pages and docs/embedding.md.

In the texts `{widgets}` is the service's address; `{name}`, `{title}`, `{link}` and `{height}` are the widget's;
`{query}`, `{attributes}` and `{fetching}` are how it is to look, in an address, in an element and in a program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final
from urllib.parse import urlencode

from widgets.items import Kind
from widgets.views import Language

SANDBOX: Final = ("allow-scripts", "allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox")
"""What a frame with `sandbox` must allow."""
TITLES: Final[Mapping[Language, Mapping[Kind, str]]] = {
    "zh-CN": {"todos": "待办", "notices": "公告"},
    "en": {"todos": "To-do", "notices": "Notices"},
}
_LINKS: Final[Mapping[Language, str]] = {"zh-CN": "打开{title}", "en": "Open {title}"}


@dataclass(frozen=True, slots=True)
class Embedding:
    """What is to be embedded, and how it is to look."""

    base: str
    widgets: tuple[Kind, ...]
    heights: Mapping[Kind, int]
    """Pixels that a card takes: of its frame, or reserved in the page so that nothing moves when it comes."""
    lang: Language = "zh-CN"
    """Of what stands in the portal's page."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Query parameters of the card."""
    sandbox: bool = False
    near: bool = False
    """The service is behind the portal's own name: htmx then needs no leave to ask it."""

    def words(self, name: Kind, *, is_markup: bool) -> Mapping[str, str]:
        """What takes the places in a text about this widget."""
        title, query = TITLES[self.lang][name], urlencode(self.choices)
        query = escape(query) if is_markup else query
        sandbox = f'\n        sandbox="{" ".join(SANDBOX)}"' if self.sandbox else ""
        return {
            "{widgets}": self.base,
            "{name}": name,
            "{title}": title,
            "{link}": _LINKS[self.lang].format(title=title),
            "{height}": str(self.heights[name]),
            "{query}": f"?{query}" if query else "",
            "{attributes}": "".join(f' {key}="{escape(value)}"' for key, value in self.choices.items()),
            "{fetching}": _fetching(self.choices),
            "{sandbox}": sandbox,
            "{credentials}": "" if self.near else "\n     hx-config='credentials:\"include\"'",
        }


@dataclass(frozen=True, slots=True)
class Snippet:
    """One way to embed."""

    id: str
    name: str
    head: str
    """Once in a page."""
    body: str
    """Once a widget."""
    needs: Mapping[str, str]
    """What the portal's own content security policy must allow: W is the service's origin, C the centre's."""
    tail: str = ""
    """Once, after the widgets."""
    leave: str = ""
    """First of the head, where the service has another origin than the portal."""
    is_markup: bool = True
    frames: bool = False
    """The card stands in a frame, not in the page."""

    def head_for(self, embedding: Embedding) -> str:
        head = self.head.replace("{widgets}", embedding.base)
        return head if embedding.near or not self.leave else f"{self.leave}\n{head}"

    def body_for(self, embedding: Embedding, name: Kind) -> str:
        text = self.body
        for place, value in embedding.words(name, is_markup=self.is_markup).items():
            text = text.replace(place, value)
        return text

    def code(self, embedding: Embedding) -> str:
        """Everything, for all widgets of the page."""
        names = ", ".join(embedding.widgets)
        bodies = [self.body_for(embedding, name) for name in embedding.widgets]
        bodies = bodies if self.is_markup else ["\n".join(bodies)]
        tail = self.tail.replace("{names}", names).replace("{fetching}", _fetching(embedding.choices))
        tail = tail.replace("{height}", str(max(embedding.heights.values())))
        return "\n\n".join(part for part in (self.head_for(embedding), *bodies, tail) if part)


def _fetching(choices: Mapping[str, str]) -> str:
    told = ", ".join(f"{name}: '{value}'" for name, value in choices.items())
    return f", {{query: {{{told}}}}}" if told else ""


_LOADER: Final = '<script src="{widgets}/embed.js" defer></script>'
_FALLBACK: Final = '<a href="{widgets}/widgets/{name}" target="_blank" rel="noopener">{link}</a>'
_FRAME: Final = (
    '<iframe src="{widgets}/widgets/{name}{query}" title="{title}" width="100%" height="{height}"\n'
    '        style="border:0;color-scheme:normal" loading="lazy"{sandbox}></iframe>'
)
_PLACE: Final = 'style="min-height:{height}px"'
_HTMX: Final = (
    '<div hx-get="{widgets}/widgets/{name}{query}" hx-trigger="load" hx-swap="innerHTML"\n'
    f"     {_PLACE}>\n  {_FALLBACK}\n</div>"
)
_ELEMENT_PLACE: Final = '\n               style="display:block;min-height:{height}px"'
_IN_PAGE: Final = {"connect-src": "W", "script-src": "W", "frame-src": "W C"}

PLAIN: Final = Snippet("iframe", "iframe", "", _FRAME, {"frame-src": "W C"}, frames=True)
FRAME: Final = Snippet(
    "iframe-script",
    "iframe + embed.js",
    _LOADER,
    _FRAME,
    {"frame-src": "W C", "script-src": "W"},
    frames=True,
)
ELEMENT: Final = Snippet(
    "element",
    "<portal-widget>",
    _LOADER,
    '<portal-widget name="{name}" title="{title}"{attributes}'
    f"{_ELEMENT_PLACE}>\n  {_FALLBACK}\n</portal-widget>",
    {"frame-src": "W C", "script-src": "W"},
    frames=True,
)
ELEMENT_IN_PAGE: Final = Snippet(
    "element-fragment",
    "<portal-widget mode=fragment>",
    _LOADER,
    '<portal-widget name="{name}" title="{title}" mode="fragment"{attributes}'
    f"{_ELEMENT_PLACE}>\n  {_FALLBACK}\n</portal-widget>",
    _IN_PAGE,
)
HTMX1: Final = Snippet(
    "htmx-1",
    "HTMX 1.9",
    '<script src="/htmx/1.js" defer></script>\n' + _LOADER,
    _HTMX,
    _IN_PAGE,
    leave='<meta name="htmx-config" content=\'{"withCredentials":true}\'>',
)
HTMX2: Final = Snippet(
    "htmx-2",
    "HTMX 2",
    '<script src="/htmx/2.js" defer></script>\n' + _LOADER,
    _HTMX,
    _IN_PAGE,
    leave='<meta name="htmx-config" content=\'{"selfRequestsOnly":false,"withCredentials":true}\'>',
)
HTMX4: Final = Snippet(
    "htmx-4",
    "HTMX 4",
    '<script src="/htmx/4.js" defer></script>\n' + _LOADER,
    '<div hx-get="{widgets}/widgets/{name}{query}" hx-trigger="load" hx-swap="innerHTML"{credentials}\n'
    f"     {_PLACE}>\n  {_FALLBACK}\n</div>",
    _IN_PAGE,
    leave='<meta name="htmx-config" content=\'{"mode":"cors"}\'>',
)
PODIUM: Final = Snippet(
    "podium",
    "Podium",
    "import express from 'express';\n"
    "import Layout from '@podium/layout';\n\n"
    "const layout = new Layout({name: 'portal', pathname: '/'});",
    "const {name} = layout.client.register({name: '{name}', uri: '{widgets}/widgets/{name}/manifest.json'});",
    _IN_PAGE,
    "const app = express();\n"
    "app.use(layout.middleware());\n"
    "app.get('/', async (request, response) => {\n"
    "  const incoming = response.locals.podium;\n"
    "  const podlets = await Promise.all([{names}].map(each => each.fetch(incoming{fetching})));\n"
    "  incoming.podlets = podlets;\n"
    '  const places = podlets.map(each => `<div style="min-height:{height}px">${each}</div>`);\n'
    "  response.podiumSend(places.join('\\n'));\n"
    "});\n"
    "app.listen(7000);",
    is_markup=False,
)
ESI: Final = Snippet(
    "esi",
    "ESI",
    _LOADER,
    f"<div {_PLACE}>\n"
    '  <esi:include src="{widgets}/widgets/{name}/fragment{query}"\n'
    '               alt="{widgets}/widgets/{name}/fallback" onerror="continue"/>\n</div>',
    _IN_PAGE,
)
SSI: Final = Snippet(
    "ssi",
    "SSI",
    '<script src="/pw/embed.js" defer></script>',
    '<!--# block name="{name}" --><a href="/pw/widgets/{name}">{link}</a><!--# endblock -->\n'
    f"<div {_PLACE}>\n"
    '<!--# include virtual="/pw/widgets/{name}/fragment{query}" stub="{name}" -->\n</div>',
    _IN_PAGE,
    is_markup=False,
)
SNIPPETS: Final = (PLAIN, FRAME, ELEMENT, ELEMENT_IN_PAGE, HTMX1, HTMX2, HTMX4, PODIUM, ESI, SSI)
