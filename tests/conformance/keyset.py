"""The provider's keys: as many and as odd as the foundation's, most of which a client can only pass over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwk, jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from auth.sealing import to_text

Claims = dict[str, Any]
Header = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keyset:
    """Two RSA, two P-256, one secp256k1 and one Ed25519 to sign with; one RSA and one P-256 to encrypt with."""

    rsa: RSAKey
    p256: ECKey
    all: list[Key] = field(repr=False)

    @classmethod
    def made(cls, stem: str) -> Keyset:
        """Fresh keys, named after `stem`."""
        sig, enc = {"use": "sig"}, {"use": "enc"}
        rsa = [RSAKey.generate_key(2048, {**sig, "kid": f"{stem}-rsa-{n}"}) for n in (1, 2)]
        p256 = [ECKey.generate_key("P-256", {**sig, "kid": f"{stem}-ec-{n}"}) for n in (1, 2)]
        others: list[Key] = [
            ECKey.generate_key("secp256k1", {**sig, "kid": f"{stem}-k"}),
            OKPKey.generate_key("Ed25519", {**sig, "kid": f"{stem}-ed"}),
            RSAKey.generate_key(2048, {**enc, "kid": f"{stem}-rsa-enc"}),
            ECKey.generate_key("P-256", {**enc, "kid": f"{stem}-ec-enc"}),
        ]
        return cls(rsa[1], p256[1], [*rsa, *p256, *others])

    def published(self, *, only: Key | None = None) -> dict[str, Any]:
        """The key set as clients get it (RFC 7517 §5); with `only`, no second key fits what that one signs."""
        alike = {type(only)} if only else set()
        kept = [
            key for key in self.all if key is only or type(key) not in alike or key.as_dict()["use"] == "enc"
        ]
        return {"keys": [key.as_dict(private=False) for key in kept]}


def signed(alg: str, key: Key, claims: Claims, **header: Any) -> str:
    """A compact JWS whose header names algorithm and key; a header of `...` is left out."""
    whole = {"alg": alg, "kid": key.kid, "typ": "JWT", **header}
    front = _front({name: value for name, value in whole.items() if value is not ...}, claims)
    return f"{front}.{to_text(jws.JWSRegistry.algorithms[alg].sign(front.encode(), key))}"


def unsigned(claims: Claims) -> str:
    """RFC 7515, appendix A.5."""
    return _front({"alg": "none", "typ": "JWT"}, claims) + "."


def shared(secret: str) -> OctKey:
    """The client's secret as a key for HS256 (OIDC Core §10.1)."""
    return jwk.OctKey.import_key(secret.encode())


def broken(token: str) -> str:
    """The same with another signature of the same length."""
    front, _, signature = token.rpartition(".")
    return f"{front}.{signature[:8]}{'A' if signature[8] != 'A' else 'B'}{signature[9:]}"


def _front(header: Header, claims: Claims) -> str:
    return ".".join(to_text(json.dumps(part).encode()) for part in (header, claims))
