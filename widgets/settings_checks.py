"""What keys must agree on among each other, read from the raw tables: it runs beside every other check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from auth.keys import ALGORITHMS
from auth.sm2 import IS_THERE as SM2_IS_THERE
from widgets.names import NAME

_OIDC_ALONE: Final = ("acr_values", "max_age", "response_mode", "sm2", "trusted_audiences")
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
        *_without_credentials(raw),
        *_posted_over_http(raw),
        *_without_its_table(raw),
        *_without_sm2(raw),
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
    identity = _table(raw, "identity")
    scope = identity.get("scope", "openid")
    if (
        identity.get("protocol", "oidc") == "oidc"
        and isinstance(scope, str)
        and "openid" not in scope.split()
    ):
        yield f'identity.scope is "{scope}": it must contain openid (OIDC Core §3.1.2.1).'


def _without_credentials(raw: dict[str, Any]) -> Iterator[str]:
    """CAS knows a service by its address alone; the other protocols by a name and a proof."""
    identity = _table(raw, "identity")
    if not identity or identity.get("protocol") == "cas3":
        return
    by_key = identity.get("auth") == "private_key_jwt"
    if "client_id" not in identity:
        yield "identity.client_id is missing: The name under which the centre knows this service."
    if by_key and "client_key" not in identity:
        yield 'identity.client_key is missing: identity.auth "private_key_jwt" needs a key file.'
    if not by_key and "client_secret" not in identity:
        yield "identity.client_secret is missing: The secret that goes with identity.client_id."


def _without_its_table(raw: dict[str, Any]) -> Iterator[str]:
    identity = _table(raw, "identity")
    protocol, oauth2 = identity.get("protocol", "oidc"), identity.get("oauth2")
    if protocol == "oauth2" and oauth2 is None:
        yield "identity.oauth2 is missing: the table [identity.oauth2] says how the centre's OAuth 2.0 looks."
    if protocol == "oauth2" and identity.get("auth") == "private_key_jwt":
        yield 'identity.auth is "private_key_jwt": with protocol "oauth2" it must be one with a secret.'
    for name, its in (("cas", "cas3"), ("oauth2", "oauth2")):
        if name in identity and protocol != its:
            yield f'identity.{name} is for protocol "{its}": identity.protocol must be that.'
    for name in _OIDC_ALONE:
        if name in identity and protocol != "oidc":
            yield f'identity.{name} is for protocol "oidc": with "{protocol}" nothing would hold to it.'
    claims = oauth2.get("claims") if isinstance(oauth2, dict) else None
    for needed in ("sub", identity.get("account_claim")):
        if isinstance(claims, dict) and needed not in claims:
            yield f'identity.oauth2.claims has no "{needed}": it must say where the centre tells it.'


def _posted_over_http(raw: dict[str, Any]) -> Iterator[str]:
    """A form that comes from another site brings only cookies with SameSite=None, and those need https."""
    base = _table(raw, "service").get("base_url")
    if _table(raw, "identity").get("response_mode") == "form_post" and str(base).startswith("http://"):
        why = f'service.base_url "{base}" is no https, and a posted answer would bring no cookie'
        yield f'identity.response_mode is "form_post": it must be "query", as {why}.'


def _without_sm2(raw: dict[str, Any]) -> Iterator[str]:
    sm2 = _table(raw, "identity").get("sm2")
    if sm2 is not None and not SM2_IS_THERE:
        yield "identity.sm2 needs the package gmssl-pyx: it must be installed beside this service."
    names = sm2.get("algorithms") if isinstance(sm2, dict) else None
    for name in names if isinstance(names, list) else []:
        if isinstance(name, str) and (name in ALGORITHMS or name.lower() == "none" or name.startswith("HS")):
            yield f'identity.sm2.algorithms has "{name}": it must be a name for SM2 alone.'
