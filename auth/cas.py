"""A CAS centre (CAS Protocol 3.0): a ticket for each sign-in, and the state in the path of the service address.

CAS knows neither nonce nor PKCE. What ties an answer to its question is the state, which stands in the service
address: the server compares that address with the one the ticket was made for, and we hold it against the browser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import structlog

from auth.cas_xml import Failure, read_logout_request, read_validation
from auth.centre import Attempt, NobodyThere, Vouched
from auth.errors import CentreUnavailable, SignInRefused, TokenRefused
from auth.logout_token import CheckedLogout
from auth.outside import Outside
from auth.principal import principal_told
from auth.session import Tokens

log = structlog.get_logger()

_TICKET: Final = re.compile(r"[\x21-\x7e]{1,512}")
_USER: Final = "user"
"""As `account_claim`: what CAS itself calls the person, no attribute."""


class Cas:
    """A `Centre` that speaks CAS."""

    def __init__(
        self,
        outside: Outside,
        *,
        issuer: str,
        base_url: str,
        account_claim: str,
        names: Mapping[str, str],
        validate_path: str = "/p3/serviceValidate",
        renew: bool = False,
    ) -> None:
        """`issuer` is the public address before `/login`, `base_url` ours; `names`: our claim to CAS attribute.

        `renew`: people must prove themselves at each sign-in, whatever session the server has (§2.1.1).
        """
        self._outside, self._issuer = outside, issuer.rstrip("/")
        self._callback = base_url.rstrip("/") + "/auth/callback"
        self._landing = base_url.rstrip("/") + "/auth/logout"
        self._account_claim, self._names = account_claim, names
        self._validate, self._renew = self._issuer + validate_path, renew

    async def honours_silence(self) -> bool:
        """`gateway` (§2.1.1): it sends us back without a ticket, where others show a page; `renew` always shows one."""
        if self._renew:
            return False
        trial = Attempt(state="trial", nonce="", verifier="", silent=True)
        location = await self._outside.sent_to(await self.address(trial))
        return location is not None and location.startswith(self._service(trial))

    async def address(self, attempt: Attempt) -> str:
        asked = {"service": self._service(attempt)}
        if attempt.silent:
            asked["gateway"] = "true"
        elif self._renew:
            asked["renew"] = "true"
        return f"{self._issuer}/login?{urlencode(asked)}"

    async def judge(self, answer: Mapping[str, str], attempt: Attempt) -> Vouched | NobodyThere:
        ticket = answer.get("ticket")
        if ticket is None and attempt.silent:
            return NobodyThere()
        if ticket is None or not _TICKET.fullmatch(ticket):
            raise SignInRefused("code-missing")
        return await self._validated(ticket, attempt)

    async def farewell(self, tokens: Tokens | None) -> str | None:
        """§2.3: the server may lead back to `service`."""
        return f"{self._issuer}/logout?{urlencode({'service': self._landing})}"

    async def check_logout_token(self, token: str) -> CheckedLogout:
        raise TokenRefused("type")

    def ended_by(self, told: Mapping[str, str], peer: str) -> str | None:
        """Single logout (§2.3.3). The message is not signed: the ticket in it is what only the server and we know."""
        return read_logout_request(told.get("logoutRequest", ""))

    async def renew(self, tokens: Tokens) -> Tokens | None:
        return None

    async def _validated(self, ticket: str, attempt: Attempt) -> Vouched:
        asked = {"service": self._service(attempt), "ticket": ticket}
        if self._renew:
            asked["renew"] = "true"
        answer = await self._outside.get(
            f"{self._validate}?{urlencode(asked)}", {"Accept": "application/xml"}
        )
        said = read_validation(answer.body)
        if said is None:
            raise CentreUnavailable("bad-answer")
        if isinstance(said, Failure):
            log.warning("cas.ticket_refused", code=said.code[:80])
            raise SignInRefused("code-refused")
        values = {**said.attributes, _USER: said.user}
        mapped = {ours: _fitting(ours, values.get(theirs)) for ours, theirs in self._names.items()}
        who = principal_told(said.user, {**values, **mapped}, self._account_claim)
        return Vouched(who, Tokens("", ""), ticket)

    def _service(self, attempt: Attempt) -> str:
        """Made by us each time, never taken from a request: the server compares it exactly."""
        return f"{self._callback}/{attempt.state}"


def _fitting(name: str, value: str | list[str] | None) -> str | list[str] | None:
    """An attribute that stands there once may still be a list."""
    return [value] if isinstance(value, str) and name in ("campuses", "roles") else value
