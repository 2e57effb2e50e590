"""What keys must agree on among each other, read from the raw tables: it runs beside every other check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from widgets.settings_values import NAME

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


def crossed(raw: dict[str, Any]) -> list[str]:
    """One sentence for each disagreement; shapes that are wrong in themselves are somebody else's mistake."""
    return [
        *_repeated(raw, "campuses"),
        *_repeated(raw, "sources"),
        *_homeless(raw),
        *_without_directories(raw),
        *_mixed_content(raw),
        *_no_such_theme(raw),
        *_not_openid(raw),
    ]


def _table(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _tables(raw: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = raw.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(tables: list[dict[str, Any]], key: str) -> list[str]:
    return [each[key] for each in tables if isinstance(each.get(key), str)]


def _repeated(raw: dict[str, Any], name: str) -> Iterator[str]:
    ids = _texts(_tables(raw, name), "id")
    for each in sorted({id for id in ids if ids.count(id) > 1}):
        yield f'{name}.id "{each}" is given {ids.count(each)} times: each must have its own.'


def _homeless(raw: dict[str, Any]) -> Iterator[str]:
    known = _texts(_tables(raw, "campuses"), "id")
    for source in _tables(raw, "sources"):
        campus = source.get("campus")
        if isinstance(campus, str) and campus not in known:
            right = " or ".join(f'"{each}"' for each in known) or "the id of one of [[campuses]]"
            yield f'sources["{source.get("id")}"].campus is "{campus}": it must be {right}.'


def _without_directories(raw: dict[str, Any]) -> Iterator[str]:
    for source in _tables(raw, "sources"):
        widgets = source.get("widgets", ["todos", "notices"])
        feeds = isinstance(widgets, list) and "notices" in widgets
        if source.get("kind") == "weaver-e9" and feeds and not source.get("notice_directories"):
            key = f'sources["{source.get("id")}"].notice_directories'
            yield f"{key} is missing: it must name the directories of the OA that hold notices."


def _mixed_content(raw: dict[str, Any]) -> Iterator[str]:
    """Mixed Content §4.3: an https page loads no http frame, except from a loopback name."""
    service = _table(raw, "service")
    base = str(service.get("base_url"))
    origins = _texts(_tables(service, "portals"), "origin")
    if base.startswith("http://") and any(each.startswith("https://") for each in origins):
        host = re.sub(r"^http://|:\d+$", "", "/".join(base.split("/")[:3]))
        if not (host in _LOOPBACK or host.endswith(".localhost")):
            why = "browsers load no http frame into an https portal"
            yield f'service.base_url is "{base}": it must be https, as {why}.'


def _no_such_theme(raw: dict[str, Any]) -> Iterator[str]:
    service = _table(raw, "service")
    theme, folder = service.get("theme", "default"), service.get("themes_dir")
    if not isinstance(theme, str) or theme == "default" or not re.match(NAME, theme):
        return
    if not isinstance(folder, str) or not (Path(folder) / theme).is_dir():
        yield f'service.theme is "{theme}": service.themes_dir must have a folder of that name.'


def _not_openid(raw: dict[str, Any]) -> Iterator[str]:
    scope = _table(raw, "identity").get("scope", "openid")
    if isinstance(scope, str) and "openid" not in scope.split():
        yield f'identity.scope is "{scope}": it must contain openid (OIDC Core §3.1.2.1).'
