"""The part of `portal-widgets check` that looks at the identity centre, as our server and as a browser see it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin

import httpx2

from auth.centre import Attempt, Centre
from auth.errors import AuthError
from auth.keys import read_keys
from auth.outside import CALL_FAILED, ServerSide
from auth.sealing import to_text
from widgets.findings import Finding, Unwell, told
from widgets.links import origin
from widgets.settings import Settings
from widgets.settings_identity import Identity

LEEWAY: Final = 60
"""Seconds by which the centre's clock may differ from ours before its tokens are refused."""
NOTICED: Final = 10
_MOST_STEPS: Final = 5
_CUTS: Final = ("same-origin", "same-origin-allow-popups", "noopener-allow-popups")
"""Values of Cross-Origin-Opener-Policy after which a window no longer knows who opened it (HTML §7.1.3)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One page of the centre, after the redirects within it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    left_for: str | None
    """Where it sends the browser outside of itself; None: it shows something."""


class Visitor:
    """Looks at the centre without cookies, over the same transport as the service."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, settings: Settings) -> None:
        identity = settings.identity
        self._transport = ServerSide(transport, identity.issuer, identity.base_url)
        self._there, self._asked = origin(identity.issuer), identity.base_url

    async def look(self, url: str) -> Seen:
        """Raises Unwell when there is no answer."""
        async with httpx2.AsyncClient(transport=self._transport, trust_env=False) as http:
            for _ in range(_MOST_STEPS):
                try:
                    answer = await http.get(url, headers={"Accept": "text/html, application/json"})
                except CALL_FAILED as error:
                    raise Unwell(
                        f"The identity centre, asked at {self._asked}, gives nothing for {_bare(url)}: {told(error)}."
                    ) from None
                target = answer.extensions.get("location") or answer.headers.get("Location")
                if not target or answer.status_code not in (301, 302, 303, 307, 308):
                    return Seen(answer.status_code, answer.headers, answer.content, None)
                url = urljoin(url, str(target))
                if not url.startswith(self._there + "/"):
                    return Seen(answer.status_code, answer.headers, b"", url)
        raise Unwell(f"The identity centre sends browsers round in a circle at {_bare(url)}.")


