"""How the cards look: our templates, styles and words, and over them what a hospital's theme changes.

    <themes_dir>/<name>/tokens.json  tokens.dark.json   colours, sizes, fonts; most themes are nothing more
                        messages/zh-CN.json  en.json    words, key by key
                        theme.css                       rules appended after ours
                        parts/_todo.html …              templates in place of ours
                        assets/logo.svg …               served under hashed names

Everything is read, checked and compiled at start; a request renders, and nothing else.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, get_args

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from widgets.items import Kind
from widgets.overrides import Overrides, ThemeError, Words
from widgets.tokens import Tokens
from widgets.views import Language, WidgetView

__all__ = ["Theme", "ThemeError"]

HERE: Final = Path(__file__).parent
LATER_LOOK: Final = 300
"""Seconds after which a browser without JavaScript loads the document again."""
_TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_MOMENTS: Final = ("just-now", "minutes-ago", "today", "yesterday", "updated", "as-of", "paused")
_CONTROLS: Final = ("pause", "resume")


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
        sources = {path.name: path.read_text() for path in sorted((HERE / "templates").glob("*.html"))}
        self._env = _environment(sources)
        ours = Tokens.read(_own("tokens.css"))
        changed = Overrides.read(themes_dir, name, ours, _our_words(), sources.keys(), self._env)
        sources.update(changed.parts)
        self.name, self.base_url = changed.name, base_url.rstrip("/")
        self.words: Words = changed.words
        """The messages by language and key: also for whoever shapes the views."""
        self.tokens = changed.tokens
        self.style = _lean(_own("tokens.css") + self.tokens.css(ours) + _own("widgets.css") + changed.css)
        """The one inline style of every document and fragment."""
        self.style_hash = f"'sha256-{b64encode(sha256(self.style.encode()).digest()).decode()}'"
        """Its source expression for the content security policy (CSP 3 §8.4)."""
        self._files: dict[str, tuple[bytes, str]] = {}
        self._urls: dict[str, str] = {}
        self._keep_all(changed.assets)
        self._spoken = _spoken_by_all(self.words)
        self._ready(sources, events)

    def widget(self, view: WidgetView[Any], as_fragment: bool, styled: bool = True) -> str:
        """The card, as a document for a frame or a tab, or as a fragment for a page that is already there.

        `styled=False` leaves the styles out of a fragment: a refresh replaces rows, the styles are there.
        """
        return self._env.get_template(f"{view.name}.html").render(
            w=view,
            m=self.words[view.lang],
            words=self._spoken[view.lang, view.name],
            layout="_fragment.html" if as_fragment else "_page.html",
            page=not as_fragment,
            styled=styled,
            lang=view.lang,
            scheme=view.scheme,
            title=view.title,
            tab=not view.framed,
            reload=view.refresh_after if view.state == "starting" else LATER_LOOK,
            script="widgets.js",
            say=None,
        )

    def count(self, view: WidgetView[Any]) -> str:
        """The badge alone."""
        return self._env.get_template("count.html").render(w=view, m=self.words[view.lang])

    def page(self, name: str, *, lang: Language = "zh-CN", **context: Any) -> str:
        """`error` (with `code` and `reference`), `signed_in` or `signed_out`."""
        return self._env.get_template(f"{name}.html").render(
            m=self.words[lang],
            lang=lang,
            scheme="auto",
            tab=True,
            reload=0,
            script="done.js",
            say=None,
            **context,
        )

    def embed_js(self) -> bytes:
        """What /embed.js answers: the runtime and the loader in one file."""
        return self._embed

    def asset(self, name: str) -> str:
        """The absolute address of a static file, with its content's hash in the name. Raises KeyError."""
        return self._urls[name]

    def static(self, path: str) -> tuple[bytes, str] | None:
        """Body and content type of a file under /static/; None when there is none of that hash."""
        return self._files.get(path)

    def _keep_all(self, assets: Mapping[str, bytes]) -> None:
        self._embed = _lean(_own("widgets.js") + _own("embed.js")).encode()
        for name in ("widgets.js", "done.js"):
            self._keep(name, _lean(_own(name)).encode())
        self._keep("widgets.css", self.style.encode())
        for name, body in assets.items():
            self._keep(name, body)

    def _keep(self, name: str, body: bytes) -> None:
        stem, _, end = name.rpartition(".")
        hashed = f"{stem}.{sha256(body).hexdigest()[:12]}.{end}"
        self._files[hashed] = body, _TYPES[f".{end}"]
        self._urls[name] = f"{self.base_url}/static/{hashed}"

    def _ready(self, sources: Mapping[str, str], events: bool) -> None:
        """Gives the templates what all of them share, and compiles them."""
        self._env.globals = {
            "style": Markup(self.style),  # noqa: S704 (theme.css is refused on the first `<`)
            "assets": self._urls,
            "icons": _icons(),
            "base_url": self.base_url,
            "events": events,
        }
        for name in sources:
            self._env.get_template(name)


def _environment(sources: Mapping[str, str]) -> Environment:
    """An environment of its own: nothing of the web framework is in reach of a template."""
    return Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _own(name: str) -> str:
    return (HERE / "static" / name).read_text()


def _our_words() -> Words:
    return {lang: json.loads((HERE / "messages" / f"{lang}.json").read_text()) for lang in get_args(Language)}


def _lean(text: str) -> str:
    """CSS or JavaScript without the comments that stand on lines of their own, and without indentation."""
    text = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*\n", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _icons() -> dict[str, Markup]:
    """The drawings of icons.svg by name, ready to stand in HTML; decoration, so hidden from screen readers."""
    frame = '<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>'
    symbols = re.findall(r'<symbol id="([a-z]+)">(.*?)</symbol>', _own("icons.svg"))
    return {name: Markup(frame.format(drawing)) for name, drawing in symbols}  # noqa: S704 (our own file)


def _spoken_by_all(words: Words) -> dict[tuple[Language, Kind], Markup]:
    """What the script says, as JSON for an attribute, by language and kind of card."""
    return {
        (lang, kind): escape(json.dumps(_spoken(said, kind), ensure_ascii=False, separators=(",", ":")))
        for lang, said in words.items()
        for kind in get_args(Kind)
    }


def _spoken(words: Mapping[str, str], kind: Kind) -> dict[str, str]:
    other = {"todos": "-notices", "notices": "-todos"}[kind]
    live = (key for key in words if key.startswith("live-") and not key.endswith(other))
    return {key: words[key] for key in _MOMENTS + _CONTROLS} | {
        key.removesuffix(f"-{kind}"): words[key] for key in live
    }
