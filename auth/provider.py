"""The identity centre as our server sees it: its metadata, its keys, and the two calls of a sign-in.

The public issuer and the address that our server uses may differ (split horizon): see `ServerSide`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from auth.claims import CheckedClaims, CheckedUserinfo, check_id_token, check_userinfo
from auth.errors import CentreMisconfigured, CentreUnavailable, SignInRefused, TokenRefused
from auth.kept import Kept
from auth.keys import Keys, read_keys
from auth.metadata import Metadata, origin_of, read_metadata

log = structlog.get_logger()
logging.getLogger("authlib").setLevel(logging.INFO)  # at DEBUG it writes the PKCE code_verifier

_LARGEST: Final = 256 * 1024
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_CALL_FAILED: Final = (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError)


class ServerSide(httpx2.AsyncBaseTransport):
    """Carries calls for the issuer to `base_url`, its name still in Host and TLS; other calls as they are."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, issuer: str, base_url: str) -> None:
        self._inner = inner
        self._issuer, self._base = httpx2.URL(issuer.rstrip("/")), httpx2.URL(base_url.rstrip("/"))
        self._origin = origin_of(issuer)
        self._elsewhere = self._issuer != self._base

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._elsewhere and origin_of(str(request.url)) == self._origin:
            request = httpx2.Request(
                request.method,
                self._mapped(request.url),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": self._issuer.host},
            )
        return await self._inner.handle_async_request(request)

    def _mapped(self, url: httpx2.URL) -> httpx2.URL:
        """Below the issuer's path that path becomes the other's; elsewhere on the origin it stays."""
        path, prefix = url.raw_path.decode("ascii"), self._issuer.path.rstrip("/")
        if path.startswith(prefix + "/"):
            path = self._base.path.rstrip("/") + path.removeprefix(prefix)
        return self._base.copy_with(raw_path=path.encode("ascii"))


class Provider:
    """Discovery and keys: fetched when first needed, so the service starts with the centre down."""

    def __init__(
        self,
        *,
        issuer: str,
        base_url: str,
        client_id: str,
        algorithms: Collection[str],
        transport: httpx2.AsyncBaseTransport,
        now: Callable[[], datetime],
        trusted_audiences: frozenset[str] = frozenset(),
    ) -> None:
        """`transport` caps time, bytes and hosts, and follows no redirect. It stays the caller's to close."""
        self.issuer, self.client_id = issuer, client_id
        self._algorithms, self._trusted, self._now = frozenset(algorithms), trusted_audiences, now
        self._transport = ServerSide(transport, issuer, base_url)
        self._metadata = Kept(self._fetch_metadata, now)
        self._keys = Kept(self._fetch_keys, now)

    async def metadata(self) -> Metadata:
        """Raises CentreUnavailable, CentreMisconfigured."""
        return await self._metadata.value()

    def client(self, **settings: Any) -> Any:
        """A fresh Authlib client on our transport: it keeps tokens, so no two sign-ins may share one."""
        return AsyncOAuth2Client(
            client_id=self.client_id, transport=self._transport, trust_env=False, **settings
        )

    async def exchange(
        self, code: str, *, verifier: str, redirect_uri: str, secret: str | None, method: str
    ) -> Mapping[str, Any]:
        """The answer to a code (RFC 6749 §4.1.3, RFC 7636 §4.5). Raises SignInRefused, CentreError."""
        metadata = await self.metadata()
        client = self.client(client_secret=secret, token_endpoint_auth_method=method)
        try:
            answer: Mapping[str, Any] = await client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
            )
        except AuthlibBaseError as error:
            log.warning("provider.code_refused", error=str(error.error)[:80])
            raise SignInRefused("code-refused") from None
        except httpx2.HTTPError:
            raise CentreUnavailable("unavailable") from None
        except (httpx2.InvalidURL, ValueError, TypeError, ArithmeticError, RecursionError):
            raise CentreUnavailable("bad-answer") from None
        return answer

    async def check_id_token(self, token: str, *, nonce: str, access_token: str) -> CheckedClaims:
        """Every check of an ID token. Where a key is at fault, the keys are fetched anew once, throttled.

        Raises TokenRefused, CentreError.
        """
        try:
            return self._checked(token, await self._keys.value(), nonce, access_token)
        except TokenRefused as refused:
            if refused.code not in ("key-unknown", "signature"):
                raise
        return self._checked(token, await self._keys.again(), nonce, access_token)

    async def userinfo(self, access_token: str, subject: str) -> CheckedUserinfo | None:
        """What the centre tells about the subject; None when it has no such endpoint.

        A plain Bearer GET (RFC 6750 §2.1): Authlib's own would refresh the token behind our back. Raises
        TokenRefused, CentreError.
        """
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None:
            return None
        answer = await self._json(endpoint, {"Authorization": f"Bearer {access_token}"})
        return check_userinfo(answer, subject)

    def _checked(self, token: str, keys: Keys, nonce: str, access_token: str) -> CheckedClaims:
        return check_id_token(
            token,
            keys=keys,
            issuer=self.issuer,
            client_id=self.client_id,
            algorithms=self._algorithms,
            nonce=nonce,
            now=self._now(),
            access_token=access_token,
            trusted_audiences=self._trusted,
        )

    async def _fetch_metadata(self) -> Metadata:
        return read_metadata(await self._json(self.issuer.rstrip("/") + _WELL_KNOWN), self.issuer)

    async def _fetch_keys(self) -> Keys:
        keys = read_keys(await self._json((await self.metadata()).jwks_uri))
        if not keys:
            raise CentreMisconfigured("keys")
        return keys

    async def _json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object. Raises CentreUnavailable."""
        client = httpx2.AsyncClient(transport=self._transport, trust_env=False)
        try:
            answer = await client.get(url, headers={"Accept": "application/json", **(headers or {})})
        except _CALL_FAILED:
            raise CentreUnavailable("unavailable") from None
        if answer.status_code != 200:
            raise CentreUnavailable("unavailable")
        try:
            value = json.loads(answer.content) if len(answer.content) <= _LARGEST else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CentreUnavailable("bad-answer")
        return value
