"""What the demo centre signs: ID tokens and logout tokens, honest unless a switch says otherwise."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from demo.switches import Switches

LIFE = 300
"""Seconds an ID token is good for."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
UNREADABLE_KEYS = [
    {"kty": "EC", "crv": "SM2-P-256", "kid": "sm2", "use": "sig", "x": "AA", "y": "AA"},
    {"kty": "QTP", "kid": "from-the-future", "use": "sig"},
    {"kty": "RSA", "kid": "broken", "use": "sig", "n": "AA"},
]


def b64url(raw: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def at_hash(access_token: str) -> str:
    """Left half of the SHA-256 of the access token (OpenID Connect Core §3.1.3.6)."""
    return b64url(hashlib.sha256(access_token.encode()).digest()[:16])


def new_key() -> RSAKey:
    """A fresh RSA signing key, named by its thumbprint."""
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True)
    key.ensure_kid()
    return key


@dataclass(slots=True)
class Signer:
    """The centre's pen. `key` is what the key set publishes; `hidden` is never published."""

    switches: Switches
    key: RSAKey = field(default_factory=new_key)
    hidden: RSAKey = field(default_factory=new_key)

    def rotate(self) -> None:
        """A new key from now on; the old one leaves the key set at once."""
        self.key = new_key()

    def key_set(self) -> dict[str, Any]:
        """The JSON Web Key Set (RFC 7517 §5)."""
        odd = UNREADABLE_KEYS if self.switches.odd_keys else []
        return {"keys": [*odd, self.key.as_dict(private=False)]}

    def id_token(self, claims: dict[str, Any], client_secret: str) -> str:
        """The claims as a compact JWS, with the faults that are switched on."""
        claims = spoiled(claims, self.switches)
        if self.switches.unsigned:
            return unsigned(claims)
        header = {"typ": "logout+jwt" if self.switches.logout_typed else "JWT"}
        if self.switches.secret_signature:
            return jwt.encode({**header, "alg": "HS256"}, claims, OctKey.import_key(client_secret))
        key = self.hidden if self.switches.unknown_key else self.key
        token = jwt.encode({**header, "alg": "RS256", "kid": key.kid}, claims, key)
        return tampered(token) if self.switches.bad_signature else token

    def logout_token(self, issuer: str, audience: str, subject: str, sid: str, now: int) -> str:
        """OpenID Connect Back-Channel Logout §2.4."""
        claims = {"iss": issuer, "aud": audience, "sub": subject, "sid": sid, "iat": now, "exp": now + 120}
        claims |= {"jti": secrets.token_urlsafe(16), "events": {LOGOUT_EVENT: {}}}
        header = {"alg": "RS256", "kid": self.key.kid, "typ": "logout+jwt"}
        return jwt.encode(header, claims, self.key)


def spoiled(claims: dict[str, Any], switches: Switches) -> dict[str, Any]:
    """The claims of an ID token after the faults about their content."""
    issuer, audience, issued = claims["iss"], claims["aud"], claims["iat"]
    wrong: list[tuple[bool, dict[str, Any]]] = [
        (switches.wrong_issuer, {"iss": issuer + "1"}),
        (switches.wrong_audience, {"aud": audience + "1"}),
        (switches.extra_audience, {"aud": [audience, "somebody-else"], "azp": audience}),
        (switches.wrong_nonce, {"nonce": "another"}),
        (switches.no_nonce, {"nonce": None}),
        (switches.no_subject, {"sub": None}),
        (switches.no_account, {"employee_no": None}),
        (switches.wrong_at_hash, {"at_hash": at_hash("another")}),
        (switches.expired, {"iat": issued - 3900, "exp": issued - 3600}),
        (switches.issued_long_ago, {"iat": issued - 86_400}),
    ]
    merged = claims | {name: value for on, fault in wrong if on for name, value in fault.items()}
    return {name: value for name, value in merged.items() if value is not None}


def unsigned(claims: dict[str, Any]) -> str:
    """An unsecured JWS (RFC 7515, appendix A.5): nobody may accept it as an ID token."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([b64url(parts[0]), b64url(parts[1]), ""])


def tampered(token: str) -> str:
    """The same token with one letter in the middle of its signature changed."""
    place = len(token) - 100
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
