"""A Chromium on this machine, driven through Playwright: both are optional, and what is missing is said.

The service never needs either. `pip install '.[check]'`, beside pyproject.toml, brings the driver and the rules
of axe-core. Never by the package's name: no registry has it, and whoever put one there would be installed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from widgets.theme import Theme
from widgets.themes.samples import BASE

try:
    from playwright.sync_api import Error as BrowserError
    from playwright.sync_api import sync_playwright
except ImportError:  # the optional dependency
    BrowserError, sync_playwright = OSError, None  # type: ignore[assignment]

NAMES: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
PROBE: Final = Path(__file__).with_name("probe.js").read_text("utf-8")
INSTALL: Final = "pip install '.[check]'"
_ADDRESS: Final = f"{BASE}/theme-check"
_QUIET: Final = (
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
)
_ROOT: Final = ("--no-sandbox",)


class NoBrowser(Exception):
    """Why there is none, as the rest of a sentence."""


class Window:
    """One window that shows documents of a theme, and reaches nothing else: no network, no script of the card."""

    def __init__(self, page: Any, theme: Theme) -> None:
        self.page = page
        self._theme, self._html = theme, ""
        page.route("**/*", self._answer)

    def show(self, html: str, *, dressed: bool = True) -> None:
        """Loads a document and readies the probe. `dressed`: with what the script shows later."""
        self._html = html
        self.page.goto(_ADDRESS, wait_until="load")
        self.page.evaluate(PROBE)
        if dressed:
            self.page.evaluate("pwProbe.dress()")

    def ask(self, what: str) -> Any:
        """What the probe measures."""
        return self.page.evaluate(f"pwProbe.{what}()")

    def _answer(self, route: Any) -> None:
        address = route.request.url
        if address == _ADDRESS:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
            return
        found = self._theme.static(address.removeprefix(f"{BASE}/static/"))
        if found and not address.endswith(".js"):
            route.fulfill(body=found[0], content_type=found[1])
        else:
            route.abort()


@contextmanager
def opened(path: str | None = None) -> Iterator[Any]:
    """A browser. Raises NoBrowser."""
    if sync_playwright is None:
        raise NoBrowser(f"playwright is not installed: {INSTALL}")
    found = path or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowser(
            f"no Chromium is on the PATH (looked for {', '.join(NAMES)}): install one, or say --browser"
        )
    is_root = Path.home() == Path("/root")  # Chromium refuses its sandbox to root
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found, args=[*_QUIET, *(_ROOT if is_root else ())]
            )
            try:
                yield browser
            finally:
                browser.close()
    except BrowserError as error:
        raise NoBrowser(f"{found} cannot be driven: {str(error).splitlines()[0]}") from None


@contextmanager
def window(browser: Any, theme: Theme, width: int, height: int = 900, **options: Any) -> Iterator[Window]:
    """A window of this width, still and without a history."""
    given = {"reduced_motion": "reduce", **options}
    context = browser.new_context(viewport={"width": width, "height": height}, **given)
    try:
        yield Window(context.new_page(), theme)
    finally:
        context.close()


def axe() -> str | None:
    """The source of axe-core, out of the wheel that carries it; None when that is not installed."""
    try:
        return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return None
