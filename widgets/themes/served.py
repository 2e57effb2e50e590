"""The files that a theme serves: each under its content's hash, so that a browser may keep it for good."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from markupsafe import Markup

_HASHED: Final = re.compile(r"([\w.-]{1,100})\.[0-9a-f]{12}\.(\w{1,5})", re.ASCII)
STATIC: Final = Path(__file__).parent.parent / "static"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class Files:
    """What is under /static/, and where each file of a plain name is. `base` is the service's public address."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._files: dict[str, tuple[bytes, str]] = {}
        self.urls: dict[str, str] = {}

    def keep(self, name: str, body: bytes) -> str:
        """Serves a file; gives its absolute address."""
        stem, _, end = name.rpartition(".")
        hashed = f"{stem}.{sha256(body).hexdigest()[:12]}.{end}"
        self._files[hashed] = body, _TYPES[f".{end}"]
        self.urls[name] = f"{self._base}/static/{hashed}"
        return self.urls[name]

    def get(self, path: str) -> tuple[bytes, str] | None:
        """Body and content type; None when there is none of that hash."""
        return self._files.get(path)

    def current(self, path: str) -> tuple[bytes, str] | None:
        """The same for the file that has this name today, whatever hash the path has."""
        hashed = _HASHED.fullmatch(path)
        url = self.urls.get(f"{hashed[1]}.{hashed[2]}") if hashed else None
        return self._files[url.rpartition("/")[2]] if url else None


def own(name: str) -> str:
    """The text of one of our static files."""
    return (STATIC / name).read_text("utf-8")


def lean(text: str) -> str:
    """CSS or JavaScript without the comments that stand on lines of their own, and without indentation."""
    text = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*\n", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def icons() -> dict[str, Markup]:
    """The drawings of icons.svg by name, ready to stand in HTML; decoration, so hidden from screen readers."""
    frame = '<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>'
    symbols = re.findall(r'<symbol id="([a-z]+)">(.*?)</symbol>', own("icons.svg"))
    return {name: Markup(frame.format(drawing)) for name, drawing in symbols}  # noqa: S704 (our own file)
