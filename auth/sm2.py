"""SM2 signatures with SM3 (GM/T 0003.2, names of GM/T 0125.1), for centres that sign their tokens so. Off by default.

Centres differ in what they call the algorithm and the curve, so the names are a profile of the issuer. The library
is optional: the service starts without it, and the configuration is told that it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from auth.sealing import from_text

try:
    import gmssl_pyx as library
except ImportError:
    library = None  # type: ignore[assignment,unused-ignore]  # an optional package

IS_THERE: Final = library is not None
"""Whether the package gmssl-pyx is installed."""
_HALF: Final = 32
SHAPE: Final = "SM2"


@dataclass(frozen=True, slots=True)
class Profile:
    """What one centre calls things."""

    algorithms: frozenset[str] = frozenset({"SGD_SM3_SM2"})
    """Values of `alg`."""
    curves: frozenset[str] = frozenset({"SM2-P-256"})
    """Values of `crv` in its key set."""
    signer_id: bytes = b"1234567812345678"
    """The identity that goes into the hash before the text (GM/T 0009 §10)."""


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """A public key: both coordinates, 64 bytes."""

    point: bytes
    profile: Profile

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Whether this key made that signature, in either form: `r || s` of 64 bytes, or DER."""
        try:
            der = _as_der(signature)
            return bool(library.sm2_verify(self.point, signed, der, self.profile.signer_id))
        except (ValueError, TypeError, library.GmsslInnerError):
            return False


def read_sm2_key(entry: Mapping[str, Any], profile: Profile | None) -> Sm2Key | None:
    """The key of a JWK whose curve the profile names; None for every other, and without the library."""
    if profile is None or not IS_THERE or entry.get("kty") != "EC" or entry.get("crv") not in profile.curves:
        return None
    halves = [
        from_text(value) if isinstance(value, str) else None for value in (entry.get("x"), entry.get("y"))
    ]
    point = b"".join(half for half in halves if half is not None and len(half) == _HALF)
    return Sm2Key(point, profile) if len(point) == 2 * _HALF else None


def _as_der(signature: bytes) -> bytes:
    """DER made anew, so that one signature has one form. Raises ValueError."""
    if len(signature) == 2 * _HALF:
        halves = signature[:_HALF], signature[_HALF:]
        r, s = (int.from_bytes(half) for half in halves)
    else:
        r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, s)
