"""SM2-signed ID tokens, signed by a library that is not the one that verifies; and a service without that library."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SM3, Hash
from gmalg import SM2

from auth import sm2
from auth.claims import check_id_token
from auth.errors import TokenRefused
from auth.keys import read_keys
from auth.sealing import to_text
from auth.sm2 import Profile
from tests.auth.tokens import ACCESS, CLIENT, ISSUER, JWKS, NONCE, NOW, RSA, claims, signed

pytestmark = pytest.mark.skipif(not sm2.IS_THERE, reason="gmssl-pyx has no wheel for this machine")
ID: Final = b"1234567812345678"
NAME: Final = "SGD_SM3_SM2"
SECRET, PUBLIC = SM2().generate_keypair()
OTHER, OTHERS_PUBLIC = SM2().generate_keypair()
POINT = PUBLIC[-64:]
JWK = {
    "kty": "EC",
    "crv": "SM2-P-256",
    "kid": "sm2-1",
    "use": "sig",
    "x": to_text(POINT[:32]),
    "y": to_text(POINT[32:]),
}


def token(
    *,
    pair: tuple[bytes, bytes] = (SECRET, PUBLIC),
    uid: bytes = ID,
    alg: str = NAME,
    der: bool = False,
    spoilt: bool = False,
    payload_alone: bool = False,
    **changes: Any,
) -> str:
    header = to_text(json.dumps({"alg": alg, "kid": "sm2-1", "typ": "JWT"}).encode())
    body = to_text(json.dumps(claims(**changes)).encode())
    signer = SM2(sk=pair[0], uid=uid, pk=pair[1])
    text = body if payload_alone else f"{header}.{body}"
    r, s = signer.sign(text.encode())
    made = (
        encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        if der
        else r.rjust(32, b"\0") + s.rjust(32, b"\0")
    )
    made = made[:-1] + bytes([made[-1] ^ 1]) if spoilt else made
    return f"{header}.{body}.{to_text(made)}"


def outcome(text: str, profile: Profile | None = Profile(), **jwk: Any) -> str:  # noqa: B008 - frozen
    names = frozenset({"RS256"}) | (profile.algorithms if profile else frozenset())
    keys = read_keys({"keys": [*JWKS["keys"], {**JWK, **jwk}]}, profile)
    try:
        check_id_token(
            text,
            keys=keys,
            issuer=ISSUER,
            client_id=CLIENT,
            algorithms=names,
            nonce=NONCE,
            now=NOW,
            access_token=ACCESS,
        )
    except TokenRefused as refused:
        return refused.code
    return ""


def at_hash() -> str:
    digest = Hash(SM3())
    digest.update(ACCESS.encode())
    return to_text(digest.finalize()[:16])


@pytest.mark.parametrize("der", [False, True], ids=["r||s", "DER"])
def test_a_token_that_another_library_signed_is_believed(der: bool) -> None:
    assert outcome(token(der=der)) == ""


def test_at_hash_is_made_with_sm3() -> None:
    assert outcome(token(at_hash=at_hash())) == ""


def test_at_hash_of_another_hash_is_refused() -> None:
    assert outcome(token(at_hash="77QmUPtjPfzWtF2AnpK9RQ")) == "at-hash"


def test_names_are_the_centres_own() -> None:
    profile = Profile(frozenset({"SM3WithSM2"}), frozenset({"SM2"}), b"hospital")
    assert outcome(token(alg="SM3WithSM2", uid=b"hospital"), profile, crv="SM2") == ""


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"spoilt": True}, "signature"),
        ({"spoilt": True, "der": True}, "signature"),
        ({"pair": (OTHER, OTHERS_PUBLIC)}, "signature"),
        ({"uid": b"somebody else"}, "signature"),
        ({"payload_alone": True}, "signature"),
        ({"alg": "SM2"}, "alg-not-allowed"),
        ({"alg": "none"}, "alg-none"),
        ({"alg": "RS256"}, "key-unknown"),
        ({"iss": ISSUER + "1"}, "issuer"),
        ({"aud": "somebody-else"}, "audience"),
        ({"nonce": "another"}, "nonce"),
    ],
)
def test_a_token_that_is_wrong_is_refused(said: dict[str, Any], code: str) -> None:
    assert outcome(token(**said)) == code


@pytest.mark.parametrize("signature", ["", "A" * 86, to_text(b"\xff" * 64)])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert outcome(f"{token().rpartition('.')[0]}.{signature}") == "signature"


def test_it_is_off_by_default() -> None:
    assert outcome(token(), None) == "alg-not-allowed"


def test_other_tokens_of_the_same_centre_are_believed_as_before() -> None:
    text = signed({"alg": "RS256", "kid": "rsa"}, json.dumps(claims()).encode(), "RS256", RSA)
    assert outcome(text) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"crv": "P-256"},
        {"x": "AA"},
        {"x": 7},
        {"x": None},
        {"kty": "RSA"},
        {"use": "enc"},
        {"alg": "ES256"},
        {"kid": "another"},
    ],
)
def test_a_key_that_does_not_fit_is_passed_over(change: dict[str, Any]) -> None:
    assert outcome(token(), **change) == "key-unknown"


def test_a_point_off_the_curve_verifies_nothing() -> None:
    assert outcome(token(), y=to_text(b"\1" * 32)) == "signature"


@pytest.mark.integration
def test_the_service_starts_without_the_library() -> None:
    """The package is optional; only a configuration that asks for SM2 needs it."""
    program = (
        "import sys; sys.modules['gmssl_pyx'] = None\n"
        "import widgets.app\n"
        "from auth.sm2 import IS_THERE\n"
        "from widgets.settings_checks import crossed\n"
        "print(IS_THERE, *crossed({'identity': {'client_id': 'x', 'client_secret': 'x', 'sm2': {}}}))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.startswith("False identity.sm2 needs the package gmssl-pyx")