class IdentityCheck:
    """Every question about the identity centre. The first one that it cannot answer ends the others."""

    def __init__(
        self, settings: Settings, centre: Centre, transport: httpx2.AsyncBaseTransport, now: datetime
    ) -> None:
        """`transport` reaches the centre; `now` is ours, aware."""
        self._settings, self._identity = settings, settings.identity
        self._centre, self._visitor, self._now = centre, Visitor(transport, settings), now

    async def findings(self) -> list[Finding]:
        """Raises Unwell when nothing more can be said."""
        identity = self._identity
        if identity.protocol == "oidc":
            return [*await self._openid(), *await self._page()]
        seen = await self._visitor.look(await self._sign_in_address(silent=False))
        well = f"The identity centre at {identity.base_url} answers as {identity.issuer}."
        return [Finding("ok", well), *self._clock(seen.headers), *self._shown(seen)]

    async def _openid(self) -> list[Finding]:
        identity = self._identity
        seen = await self._visitor.look(identity.issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            await self._sign_in_address(silent=False)
        except AuthError as error:
            raise Unwell(
                f"The identity centre at {identity.base_url} is no use: {error.code}; see docs/identity.md."
            ) from None
        metadata = _object(seen.body)
        return [
            Finding("ok", f"The identity centre at {identity.base_url} answers as {identity.issuer}."),
            await self._keys(metadata),
            *self._clock(seen.headers),
            *_announced(metadata, identity),
        ]

    async def _keys(self, metadata: Mapping[str, Any]) -> Finding:
        keys = read_keys((await self._visitor.look(str(metadata["jwks_uri"]))).body)
        wanted = ", ".join(self._identity.algorithms)
        usable = [key for key in keys.all if any(map(key.fits, self._identity.algorithms))]
        if usable:
            return Finding("ok", f"{len(usable)} of the centre's keys can sign what we accept ({wanted}).")
        offered = ", ".join(map(str, metadata.get("id_token_signing_alg_values_supported", []))) or "nothing"
        return Finding(
            "WRONG",
            f"None of the centre's keys fits identity.algorithms ({wanted}), and it offers {offered}: "
            "choose one that both know, or have a key of 2048 bits or more published.",
        )

    def _clock(self, headers: Mapping[str, str]) -> Iterator[Finding]:
        try:
            ahead = (parsedate_to_datetime(headers["Date"]) - self._now).total_seconds()
        except (KeyError, ValueError, TypeError):
            yield Finding("note", "The centre does not tell its time (Date): compare the clocks by hand.")
            return
        differs = f"The centre's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"
        if abs(ahead) <= NOTICED:
            yield Finding("ok", "The centre's clock agrees with ours.")
        elif abs(ahead) <= LEEWAY:
            yield Finding(
                "note", f"{differs}: set both by the same time server before it is more than {LEEWAY}."
            )
        else:
            yield Finding(
                "WRONG", f"{differs}, and tokens are refused beyond {LEEWAY}: set both by a time server."
            )

    async def _page(self) -> list[Finding]:
        silent = await self._visitor.look(await self._sign_in_address(silent=True))
        return [
            self._silence(silent),
            *self._shown(await self._visitor.look(await self._sign_in_address(silent=False))),
        ]

    def _silence(self, seen: Seen) -> Finding:
        ours = self._settings.service.base_url.rstrip("/") + "/auth/callback"
        posted = self._identity.response_mode == "form_post" and ours.encode() in seen.body
        if posted or (seen.left_for or "").startswith(ours + "?"):
            return Finding(
                "ok", "The centre answers prompt=none without a page: frames sign in by themselves."
            )
        if self._identity.silent == "always":
            return Finding(
                "WRONG",
                "The centre shows a page although prompt=none was asked, and identity.silent is always: "
                "frames would be empty. Set it to auto.",
            )
        return Finding(
            "note",
            "The centre shows a page although prompt=none was asked: frames show our sign-in button instead. "
            "Ask its operator to answer login_required, if people should be signed in by themselves.",
        )

    def _shown(self, seen: Seen) -> Iterator[Finding]:
        """What the sign-in page says about windows and frames."""
        if seen.status >= 400:
            yield Finding(
                "WRONG",
                f"The centre answers our sign-in with status {seen.status}: is identity.client_id right, and is "
                f"{self._settings.service.base_url}/auth/callback registered, letter for letter?",
            )
            return
        yield _opener(seen.headers.get("Cross-Origin-Opener-Policy", ""))
        yield _framing(seen.headers)

    async def _sign_in_address(self, *, silent: bool) -> str:
        """As for a real attempt, which nobody will finish. Raises AuthError."""
        state, nonce, verifier = (to_text(secrets.token_bytes(32)) for _ in range(3))
        return await self._centre.address(Attempt(state, nonce, verifier, silent))


def _announced(metadata: Mapping[str, Any], identity: Identity) -> Iterator[Finding]:
    if metadata.get("backchannel_logout_supported") is not True:
        yield Finding(
            "note",
            "The centre announces no back-channel sign-out: whoever signs out or is locked there keeps the cards "
            f"here for at most {identity.recheck} minutes, and without refresh tokens until the next page load.",
        )


def _opener(policy: str) -> Finding:
    kind = policy.partition(";")[0].strip().lower()
    if kind not in _CUTS:
        return Finding(
            "ok", "The sign-in page leaves windows their opener: cards of other sites can open it."
        )
    return Finding(
        "note",
        f"The sign-in page sends Cross-Origin-Opener-Policy: {kind}, which cuts off windows that cards of another "
        "site open: ask its operator to drop it, or see identity.confirmation_number. Same-site portals work.",
    )


def _framing(headers: Mapping[str, str]) -> Finding:
    held = "X-Frame-Options" in headers or "frame-ancestors" in headers.get("Content-Security-Policy", "")
    if held:
        return Finding("ok", "The sign-in page cannot be framed by strangers.")
    return Finding(
        "note",
        "The sign-in page may be framed by anybody, who could trick people into clicking: ask the centre's "
        "operator for frame-ancestors. We never frame it.",
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _bare(url: str) -> str:
    """Without its query, which may be long."""
    return url.partition("?")[0]
