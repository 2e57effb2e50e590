"""The key ring: what we hand to browsers and to Redis opens only for its purpose and its owner.

The newest key seals, every key opens. Keep an old key for as long as anything it sealed may live (a day),
then drop its line. Rotate yearly: with random nonces one key is good for 2^32 seals (NIST SP 800-38D §8.3).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_LONGEST: Final = 8192  # a reference longer than any address is nobody's reference


@dataclass(frozen=True, slots=True)
class _Key:
    """One line of the ring, with a sub-key for each use."""

    head: bytes
    seal: AESGCM
    refer: AESSIV
    digest: bytes


class KeyRing:
    """Seals and opens. No I/O, and nothing hostile makes it raise: a blob that does not open is None."""

    def __init__(
        self, keys: Iterable[tuple[str, bytes]], random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        """`keys` are (id, 32 bytes), newest first. ValueError: none, or an id given twice."""
        made = [(name, _derived(name, secret)) for name, secret in keys]
        self._by_head = {key.head: key for _, key in made}
        if not made:
            raise ValueError("The key ring is empty: it needs at least one line '<id> <key>'.")
        if len(self._by_head) < len(made):
            raise ValueError("Two keys of the ring have the same id: give each line its own.")
        self._newest = made[0][1]
        self._random = random

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Reads lines `<id> <base64url of 32 bytes>`; `#` begins a comment. ValueError is a sentence."""
        lines = ((number, line.split("#")[0].split()) for number, line in enumerate(text.splitlines(), 1))
        return cls([_parsed(number, words) for number, words in lines if words])

    def seal(self, purpose: str, owner: str, data: bytes) -> bytes:
        """An envelope that `open` opens for the same purpose and owner only. Never the same twice."""
        nonce = self._random(_NONCE)
        key = self._newest
        return key.head + nonce + key.seal.encrypt(nonce, data, _bound(purpose, owner))

    def open(self, purpose: str, owner: str, blob: bytes) -> bytes | None:
        """The data; None for anything damaged, foreign, of another purpose or owner, or of a dropped key."""
        key, start = self._found(blob)
        if key is None:
            return None
        nonce = blob[start : start + _NONCE]
        if len(nonce) < _NONCE:
            return None
        try:
            return key.seal.decrypt(nonce, blob[start + _NONCE :], _bound(purpose, owner))
        except InvalidTag:
            return None

    def refer(self, purpose: str, owner: str, data: bytes) -> str:
        """URL-safe text for the data, the same each time for the same newest key (AES-SIV, RFC 5297)."""
        key = self._newest
        return to_text(key.head + key.refer.encrypt(data, [_bound(purpose, owner)]))

    def resolve(self, purpose: str, owner: str, text: str) -> bytes | None:
        """What `refer` was given; None for anything else."""
        blob = from_text(text) if len(text) <= _LONGEST else None
        if blob is None:
            return None
        key, start = self._found(blob)
        if key is None:
            return None
        try:
            return key.refer.decrypt(blob[start:], [_bound(purpose, owner)])
        except (InvalidTag, ValueError):
            return None

    def digest(self, purpose: str, text: str) -> str:
        """16 hex characters that tell texts apart without telling them; changes with the newest key."""
        return _digest(self._newest, purpose, text)

    def digests(self, purpose: str, text: str) -> list[str]:
        """What `digest` says with each key of the ring, the newest first: for finding what an older one named."""
        return [_digest(key, purpose, text) for key in self._by_head.values()]

    def _found(self, blob: bytes) -> tuple[_Key | None, int]:
        start = 2 + blob[1] if len(blob) > 1 else 0
        return self._by_head.get(blob[:start]), start


def new_key() -> str:
    """A fresh line for the top of the ring file."""
    return f"{secrets.token_hex(4)} {to_text(secrets.token_bytes(32))}"


def to_text(data: bytes) -> str:
    """base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes | None:
    """The inverse of `to_text`, for exactly the texts that it makes; None for every other."""
    if len(text) % 4 == 1 or "+" in text or "/" in text:
        return None
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        data = binascii.a2b_base64(padded, strict_mode=True)
    except ValueError:
        return None
    return data if to_text(data) == text else None


def _parsed(number: int, words: list[str]) -> tuple[str, bytes]:
    if len(words) != 2:
        raise ValueError(f"Line {number} of the key ring must be '<id> <base64url of 32 bytes>'.")
    if not _ID.fullmatch(words[0]):
        raise ValueError(f"Line {number} of the key ring: an id is 1 to 16 of A-Z a-z 0-9 _ -.")
    secret = from_text(words[1].rstrip("="))
    if secret is None or len(secret) != 32:
        raise ValueError(f"Line {number} of the key ring: the key must be base64url of exactly 32 bytes.")
    return words[0], secret


def _derived(name: str, secret: bytes) -> _Key:
    def sub(use: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=b"portal-widgets/1/" + use).derive(secret)

    head = _VERSION + bytes([len(name)]) + name.encode()
    return _Key(head, AESGCM(sub(b"seal", 32)), AESSIV(sub(b"refer", 64)), sub(b"digest", 32))


def _digest(key: _Key, purpose: str, text: str) -> str:
    return hmac.digest(key.digest, _bound(purpose, text), "sha256")[:8].hex()


def _bound(purpose: str, owner: str) -> bytes:
    """Version, purpose and owner, so encoded that no two pairs share a form."""
    kind = purpose.encode()
    return _VERSION + len(kind).to_bytes(2) + kind + owner.encode()
