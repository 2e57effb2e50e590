"""How the cards look: our templates, styles and words, and over them what a hospital's theme changes.

    <themes_dir>/<name>/theme.json                      what it is called, what it builds on
                        tokens.json  tokens.dark.json   colours, sizes, fonts; most themes are nothing more
                        messages/zh-CN.json  en.json    words, key by key
                        theme.css                       rules appended after ours
                        parts/_todo.html …              templates in place of ours
                        assets/logo.svg …               served under hashed names

Everything is read, checked and compiled before the first card; a request renders, and nothing else.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog
from jinja2 import Template
from markupsafe import Markup

from widgets.overrides import Overrides, Words
from widgets.themes.files import ThemeError
from widgets.themes.ours_once import Shared
from widgets.themes.sandbox import Table, Theirs, compiled, pieces
from widgets.themes.served import Files, icons, lean, own
from widgets.themes.styles import URL
from widgets.themes.words import our_words, spoken_by_all
from widgets.tokens import Tokens
from widgets.views import Language, WidgetView

__all__ = ["Theme", "ThemeError"]

log = structlog.get_logger()

HERE: Final = Path(__file__).parent
LATER_LOOK: Final = 300
"""Seconds after which a browser without JavaScript loads the document again."""


class Theme:
    """Draws views. `base_url` is the service's public address, which may carry a path prefix.

    `events`: whether the cards listen to the stream of wake-ups. Raises ThemeError when the theme is broken;
    one that is not there at all is logged, and ours is shown.
    """

    def __init__(
        self,
        themes_dir: Path | None = None,
        name: str = "default",
        base_url: str = "",
        *,
        events: bool = True,
    ) -> None:
        sources = {path.name: path.read_text("utf-8") for path in sorted((HERE / "templates").glob("*.html"))}
        self._table = Table()
        self._ours, self._theirs = Shared(self._table), Theirs(self._table, self._part_failed)
        ours = Tokens.read(own("tokens.css"))
        changed = Overrides.read(themes_dir, name, ours, our_words(), sources.keys(), self._theirs)
        self.name, self.base_url, self.overrides = changed.name, base_url.rstrip("/"), changed
        self.words: Words = changed.words
        """The messages by language and key: also for whoever shapes the views."""
        self.tokens = changed.tokens
        self.failing: dict[str, str] = {}
        """Parts that failed and were drawn by what they replaced, with the reason."""
        self.fallen: list[str] = []
        """Those that failed in the last drawing, as `renmin/_todo.html`."""
        self._files = Files(self.base_url)
        self._keep_all(changed.assets)
        self._styles = {
            campus: self._style(ours, tokens)
            for campus, tokens in (("", self.tokens), *changed.campuses().items())
        }
        self._encoded = {style: style.encode() for style in self._styles.values()}
        self.style = str(self._styles[""])
        """The one inline style of every document and fragment, but where a campus has its own."""
        self._files.keep("widgets.css", self.style.encode())
        self.style_hashes = frozenset(map(_source_expression, self._styles.values()))
        """Their source expressions for the content security policy (CSP 3 §8.4)."""
        self.look = sha256("".join((*self._styles.values(), changed.digest())).encode()).hexdigest()[:8]
        """Changes with anything that is drawn: cards that were drawn before are out of date."""
        self._spoken = spoken_by_all(self.words)
        self._ready(sources, events)

    def widget(
        self, view: WidgetView[Any], as_fragment: bool, styled: bool = True, campus: str | None = None
    ) -> str:
        """The card, as a document for a frame or a tab, or as a fragment for a page that is already there.

        `styled=False` leaves the styles out of a fragment: a refresh replaces rows, the styles are there.
        `campus` chooses its variant of the theme, if it has one.
        """
        return "".join(self._card(view, as_fragment, styled, campus))

    def body(
        self, view: WidgetView[Any], as_fragment: bool, styled: bool = True, campus: str | None = None
    ) -> bytes:
        """The same as it goes over the wire, in UTF-8. The styles are most of it, and are encoded already."""
        drawn, style = self._card(view, as_fragment, styled, campus), self._style_of(campus)
        try:
            place = drawn.index(style)
        except ValueError:  # a refresh
            return "".join(drawn).encode()
        before, after = "".join(drawn[:place]), "".join(drawn[place + 1 :])
        return b"".join((before.encode(), self._encoded[style], after.encode()))

    def _style_of(self, campus: str | None) -> Markup:
        return self._styles.get(campus or "", self._styles[""])

    def _card(self, view: WidgetView[Any], as_fragment: bool, styled: bool, campus: str | None) -> list[str]:
        return self._pieces(
            f"{view.name}.html",
            w=view,
            m=self.words[view.lang],
            words=self._spoken[view.lang, view.name],
            layout="_fragment.html" if as_fragment else "_page.html",
            style=self._style_of(campus),
            page=not as_fragment,
            styled=styled,
            lang=view.lang,
            scheme=view.scheme,
            title=view.title,
            tab=not view.framed,
            reload=_reload(view),
            script="widgets.js",
            say=None,
        )

    def count(self, view: WidgetView[Any]) -> str:
        """The badge alone."""
        return self._drawn("count.html", w=view, m=self.words[view.lang])

    def page(self, name: str, *, lang: Language = "zh-CN", **context: Any) -> str:
        """`error` (with `code` and `reference`), `signed_in` or `signed_out`."""
        return self._drawn(
            f"{name}.html",
            m=self.words[lang],
            style=self._styles[""],
            lang=lang,
            scheme="auto",
            tab=True,
            reload="",
            script="done.js",
            say=None,
            **context,
        )

    def embed_js(self) -> bytes:
        """What /embed.js answers: the loader, which knows where the rest is."""
        return self._embed

    def asset(self, name: str) -> str:
        """The absolute address of a static file, with its content's hash in the name. Raises KeyError."""
        return self._files.urls[name]

    def static(self, path: str, any_hash: bool = False) -> tuple[bytes, str] | None:
        """Body and content type of a file under /static/; None when there is none of that hash, or of that name."""
        return self._files.current(path) if any_hash else self._files.get(path)

    def _drawn(self, name: str, **context: Any) -> str:
        return "".join(self._pieces(name, **context))

    def _pieces(self, name: str, **context: Any) -> list[str]:
        """A template, whatever the theme's parts do: at the worst without any of them."""
        self._theirs.begin()
        self.fallen = []
        try:
            return pieces(self._table.find(name, None), context)
        except Exception as error:
            if not self.overrides.parts:
                raise
            self._part_failed(f"{self.name}/{name}", error)
        with self._table.bare() as template:
            return pieces(template[name], context)

    def _part_failed(self, part: str, error: Exception) -> None:
        self.fallen.append(part)
        if part not in self.failing:
            self.failing[part] = f"{type(error).__name__}: {error}"[:200]
            log.warning("theme.part_failed", part=part, reason=self.failing[part])

    def _style(self, ours: Tokens, tokens: Tokens) -> Markup:
        theirs = URL.sub(self._address, self.overrides.css)
        css = lean(own("tokens.css") + tokens.css(ours) + own("widgets.css") + theirs)
        return Markup(css)  # noqa: S704 (theme.css is refused on the first `<`)

    def _address(self, found: Any) -> str:
        return f'url("{self._files.urls[found[2].removeprefix("assets/")]}")'

    def _keep_all(self, assets: Mapping[str, bytes]) -> None:
        for name in ("widgets.js", "live.js", "sign-in.js", "done.js"):
            self._files.keep(name, lean(own(name)).encode())
        runtime = self._files.keep("fragment.js", lean(own("widgets.js") + own("fragment.js")).encode())
        loader = own("embed.js").replace("$base", self.base_url).replace("$fragment", runtime)
        self._embed = lean(loader).encode()
        for name, body in assets.items():
            self._files.keep(name, body)

    def _ready(self, sources: Mapping[str, str], events: bool) -> None:
        """Gives the templates what all of them share, and compiles them, each over what it replaces."""
        shared = {
            "assets": self._files.urls,
            "icons": icons(),
            "base_url": self.base_url,
            "events": events,
            "look": self.look,
        }
        self._ours.globals, self._theirs.globals = dict(shared), dict(shared)
        for name, source in sources.items():
            self._table.own[name] = self._table.winning[name] = compiled(self._ours, name, source)
        for parts in self.overrides.parts.values():
            for part in parts:
                template: Template = compiled(self._theirs, part.full_name, part.source)
                self._theirs.guard(template, self._table.winning[part.name])
                self._table.winning[part.name] = template


def _source_expression(style: str) -> str:
    return f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"


def _reload(view: WidgetView[Any]) -> str:
    """When a browser without JavaScript looks again, and where: the address says that no person went there."""
    seconds = view.refresh_after if view.state == "starting" else LATER_LOOK
    return f"{seconds};url={view.src}&silent=0&auto=1"
