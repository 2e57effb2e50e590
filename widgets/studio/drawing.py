"""The studio's own pages: templates, words and files of this folder, and the policy that its answers carry.

They are no part of any theme: a theme that is broken must not take the tool away that shows what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from widgets.studio.words import words
from widgets.themes.colour import DEUTAN, PROTAN, Matrix
from widgets.themes.served import Files
from widgets.views import Language

HERE: Final = Path(__file__).parent
PAGE: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The policy of the studio's pages: nothing inline, nothing from elsewhere."""
STAND_IN: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""The policy of the pages that play a portal."""


def card_policy(styles: Iterable[str]) -> str:
    """The policy of a sample's own document, as strict as a real card's; `styles` are the hashes of its theme."""
    return (
        f"default-src 'none'; style-src {' '.join(sorted(styles))}; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


class Drawing:
    """Draws the studio's pages in both languages."""

    def __init__(self, base_url: str) -> None:
        self._files = Files(f"{base_url}/studio")
        for path in sorted((HERE / "static").iterdir()):
            self._files.keep(path.name, path.read_bytes())
        self.words = words()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            files=self._files.urls,
            base_url=base_url,
            protan=_filter(PROTAN),
            deutan=_filter(DEUTAN),
        )

    def page(self, name: str, lang: Language, **context: Any) -> str:
        """A page in that language."""
        return self._templates.get_template(f"{name}.html").render(
            m=self.words[lang], lang=lang, here=name, **context
        )

    def file(self, path: str) -> tuple[bytes, str] | None:
        """Body and content type of a file under /studio/static/; None when there is none of that hash."""
        return self._files.get(path)


def _filter(vision: Matrix) -> str:
    """The values of an SVG feColorMatrix (Filter Effects §9.6)."""
    rows = (f"{red} {green} {blue} 0 0" for red, green, blue in vision)
    return " ".join((*rows, "0 0 0 1 0"))
