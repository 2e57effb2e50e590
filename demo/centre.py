"""The demo centre's judgement, apart from HTTP: which requests it accepts and what its tokens say."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError

from demo.grants import Ask, Client, Grant, Grants, Visit, verifier_fits
from demo.people import Person
from demo.switches import Switches
from demo.tokens import LIFE, Signer, at_hash


@dataclass(eq=False)
class Refusal(Exception):
    """The request is refused. With `back` the browser is sent there with the error (RFC 6749 §4.1.2.1)."""

    error: str
    description: str
    back: str | None = None
    state: str | None = None


@dataclass(slots=True)
class Centre:
    """Everything the centre knows. `now` is aware UTC."""

    people: Sequence[Person]
    issuer: str
    clients: Mapping[str, Client]
    switches: Switches
    signer: Signer
    now: Callable[[], datetime]
    grants: Grants = field(default_factory=Grants)

    def seconds(self) -> float:
        """The present moment as seconds since 1970."""
        return self.now().timestamp()

    def person(self, subject: str) -> Person | None:
        """Somebody of the cast by `sub`."""
        return next((each for each in self.people if each.subject == subject), None)

    def check(self, asked: Mapping[str, str]) -> Ask:
        """A sound authorization request. Raises Refusal."""
        client = self.clients.get(asked.get("client_id", ""))
        if client is None:
            raise Refusal("invalid_client", "没有登记过这个系统")
        address = asked.get("redirect_uri", "")
        if address not in client.redirect_uris:
            raise Refusal("invalid_request", "回调地址没有登记过")
        state, prompts = asked.get("state"), frozenset(asked.get("prompt", "").split())
        if error := fault_in(asked, prompts):
            raise Refusal(error[0], error[1], address, state)
        return Ask(client, address, asked["code_challenge"], state, asked.get("nonce"), prompts)

    def must_sign_in(self, ask: Ask, visit: Visit | None, max_age: str) -> bool:
        """Whether this request needs a person at the sign-in page (OpenID Connect Core §3.1.2.3)."""
        if visit is None or ask.prompts & {"login", "select_account"}:
            return True
        return max_age.isascii() and max_age.isdigit() and self.seconds() - visit.auth_time > int(max_age)

    def client_of(self, header: str | None, form: Mapping[str, str]) -> Client:
        """The calling system, by its secret in the header or the body (RFC 6749 §2.3.1). Raises Refusal."""
        name, secret = basic(header) if header else (form.get("client_id", ""), form.get("client_secret", ""))
        client = self.clients.get(name)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            raise Refusal("invalid_client", "系统标识或密钥不对")
        return client

    def exchange(self, client: Client, form: Mapping[str, str]) -> Grant:
        """The grant behind a code or a refresh token (RFC 6749 §4.1.3, §6). Raises Refusal."""
        kind = form.get("grant_type")
        if kind == "authorization_code":
            grant = self.grants.redeem_code(form.get("code", ""), self.seconds())
            ok = grant is not None and form.get("redirect_uri") == grant.ask.redirect_uri
            ok = ok and verifier_fits(form.get("code_verifier", ""), grant.ask.challenge if grant else "")
        elif kind == "refresh_token":
            grant, ok = self.grants.refresh.pop(form.get("refresh_token", ""), None), True
        else:
            raise Refusal("unsupported_grant_type", "不支持这种授权方式")
        if grant is None or not ok or grant.ask.client != client or self.switches.token_refused:
            raise Refusal("invalid_grant", "授权码或刷新令牌无效")
        return grant

    def token_answer(self, grant: Grant) -> dict[str, Any]:
        """What the token endpoint says (OpenID Connect Core §3.1.3.3)."""
        access, refresh = self.grants.issue_tokens(grant)
        ask, visit, now = grant.ask, grant.visit, int(self.seconds())
        claims = {"iss": self.issuer, "aud": ask.client.id, "iat": now, "exp": now + LIFE, "sid": visit.id}
        claims |= {"auth_time": visit.auth_time, "nonce": ask.nonce, "at_hash": at_hash(access)}
        token = self.signer.id_token({**claims, **about(visit.person)}, ask.client.secret)
        answer = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": LIFE,
            "scope": "openid profile",
        }
        return {**answer, "refresh_token": refresh, "id_token": token}

    def userinfo(self, header: str) -> dict[str, Any] | None:
        """Claims about the token's owner (OpenID Connect Core §5.3); None: the token is not ours."""
        visit = self.grants.access.get(header.removeprefix("Bearer "))
        if visit is None:
            return None
        others = [each for each in self.people if each != visit.person]
        return about(others[0] if self.switches.other_userinfo else visit.person)

    def hinted(self, hint: str) -> dict[str, Any] | None:
        """The claims of an ID token of ours, however old (RP-Initiated Logout §2); None: not ours."""
        try:
            claims = jwt.decode(hint, self.signer.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        return claims if claims.get("iss") == self.issuer else None

    def logout_calls(self, visit: Visit) -> list[tuple[str, str]]:
        """Address and logout token for every system entered during the visit."""
        told = [self.clients[name] for name in sorted(visit.clients)]
        now, subject = int(self.seconds()), visit.person.subject
        return [
            (
                each.backchannel_logout_uri,
                self.signer.logout_token(self.issuer, each.id, subject, visit.id, now),
            )
            for each in told
            if each.backchannel_logout_uri and not self.switches.silent_logout
        ]


def fault_in(asked: Mapping[str, str], prompts: frozenset[str]) -> tuple[str, str] | None:
    """Error code and words for what is wrong with a request from a known client."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "只支持授权码方式"
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope", "scope 必须包含 openid"
    if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
        return "invalid_request", "必须使用 PKCE（S256）"
    if "none" in prompts and len(prompts) > 1:
        return "invalid_request", "prompt=none 不能与其他值同时出现"
    return None


def about(person: Person) -> dict[str, Any]:
    """The claims that tell who somebody is."""
    claims = {"sub": person.subject, "name": person.name, "preferred_username": person.login}
    number = {"employee_no": person.account} if person.account else {}
    return {**claims, **number, "campuses": list(person.campuses), "roles": list(person.roles)}


def basic(header: str) -> tuple[str, str]:
    """Name and secret of an HTTP Basic header, form-encoded inside (RFC 6749 §2.3.1); empty: unreadable."""
    try:
        raw = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = raw.partition(":")
    return unquote_plus(name), unquote_plus(secret)
