"""The OpenID centre as our server sees it: its metadata, its keys, and the calls of a sign-in and of a refresh."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from auth.bulletin import Bulletin
from auth.claims import (
    CheckedClaims,
    CheckedUserinfo,
    check_id_token,
    check_renewed_token,
    check_signed_userinfo,
    check_userinfo,
)
from auth.credentials import Credentials
from auth.errors import CentreMisconfigured, CentreUnavailable, SignInRefused, TokenRefused
from auth.kept import Kept
from auth.keys import Keys, read_keys
from auth.logout_token import CheckedLogout, check_logout_token
from auth.metadata import Metadata, read_metadata
from auth.outside import Outside
from auth.sealing import to_text
from auth.sm2 import Profile

T = TypeVar("T")
log = structlog.get_logger()
logging.getLogger("authlib").setLevel(logging.INFO)  # at DEBUG it writes the PKCE code_verifier

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LARGEST_METADATA: Final = 64 * 1024
_KEYS_FRESH: Final = timedelta(minutes=10)
"""So long may a key be believed that its centre has withdrawn."""
_NO_TOKENS: Final = (httpx2.InvalidURL, ValueError, TypeError, ArithmeticError, RecursionError)
"""What Authlib lets through when an answer is not what it should be."""


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
        bulletin: Bulletin | None = None,
        sm2: Profile | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`transport` caps time, bytes and hosts, and follows no redirect. It stays the caller's to close.

        Without a `bulletin` each instance keeps its own pace when tokens ask for fresh keys. `sm2`: the centre
        signs so, too.
        """
        self.issuer, self.client_id = issuer, client_id
        self._algorithms = frozenset(algorithms) | (sm2.algorithms if sm2 else frozenset())
        self._trusted, self._now, self._sm2 = trusted_audiences, now, sm2
        self._random, self._bulletin = random, bulletin
        self._outside = Outside(transport, issuer, base_url)
        self._metadata = Kept(self._fetch_metadata, now)
        self._keys = Kept(self._fetch_keys, now, self._fetch_keys_together, _KEYS_FRESH)
        self._prints: frozenset[str] = frozenset()

    async def metadata(self) -> Metadata:
        """Raises CentreUnavailable, CentreMisconfigured."""
        return await self._metadata.value()

    async def sent_to(self, url: str) -> str | None:
        """Where the centre sends a browser that nobody is signed in with. Raises CentreUnavailable."""
        return await self._outside.sent_to(url)

    def client(self, **settings: Any) -> Any:
        """A fresh Authlib client on our transport: it keeps tokens, so no two sign-ins may share one."""
        return AsyncOAuth2Client(
            client_id=self.client_id, transport=self._outside.transport, trust_env=False, **settings
        )

    async def exchange(
        self, code: str, credentials: Credentials, *, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """The answer to a code (RFC 6749 §4.1.3, RFC 7636 §4.5). Raises SignInRefused, CentreError."""
        try:
            return await self._ask_tokens(
                credentials,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
            )
        except AuthlibBaseError as error:
            log.warning("provider.code_refused", error=str(error.error)[:80])
            raise SignInRefused("code-refused") from None

    async def refresh(self, refresh_token: str, credentials: Credentials) -> Mapping[str, Any]:
        """The answer to a refresh token (RFC 6749 §6). Raises SignInRefused when it is over, CentreError.

        The keys are fetched before: a used refresh token is gone, so nothing may fail afterwards for want of them.
        """
        await self._keys.value()
        try:
            return await self._ask_tokens(
                credentials, grant_type="refresh_token", refresh_token=refresh_token
            )
        except AuthlibBaseError as error:
            log.warning("provider.refresh_refused", error=str(error.error)[:80])
            if error.error == "invalid_grant":
                raise SignInRefused("renewal-refused") from None
            raise CentreMisconfigured("renewal") from None

    async def push(self, asked: Mapping[str, str], credentials: Credentials) -> str | None:
        """The name under which the centre keeps these parameters (RFC 9126 §2.2); None: it takes none.

        Raises CentreError when the centre insists on pushed requests and does not take ours.
        """
        metadata = await self.metadata()
        endpoint = metadata.pushed_endpoint
        if endpoint is None:
            return None
        client = self.client(
            client_secret=credentials.secret, token_endpoint_auth_method=credentials.at_library
        )
        form = {**asked, **self._proof(credentials, metadata, endpoint)}
        if credentials.at_library != "client_secret_basic":
            form.pop("client_id", None)  # the library puts it in
        auth = client.client_auth(credentials.at_library)
        try:
            answer = await client.request("POST", endpoint, data=form, auth=auth, withhold_token=True)
            name = answer.json().get("request_uri") if answer.status_code in (200, 201) else None
        except (httpx2.HTTPError, AttributeError, *_NO_TOKENS):
            name = None
        if isinstance(name, str) and name:
            return name
        log.warning("provider.not_pushed")
        if metadata.demands_pushing:
            raise CentreMisconfigured("pushing")
        return None

    async def check_id_token(self, token: str, **expected: Any) -> CheckedClaims:
        """Every check of an ID token; `expected` as `claims.check_id_token` takes it.

        Raises TokenRefused, CentreError.
        """
        return await self._checked(check_id_token, token, **expected)

    async def check_renewed_token(self, token: str, **expected: Any) -> CheckedClaims:
        """Every check of an ID token that came with a refresh. Raises TokenRefused, CentreError."""
        return await self._checked(check_renewed_token, token, **expected)

    async def check_logout_token(self, token: str) -> CheckedLogout:
        """Every check of a logout token but whether it was here before. Raises TokenRefused, CentreError."""
        return await self._checked(check_logout_token, token)

    async def userinfo(self, access_token: str, subject: str) -> CheckedUserinfo | None:
        """What the centre tells about the subject; None when it has no such endpoint.

        A plain Bearer GET (RFC 6750 §2.1): Authlib's own would refresh the token behind our back. Raises
        TokenRefused, CentreError.
        """
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None:
            return None
        answer = await self._outside.get(
            endpoint,
            {"Authorization": f"Bearer {access_token}", "Accept": "application/json, application/jwt"},
        )
        if answer.kind != "application/jwt":
            return check_userinfo(answer.object(), subject)
        token = answer.body.decode("ascii", errors="replace")
        return await self._checked(check_signed_userinfo, token, subject=subject)

    async def _checked(self, check: Callable[..., T], token: str, **expected: Any) -> T:
        """Where a key is at fault, the keys are fetched anew once, at most once a minute."""
        known = {
            "issuer": self.issuer,
            "client_id": self.client_id,
            "algorithms": self._algorithms,
            "now": self._now(),
            "trusted_audiences": self._trusted,
            **expected,
        }
        try:
            return check(token, keys=await self._keys.value(), **known)
        except TokenRefused as refused:
            if refused.code not in ("key-unknown", "signature"):
                raise
        return check(token, keys=await self._keys.again(), **known)

    async def _ask_tokens(self, credentials: Credentials, **grant: str) -> Mapping[str, Any]:
        """One call to the token endpoint. Raises AuthlibBaseError for an answer with `error`, CentreError."""
        metadata = await self.metadata()
        client = self.client(
            client_secret=credentials.secret, token_endpoint_auth_method=credentials.at_library
        )
        proof = self._proof(credentials, metadata, metadata.token_endpoint)
        try:
            answer: Mapping[str, Any] = await client.fetch_token(metadata.token_endpoint, **grant, **proof)
        except httpx2.HTTPError:
            raise CentreUnavailable("unavailable") from None
        except _NO_TOKENS:
            raise CentreUnavailable("bad-answer") from None
        return answer

    def _proof(self, credentials: Credentials, metadata: Metadata, endpoint: str) -> Mapping[str, str]:
        unique, now = to_text(self._random(16)), self._now()
        return credentials.fields(
            self.client_id, issuer=metadata.issuer, endpoint=endpoint, now=now, unique=unique
        )

    async def _fetch_metadata(self) -> Metadata:
        url = self.issuer.rstrip("/") + _WELL_KNOWN
        answer = await self._outside.get(url, largest=_LARGEST_METADATA)
        return read_metadata(answer.object(), self.issuer)

    async def _fetch_keys(self) -> Keys:
        return self._usable(await self._key_set())

    async def _fetch_keys_together(self) -> Keys:
        """Asked for by a token: by one instance for all."""
        return self._usable(
            await (self._bulletin.latest(self._key_set) if self._bulletin else self._key_set())
        )

    async def _key_set(self) -> bytes:
        answer = await self._outside.get((await self.metadata()).jwks_uri)
        answer.object()
        return answer.body

    def _usable(self, key_set: bytes) -> Keys:
        keys = read_keys(key_set, self._sm2)
        if not keys:
            raise CentreMisconfigured("keys")
        if self._prints and not keys.prints & self._prints:
            log.warning("provider.every_key_is_new")  # a careful centre publishes a key beforehand
        self._prints = keys.prints
        return keys
