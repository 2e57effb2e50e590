"""The identity centre's signing keys (RFC 7517): read one by one, so that a strange key spoils nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SM3, Hash
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry

from auth.sealing import from_text, to_text
from auth.sm2 import SHAPE, Profile, Sm2Key, read_sm2_key

_MOST_KEYS: Final = 50
_MOST_TRIES: Final = 4
_RSA_BITS: Final = range(2048, 8192 + 1)
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y")
_FITS: Final = {
    "RS256": {"RSA"},
    "RS384": {"RSA"},
    "RS512": {"RSA"},
    "PS256": {"RSA"},
    "PS384": {"RSA"},
    "PS512": {"RSA"},
    "ES256": {"P-256"},
    "ES384": {"P-384"},
    "ES512": {"P-521"},
    "ES256K": {"secp256k1"},
    "Ed25519": {"Ed25519"},
    "Ed448": {"Ed448"},
    "EdDSA": {"Ed25519", "Ed448"},
}

ALGORITHMS: Final = frozenset(_FITS)
"""Every signature algorithm that may be configured. All need a public key: `none` and HS* are not here."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """One public key, and what its publisher says it is for."""

    kid: str | None
    alg: str | None
    shape: str
    """`RSA`, or the name of the curve."""
    key: Key | Sm2Key

    def fits(self, alg: str) -> bool:
        if isinstance(self.key, Sm2Key):
            return alg in self.key.profile.algorithms and self.alg in (None, *self.key.profile.algorithms)
        return self.shape in _FITS.get(alg, ()) and self.alg in (None, alg, *_other_name(alg))

    def verifies(self, alg: str, signed: bytes, signature: bytes) -> bool:
        """Whether this key made that signature; False for anything wrong with either."""
        if isinstance(self.key, Sm2Key):
            return self.key.verifies(signed, signature)
        try:
            return JWSRegistry.algorithms[alg].verify(signed, signature, self.key)
        except (JoseError, ValueError, TypeError):
            return False


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys we could read, in the published order."""

    all: tuple[VerifyingKey, ...]
    sm2: Profile | None = None

    def understand(self, alg: str) -> bool:
        """Whether `alg` names a signature that we can check at all."""
        return alg in ALGORITHMS or (self.sm2 is not None and alg in self.sm2.algorithms)

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def prints(self) -> frozenset[str]:
        """The keys by what they are made of, whatever they are called (RFC 7638)."""
        return frozenset(
            each.key.point.hex() if isinstance(each.key, Sm2Key) else each.key.thumbprint()
            for each in self.all
        )

    def for_token(self, alg: str, kid: str | None) -> tuple[VerifyingKey, ...]:
        """At most four keys worth a try: those with the token's `kid`, or all that fit when it names none."""
        fitting = (key for key in self.all if key.fits(alg) and (kid is None or key.kid == kid))
        return tuple(fitting)[:_MOST_TRIES]


def read_keys(jwks: bytes | Mapping[str, Any], sm2: Profile | None = None) -> Keys:
    """The usable keys of a key set, without encryption keys, symmetric, weak and unknown ones, and the 51st.

    A body that is no key set at all has no keys: it never raises. `sm2`: the centre also signs so.
    """
    if isinstance(jwks, bytes):
        try:
            jwks = json.loads(jwks)
        except (ValueError, RecursionError):
            return Keys(())
    entries = jwks.get("keys") if isinstance(jwks, Mapping) else None
    return Keys(tuple(_readable(entries[:_MOST_KEYS], sm2)), sm2) if isinstance(entries, list) else Keys(())


def half_hashes(alg: str, text: str) -> list[str]:
    """The left half of the text's hash, hashed as a signature of `alg` does (OIDC Core §3.1.3.6, `at_hash`).

    Two for `EdDSA`, which does not say its curve.
    """
    data = text.encode(errors="replace")
    match alg:
        case "Ed25519":
            whole = [hashlib.sha512(data).digest()]
        case "Ed448":
            whole = [hashlib.shake_256(data).digest(114)]
        case "EdDSA":
            whole = [hashlib.sha512(data).digest(), hashlib.shake_256(data).digest(114)]
        case _ if alg in _FITS:
            whole = [hashlib.new(f"sha{alg[2:5]}", data).digest()]
        case _:  # SM2, by whatever name
            whole = [_sm3(data)]
    return [to_text(digest[: len(digest) // 2]) for digest in whole]


def _sm3(data: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


def _readable(entries: Iterable[object], sm2: Profile | None) -> Iterable[VerifyingKey]:
    for entry in entries:
        key = _read(entry, sm2) if isinstance(entry, dict) and _may_verify(entry) else None
        if key is not None:
            yield key


def _may_verify(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _read(entry: Mapping[str, Any], sm2: Profile | None) -> VerifyingKey | None:
    kid, alg = entry.get("kid"), entry.get("alg")
    if not isinstance(kid, str | None) or not isinstance(alg, str | None):
        return None
    chinese = read_sm2_key(entry, sm2)
    if chinese is not None:
        return VerifyingKey(kid, alg, SHAPE, chinese)
    try:
        if entry.get("kty") == "RSA" and _bits(entry["n"]) not in _RSA_BITS:
            return None
        key = import_key({name: entry[name] for name in _PUBLIC if name in entry})
        shape = _shape(key)
    except Exception:  # key readers fail in many ways, and one strange key must not stop every sign-in
        return None
    return VerifyingKey(kid, alg, shape, key) if shape else None


def _bits(modulus: str) -> int:
    return int.from_bytes(from_text(modulus.rstrip("=")) or b"").bit_length()


def _shape(key: Key) -> str | None:
    match key:
        case RSAKey():
            return "RSA"
        case ECKey() | OKPKey():
            return key.curve_name
        case _:
            return None


def _other_name(alg: str) -> tuple[str, ...]:
    """RFC 9864 renamed `EdDSA` by its curve; centres publish keys under either name."""
    return ("EdDSA",) if alg in ("Ed25519", "Ed448") else ("Ed25519", "Ed448") if alg == "EdDSA" else ()
