"""How we prove to the centre who is asking: a shared secret, or a key of our own (RFC 7521, RFC 7523)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

Method = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
"""As in RFC 7591 §2; `none` is a public client."""
LIFE: Final = timedelta(seconds=60)
"""Of one assertion: it is used at once."""
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]*(?:KEY|CERTIFICATE))-----.+?-----END \1-----", re.DOTALL)
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_RSA_BITS: Final = 2048
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class _Own:
    """One private key of ours, and the algorithm that it signs with."""

    key: RSAKey | ECKey = field(repr=False)
    alg: str

    def public(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": self.alg}

    @property
    def kid(self) -> str:
        """The thumbprint (RFC 7638): the same key has the same name on every instance."""
        return self.key.thumbprint()


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """Our private keys. The first signs; all are published, so that a new one is known before it signs."""

    every: tuple[_Own, ...]

    @classmethod
    def parse(cls, text: str) -> ClientKeys:
        """One to four private keys in PEM, RSA of 2048 bits or more or EC. ValueError is a sentence."""
        blocks = [found[0] for found in _PEM.finditer(text)]
        if not 1 <= len(blocks) <= _MOST:
            raise ValueError("It must be a file with one to four private keys in PEM.")
        return cls(tuple(_own(block) for block in blocks))

    def published(self) -> dict[str, Any]:
        """The public halves, as a key set (RFC 7517 §5)."""
        return {"keys": [each.public() for each in self.every]}

    def assertion(self, client_id: str, audience: str, now: datetime, unique: str) -> str:
        """A JWT that says who we are, to `audience` alone, for a minute, once (RFC 7523 §3)."""
        at, own = int(now.timestamp()), self.every[0]
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": unique, "iat": at}
        end = at + int(LIFE.total_seconds())
        header = {"alg": own.alg, "kid": own.kid, "typ": "JWT"}
        return jwt.encode(header, {**claims, "exp": end}, own.key, algorithms=[own.alg])


@dataclass(frozen=True, slots=True)
class Credentials:
    """What goes with our requests to the centre's own endpoints."""

    method: Method
    secret: str | None = field(default=None, repr=False)
    keys: ClientKeys | None = field(default=None, repr=False)
    audience: Literal["issuer", "token_endpoint"] = "issuer"
    """To whom an assertion is addressed. OIDC Core §9 says the endpoint, newer profiles say the issuer."""

    @property
    def at_library(self) -> str:
        """The method by the name that Authlib knows; an assertion travels as ordinary fields of the form."""
        return "none" if self.method == "private_key_jwt" else self.method

    def basic(self, client_id: str) -> str:
        """The value of an Authorization header (RFC 6749 §2.3.1)."""
        pair = f"{quote(client_id, safe='')}:{quote(self.secret or '', safe='')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def fields(
        self, client_id: str, *, issuer: str, endpoint: str, now: datetime, unique: str
    ) -> Mapping[str, str]:
        """Fields of the form that prove who we are; empty unless a key of ours does."""
        if self.method != "private_key_jwt" or self.keys is None:
            return {}
        audience = issuer if self.audience == "issuer" else endpoint
        signed = self.keys.assertion(client_id, audience, now, unique)
        return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": signed}


def _own(block: str) -> _Own:
    try:
        inside = load_pem_private_key(block.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("One of its keys cannot be read: it must be an unencrypted RSA or EC key.") from None
    match inside:
        case RSAPrivateKey() if inside.key_size >= _RSA_BITS:
            return _Own(RSAKey(inside, inside), "RS256")
        case EllipticCurvePrivateKey() if inside.curve.name in _CURVES:
            return _Own(ECKey(inside, inside), _CURVES[inside.curve.name])
        case _:
            raise ValueError("Each key must be RSA of 2048 bits or more, or EC on P-256, P-384 or P-521.")
