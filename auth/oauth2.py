"""A centre that speaks OAuth 2.0 in a shape of its own: paths, envelopes and methods are settings, not code.

Such a centre hands out no ID token. Who it is comes from its answer to our own call with a fresh access token, and
from nowhere else: no token is ever taken from an address, and the state binds the answer to the browser.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urljoin

import structlog

from auth.centre import Attempt, NobodyThere, Vouched
from auth.credentials import Credentials
from auth.errors import CentreUnavailable, SignInRefused, TokenRefused
from auth.logout_token import CheckedLogout
from auth.outside import Answer, Outside
from auth.principal import principal_told
from auth.sealing import to_text
from auth.session import Tokens

log = structlog.get_logger()

_LONGEST_TOKEN: Final = 32_768
_SUBJECT: Final = "sub"
_LISTS: Final = ("campuses", "roles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one centre's OAuth 2.0 looks. A way is a dotted path into JSON, as `data.user.id`; numbers count lists."""

    authorize: str
    """Addresses below the issuer, or whole ones."""
    token: str
    userinfo: str
    logout: str | None = None
    logout_return: str = "redirect_uri"
    """Name of the parameter that says where to go after signing out."""
    token_method: Literal["GET", "POST"] = "POST"
    userinfo_method: Literal["GET", "POST"] = "GET"
    userinfo_token: Literal["header", "parameter"] = "header"
    """Where the access token travels: RFC 6750 §2.1, or as `token_parameter`."""
    token_parameter: str = "access_token"
    access_token: str = "access_token"
    """Way to the access token in the token answer."""
    success: tuple[str, Collection[str]] | None = None
    """Way to a value that every answer must have, and the values that mean success; None: HTTP 200 does."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Our claim to the way to it in the userinfo answer; `sub` and the account claim are needed."""
    scope: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Parameters that the centre wants in every call."""
    pkce: bool = True


class OAuth2:
    """A `Centre` that speaks OAuth 2.0, loosely."""

    def __init__(
        self,
        outside: Outside,
        shape: Shape,
        *,
        issuer: str,
        base_url: str,
        client_id: str,
        credentials: Credentials,
        account_claim: str,
        heard_from: Collection[IPv4Network | IPv6Network] = (),
    ) -> None:
        """`heard_from`: the networks whose sign-out calls are believed; they carry no signature."""
        self._outside, self._shape, self._issuer = outside, shape, issuer.rstrip("/") + "/"
        self._redirect_uri = base_url.rstrip("/") + "/auth/callback"
        self._landing = base_url.rstrip("/") + "/auth/logout"
        self._client_id, self._credentials = client_id, credentials
        self._account_claim, self._heard_from = account_claim, heard_from

    async def honours_silence(self) -> bool:
        """OAuth 2.0 has no way to ask without a page."""
        return False

    async def address(self, attempt: Attempt) -> str:
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "state": attempt.state,
            **self._shape.extra,
        }
        if self._shape.scope:
            asked["scope"] = self._shape.scope
        if self._shape.pkce:
            challenge = hashlib.sha256(attempt.verifier.encode()).digest()
            asked |= {"code_challenge": to_text(challenge), "code_challenge_method": "S256"}
        return _with(self._at(self._shape.authorize), asked)

    async def judge(self, answer: Mapping[str, str], attempt: Attempt) -> Vouched | NobodyThere:
        error, code = answer.get("error"), answer.get("code")
        if error is not None:
            log.info("login.declined", error=error[:80], silent=attempt.silent)
            raise SignInRefused("access-denied" if error == "access_denied" else "declined")
        if not code:
            raise SignInRefused("code-missing")
        token = await self._access_token(code, attempt)
        values = await self._person(token)
        subject = values.get(_SUBJECT)
        if not isinstance(subject, str):
            raise SignInRefused("person-unnamed")
        who = principal_told(subject, values, self._account_claim)
        return Vouched(who, Tokens("", token), _sid(token))

    async def farewell(self, tokens: Tokens | None) -> str | None:
        if self._shape.logout is None:
            return None
        asked = {"client_id": self._client_id, self._shape.logout_return: self._landing}
        return _with(self._at(self._shape.logout), asked)

    async def check_logout_token(self, token: str) -> CheckedLogout:
        raise TokenRefused("type")

    def ended_by(self, told: Mapping[str, str], peer: str) -> str | None:
        """A call from the centre's own address with the access token of the session that is over."""
        token = told.get(self._shape.token_parameter, "")
        return _sid(token) if token and self._is_heard(peer) else None

    async def renew(self, tokens: Tokens) -> Tokens | None:
        return None

    async def _access_token(self, code: str, attempt: Attempt) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri}
        headers: dict[str, str] = {}
        if self._shape.pkce:
            form["code_verifier"] = attempt.verifier
        if self._credentials.method == "client_secret_basic":
            headers["Authorization"] = self._credentials.basic(self._client_id)
        else:
            form |= {"client_id": self._client_id, "client_secret": self._credentials.secret or ""}
        answer = await self._call(self._shape.token_method, self._shape.token, form, headers)
        token = _found(self._successful(answer, "code-refused"), self._shape.access_token)
        if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN or not token.isprintable():
            raise SignInRefused("tokens-malformed")
        return token

    async def _person(self, token: str) -> dict[str, Any]:
        """What the centre tells about the bearer, under our names."""
        headers, form = {}, {}
        if self._shape.userinfo_token == "header":
            headers["Authorization"] = f"Bearer {token}"
        else:
            form[self._shape.token_parameter] = token
        answer = await self._call(self._shape.userinfo_method, self._shape.userinfo, form, headers)
        told = self._successful(answer, "person-refused")
        values = {ours: _found(told, way) for ours, way in self._shape.claims.items()}
        values[_SUBJECT] = _as_text(values.get(_SUBJECT))
        return {ours: _as_list(value) if ours in _LISTS else value for ours, value in values.items()}

    async def _call(
        self, method: str, where: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        url, sent = self._at(where), {**self._shape.extra, **form}
        if method == "GET":
            return _object(await self._outside.call("GET", _with(url, sent), headers))
        return _object(await self._outside.call("POST", url, headers, sent))

    def _successful(
        self, answer: dict[str, Any], code: Literal["code-refused", "person-refused"]
    ) -> dict[str, Any]:
        """The answer, unless its envelope says that it is an error."""
        way, good = self._shape.success or ("", ())
        said = _found(answer, way) if way else None
        if way and (isinstance(said, dict | list) or _as_word(said) not in good):
            log.warning("oauth2.refused", said=_as_word(said)[:80])
            raise SignInRefused(code)
        if not way and isinstance(answer.get("error"), str):
            log.warning("oauth2.refused", said=answer["error"][:80])
            raise SignInRefused(code)
        return answer

    def _at(self, where: str) -> str:
        return urljoin(self._issuer, where.lstrip("/"))

    def _is_heard(self, peer: str) -> bool:
        try:
            address = ip_address(peer.removeprefix("::ffff:"))
        except ValueError:
            return False
        return any(address in network for network in self._heard_from)


def _sid(token: str) -> str:
    """The name of a session at a centre that gives it none: a hash of its access token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}" if asked else url


def _object(answer: Answer) -> dict[str, Any]:
    """JSON, or the form of older centres; a refusal must say so. Raises CentreUnavailable."""
    if answer.status != 200:
        told = answer.object()
        return told if "error" in told else {**told, "error": str(answer.status)}
    if answer.kind == "application/x-www-form-urlencoded":
        try:
            return dict(parse_qsl(answer.body.decode("ascii"), max_num_fields=50))
        except ValueError:
            raise CentreUnavailable("bad-answer") from None
    return answer.object()


def _found(place: Any, way: str) -> Any:
    """What stands there; None for nothing."""
    for step in way.split("."):
        if isinstance(place, dict):
            place = place.get(step)
        elif isinstance(place, list) and step.isascii() and step.isdigit() and int(step) < len(place):
            place = place[int(step)]
        else:
            return None
    return place


def _as_word(value: Any) -> str:
    """How a setting would write it: `0`, `true`, `ok`."""
    return value if isinstance(value, str) else json.dumps(value)


def _as_text(value: Any) -> Any:
    """A number as the text of its digits: subjects are opaque, and many centres count them."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value
