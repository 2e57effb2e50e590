"""The functions of a mapping: what stands after a bar in `{name|md5|upper}`.

Digests and ciphers give bytes, which the next function may take as they are (`|md5|base64`). Where text is wanted,
at the end or before `upper`, bytes are written in lower-case hexadecimal digits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives import padding as blocks
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

Value: TypeAlias = str | int | bytes | datetime
"""What a name of a template may stand for."""
Raw: TypeAlias = Callable[[bytes, Sequence[bytes]], bytes | str]


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `wants`: how many further values it takes; `literal`: it takes one text, as written."""

    of_bytes: Raw | None = None
    of_text: Callable[[str], str] | None = None
    wants: int = 0
    literal: bool = False


def applied(name: str, value: Value, given: Sequence[Value]) -> Value:
    """The value after one function. Raises ValueError: a key that is none, no time to be written."""
    function = FUNCTIONS[name]
    if function.of_bytes:
        try:
            return function.of_bytes(as_bytes(value), [as_bytes(each) for each in given])
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(f"{name}: {error}" if str(error) else name) from None
    if function.of_text:
        return function.of_text(as_text(value))
    if name == "time" and isinstance(value, datetime):
        return value.strftime(str(given[0]))
    if name == "first" and given:
        return as_text(value).partition(str(given[0]))[0]
    if name == "after" and given:
        return as_text(value).partition(str(given[0]))[2]
    raise ValueError(f"{name}: not for such a value")


def as_text(value: Value) -> str:
    """A value as it is written."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


def as_bytes(value: Value) -> bytes:
    return value if isinstance(value, bytes) else as_text(value).encode(errors="replace")


def _digest(name: str) -> Function:
    return Function(lambda data, _: hashlib.new(name, data, usedforsecurity=False).digest())


def _hmac(name: str) -> Function:
    return Function(lambda data, keys: hmac.digest(keys[0], data, name), wants=1)


def _sm3(data: bytes, _: Sequence[bytes]) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _sealed_for(data: bytes, keys: Sequence[bytes]) -> bytes:
    """RSA with PKCS #1 v1.5 (RFC 8017 §7.2): what such OA systems understand."""
    key = _public(keys[0])
    return key.encrypt(data, padding.PKCS1v15())


def _signed(data: bytes, keys: Sequence[bytes]) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2)."""
    key = serialization.load_pem_private_key(keys[0], None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key must be an RSA key")
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _public(key: bytes) -> rsa.RSAPublicKey:
    """From PEM, or from the base64 of its DER without the lines around it."""
    der = key.strip().startswith(b"-----")
    found = (
        serialization.load_pem_public_key(key)
        if der
        else serialization.load_der_public_key(base64.b64decode(b"".join(key.split()), validate=True))
    )
    if not isinstance(found, rsa.RSAPublicKey):
        raise ValueError("the key must be an RSA key")
    return found


def _aes_cbc(data: bytes, keys: Sequence[bytes]) -> bytes:
    return _enciphered(Cipher(AES(keys[0]), CBC(keys[1])), data, 128)


def _aes_ecb(data: bytes, keys: Sequence[bytes]) -> bytes:
    return _enciphered(Cipher(AES(keys[0]), ECB()), data, 128)  # noqa: S305  # what the other side demands


def _des_ecb(data: bytes, keys: Sequence[bytes]) -> bytes:
    if len(keys[0]) != 8:
        raise ValueError("the key must have 8 bytes")
    return _enciphered(Cipher(TripleDES(keys[0] * 3), ECB()), data, 64)  # noqa: S305  # three times the same is DES


def _enciphered(cipher: Cipher[CBC] | Cipher[ECB], data: bytes, block: int) -> bytes:
    padder, encryptor = blocks.PKCS7(block).padder(), cipher.encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{name: _digest(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "sm3": Function(_sm3),
    **{f"hmac_{name}": _hmac(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "rsa_pkcs1": Function(_sealed_for, wants=1),
    "rsa_sha256": Function(_signed, wants=1),
    "aes_cbc": Function(_aes_cbc, wants=2),
    "aes_ecb": Function(_aes_ecb, wants=1),
    "des_ecb": Function(_des_ecb, wants=1),
    "base64": Function(lambda data, _: base64.b64encode(data).decode()),
    "base64url": Function(lambda data, _: base64.urlsafe_b64encode(data).rstrip(b"=").decode()),
    "hex": Function(lambda data, _: data.hex()),
    "text": Function(of_text=lambda text: text),
    "upper": Function(of_text=str.upper),
    "lower": Function(of_text=str.lower),
    "urlencode": Function(of_text=lambda text: quote(text, safe="")),
    "raw": Function(of_text=lambda text: text),
    "time": Function(literal=True),
    "first": Function(literal=True),
    "after": Function(literal=True),
}
"""By the name that a mapping uses."""
