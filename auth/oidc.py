"""An OpenID Connect centre: authorization code with PKCE (OIDC Core 1.0 §3.1, RFC 6749 §4.1, RFC 7636)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog

from auth.centre import Attempt, NobodyThere, Vouched
from auth.credentials import Credentials
from auth.errors import CentreError, CentreUnavailable, SignInRefused, TokenRefused
from auth.logout_token import CheckedLogout
from auth.metadata import Metadata
from auth.principal import principal_from
from auth.provider import Provider
from auth.sealing import to_text
from auth.session import Tokens

log = structlog.get_logger()

_NOBODY_THERE: Final = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)
"""OIDC Core §3.1.2.6: the centre cannot answer without showing a page."""
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,32768}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a sign-in asks of the centre beyond the standard, and holds its answer to."""

    scope: str = "openid profile"
    response_mode: Literal["query", "form_post"] = "query"
    acr_values: tuple[str, ...] = ()
    """How a person must have proven themselves; the ID token's `acr` must be one of them."""
    max_age: int | None = None
    """Seconds since they did so, at most."""


class OpenID:
    """A `Centre` that speaks OpenID Connect."""

    def __init__(
        self,
        provider: Provider,
        *,
        base_url: str,
        credentials: Credentials,
        account_claim: str,
        wishes: Wishes | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`base_url` is ours."""
        self._provider, self._random = provider, random
        self._redirect_uri = base_url.rstrip("/") + "/auth/callback"
        self._landing = base_url.rstrip("/") + "/auth/logout"
        self._credentials, self._account_claim, self._wishes = credentials, account_claim, wishes or Wishes()

    async def address(self, attempt: Attempt) -> str:
        metadata = await self._provider.metadata()
        client = self._provider.client(
            scope=self._wishes.scope, redirect_uri=self._redirect_uri, code_challenge_method="S256"
        )
        url, _ = client.create_authorization_url(
            metadata.authorization_endpoint,
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
            **self._wished(attempt),
        )
        return await self._pushed(str(url), metadata)

    async def honours_silence(self) -> bool:
        """It sends us back at once: with `login_required` or the like, and no page that would stand in a frame."""
        state, nonce, verifier = (to_text(self._random(32)) for _ in range(3))
        attempt = Attempt(state, nonce, verifier, silent=True)
        location = await self._provider.sent_to(await self.address(attempt))
        return location is not None and location.startswith(self._redirect_uri + "?")

    async def judge(self, answer: Mapping[str, str], attempt: Attempt) -> Vouched | NobodyThere:
        _check_issuer(await self._provider.metadata(), answer.get("iss"))
        error = answer.get("error")
        if error is not None and attempt.silent and error in _NOBODY_THERE:
            return NobodyThere()
        if error is not None:
            log.info("login.declined", error=error[:80], silent=attempt.silent)
            raise SignInRefused("access-denied" if error == "access_denied" else "declined")
        code = answer.get("code")
        if not code:
            raise SignInRefused("code-missing")
        return await self._redeem(code, attempt)

    async def farewell(self, tokens: Tokens | None) -> str | None:
        """RP-Initiated Logout 1.0 §2, with the ID token as a hint when we still have it."""
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

    def ended_by(self, told: Mapping[str, str], peer: str) -> str | None:
        """Here sign-outs come as logout tokens."""
        return None

    async def renew(self, tokens: Tokens) -> Tokens | None:
        """A refresh (RFC 6749 §6, OIDC Core §12). What the answer leaves out stays as it was.

        A new ID token about somebody else, or a false one, ends the session as a refusal does.
        """
        if tokens.refresh_token is None:
            return None
        answer = await self._provider.refresh(tokens.refresh_token, self._credentials)
        fresh = _renewed_tokens(answer, tokens)
        if fresh.id_token != tokens.id_token:
            try:
                await self._provider.check_renewed_token(
                    fresh.id_token, before=tokens.id_token, access_token=fresh.access_token
                )
            except TokenRefused as refused:
                raise SignInRefused(refused) from None
        return replace(fresh, refresh_token=fresh.refresh_token or tokens.refresh_token)

    async def check_logout_token(self, token: str) -> CheckedLogout:
        return await self._provider.check_logout_token(token)

    def _wished(self, attempt: Attempt) -> dict[str, str]:
        """The parameters beyond those of every sign-in (OIDC Core §3.1.2.1)."""
        wishes = self._wishes
        asked = {
            "prompt": "none" if attempt.silent else "",
            # In a frame the centre's form would be a page of its own: silent answers come in the address.
            "response_mode": ""
            if wishes.response_mode == "query" or attempt.silent
            else wishes.response_mode,
            "acr_values": " ".join(wishes.acr_values),
            "max_age": "" if wishes.max_age is None else str(wishes.max_age),
            "login_hint": attempt.hint or "",
        }
        return {name: value for name, value in asked.items() if value}

    async def _pushed(self, url: str, metadata: Metadata) -> str:
        """The address, its parameters left at the centre where it takes them (RFC 9126 §4)."""
        if metadata.pushed_endpoint is None:
            return url
        asked = dict(parse_qsl(urlsplit(url).query))
        name = await self._provider.push(asked, self._credentials)
        if name is None:
            return url
        short = urlencode({"client_id": self._provider.client_id, "request_uri": name})
        endpoint = metadata.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{short}"

    async def _redeem(self, code: str, attempt: Attempt) -> Vouched:
        provider = self._provider
        answer = await provider.exchange(
            code, self._credentials, verifier=attempt.verifier, redirect_uri=self._redirect_uri
        )
        tokens = _tokens(answer)
        claims = await provider.check_id_token(
            tokens.id_token,
            nonce=attempt.nonce,
            access_token=tokens.access_token,
            max_age=self._wishes.max_age,
            acr_values=self._wishes.acr_values,
        )
        userinfo = await provider.userinfo(tokens.access_token, claims.subject)
        who = principal_from(claims, self._account_claim, userinfo)
        return Vouched(who, tokens, claims.sid)


def _renewed_tokens(answer: Mapping[str, Any], before: Tokens) -> Tokens:
    """An answer without tokens is the centre's fault, and no word against the person. Raises CentreUnavailable."""
    told = {name: value for name, value in answer.items() if value is not None}
    try:
        return _tokens({"id_token": before.id_token, **told})
    except SignInRefused:
        raise CentreUnavailable("bad-answer") from None


def _check_issuer(metadata: Metadata, given: str | None) -> None:
    """RFC 9207 §2.4: the answer comes from the centre that we asked."""
    if given is None and metadata.names_itself:
        raise SignInRefused("issuer-missing")
    if given is not None and given != metadata.issuer:
        raise SignInRefused("issuer-other")


def _tokens(answer: Any) -> Tokens:
    """The tokens of an answer (OIDC Core §3.1.3.3); each a plain text of bounded length."""
    named = [answer.get(name) for name in ("id_token", "access_token", "token_type")]
    if not all(isinstance(value, str) for value in named) or named[2].lower() != "bearer":
        raise SignInRefused("tokens-malformed")
    refresh = answer.get("refresh_token")
    refresh = refresh if isinstance(refresh, str) and _TOKEN.fullmatch(refresh) else None
    if not _TOKEN.fullmatch(named[1]):
        raise SignInRefused("tokens-malformed")
    return Tokens(named[0], named[1], refresh)
