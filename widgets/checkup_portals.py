"""The part of `portal-widgets check` about addresses alone: portals as browsers see them, and what to register."""

from __future__ import annotations

from collections.abc import Iterator

from auth.relation import relation_of, standing
from widgets.findings import Finding, Mark
from widgets.settings import Portal, Settings

_WAYS = {
    "same-origin": "shares our origin: everything works.",
    "same-site": "is of our site: everything works.",
    "cross-site": "is of another site: people sign in through a window, into cookies of that portal alone. "
    "Better is an address for us below the portal's own domain.",
}


def portals(settings: Settings) -> Iterator[Finding]:
    """How browsers will treat our cookies on each portal's pages."""
    for portal in settings.service.portals:
        yield _portal(portal, settings.service.base_url)


def _portal(portal: Portal, base_url: str) -> Finding:
    match standing(portal.origin, portal.relation, base_url):
        case "no-session":
            return Finding(
                "WRONG",
                f"The portal {portal.origin} is of another site and we are not on https, so browsers keep no session: "
                "give this service a certificate, or an address below the portal's own domain.",
            )
        case "mistaken":
            seen = relation_of(portal.origin, base_url)
            return Finding(
                "WRONG",
                f"The portal {portal.origin} is configured as {portal.relation}, but browsers take it for {seen}: "
                "set its relation to auto.",
            )
        case seen:
            mark: Mark = "note" if seen == "cross-site" else "ok"
            return Finding(mark, f"The portal {portal.origin} {_WAYS[seen]}")


def addresses(settings: Settings) -> Iterator[Finding]:
    """What has to be registered at the centre; it compares letter for letter."""
    ours, identity = settings.service.base_url.rstrip("/") + "/auth", settings.identity
    match identity.protocol:
        case "cas3":
            yield _register("as service, with whatever follows", f"{ours}/callback")
        case "oauth2":
            yield _register("as redirect address", f"{ours}/callback")
            yield _register("to be called when somebody signs out", f"{ours}/token-logout")
        case _:
            yield _register("as redirect address", f"{ours}/callback")
            yield _register("as address after sign-out", f"{ours}/logout")
            yield _register("for back-channel sign-out, with session", f"{ours}/backchannel-logout")
            yield _register("for front-channel sign-out, with session", f"{ours}/frontchannel-logout")
            yield _register("to begin a sign-in", f"{ours}/initiate")
    if identity.auth == "private_key_jwt":
        yield _register("as our keys", f"{ours}/jwks.json")


def _register(what: str, address: str) -> Finding:
    return Finding("note", f"Register at the centre {what}: {address}")
