"""Leaving: where the identity centre ends its own session (OpenID Connect RP-Initiated Logout 1.0 §2)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from auth.errors import CentreError
from auth.provider import Provider
from auth.sealing import to_text
from auth.session import Tokens


class Logout:
    """Knows where to send a browser whose session we have just ended."""

    def __init__(
        self, provider: Provider, *, base_url: str, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._provider, self._random = provider, random
        self._landing = base_url.rstrip("/") + "/auth/logout"

    async def url(self, tokens: Tokens | None) -> str | None:
        """The centre's address, its hint filled in when we still have the ID token.

        None when the centre has no such address or cannot be asked: then the person is signed out here alone.
        """
        try:
            endpoint = (await self._provider.metadata()).end_session_endpoint
        except CentreError:
            return None
        if endpoint is None:
            return None
        asked = {
            "client_id": self._provider.client_id,
            "post_logout_redirect_uri": self._landing,
            "state": to_text(self._random(16)),
        }
        if tokens is not None:
            asked["id_token_hint"] = tokens.id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"
