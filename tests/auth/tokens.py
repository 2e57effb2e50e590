"""Honest and dishonest tokens, signed with real keys that are made once."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from auth.sealing import to_text

NOW = datetime(2026, 11, 23, 1, 41, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = "https://sso.hospital.test"
CLIENT = "portal-widgets"
NONCE = "n-0S6_WzA2Mj"
ACCESS = "SlAV32hkKG"

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
RSA_TWIN = RSAKey.generate_key(2048, {"kid": "rsa-twin"})
RSA_ENC = RSAKey.generate_key(2048, {"kid": "rsa-enc", "use": "enc"})
RSA_PSS = RSAKey.generate_key(2048, {"kid": "rsa-pss", "alg": "PS256"})
with warnings.catch_warnings(action="ignore"):
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"})
P256 = ECKey.generate_key("P-256", {"kid": "p256"})
P384 = ECKey.generate_key("P-384", {"kid": "p384"})
K256 = ECKey.generate_key("secp256k1", {"kid": "k256"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
ED448 = OKPKey.generate_key("Ed448", {"kid": "ed448"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
SM2 = {"kty": "EC", "crv": "SM2-P-256", "kid": "sm2", "x": "AA", "y": "AA"}

PUBLISHED: list[Key] = [RSA_ENC, RSA, RSA_TWIN, RSA_PSS, WEAK, P256, P384, K256, ED, ED448]
JWKS: dict[str, Any] = {"keys": [SM2, *(key.as_dict(private=False) for key in PUBLISHED), {"kty": "odd"}, 7]}


def claims(**changes: Any) -> dict[str, Any]:
    """Those of an honest ID token; a change to `...` leaves a claim out."""
    honest = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "u-10086",
        "exp": AT + 300,
        "iat": AT,
        "nonce": NONCE,
        "sid": "s-1",
        "employee_no": "10086",
        "name": "王芳",
    }
    return {name: value for name, value in {**honest, **changes}.items() if value is not ...}


@dataclass(frozen=True, slots=True)
class Token:
    """One case of the table: how it is made, and the code that refuses it (None: accepted)."""

    name: str
    refused: str | None = None
    payload: Mapping[str, Any] | bytes = field(default_factory=claims)
    alg: str = "RS256"
    key: Key = field(default_factory=lambda: RSA)
    header: Mapping[str, Any] = field(default_factory=dict)
    spoilt: Callable[[str], str] = str
    """What is done to the text of the token at the end."""
    max_age: int | None = None
    nonce: str = NONCE

    def text(self) -> str:
        payload = self.payload if isinstance(self.payload, bytes) else json.dumps(self.payload).encode()
        header = {"alg": self.alg, "kid": self.key.kid, "typ": "JWT", **self.header}
        kept = {name: value for name, value in header.items() if value is not ...}
        return self.spoilt(signed(kept, payload, self.alg, self.key))


def signed(header: Mapping[str, Any], payload: bytes, alg: str, key: Key) -> str:
    """A compact token; its header may say anything, `alg` and `key` are what really signs."""
    front = f"{to_text(json.dumps(header).encode())}.{to_text(payload)}"
    return f"{front}.{to_text(jws.JWSRegistry.algorithms[alg].sign(front.encode(), key))}"
