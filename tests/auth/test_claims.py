"""Which ID tokens are believed. Each row: a token, how it differs from an honest one, what becomes of it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from auth.claims import CheckedClaims, check_id_token, check_userinfo
from auth.errors import TokenRefused
from auth.keys import read_keys
from auth.sealing import to_text
from tests.auth.tokens import (
    ACCESS,
    AT,
    CLIENT,
    ED,
    ED448,
    ISSUER,
    JWKS,
    K256,
    NOW,
    P256,
    P384,
    RSA,
    RSA_ENC,
    RSA_PSS,
    RSA_TWIN,
    STRANGER,
    WEAK,
    Token,
    claims,
)

KEYS = read_keys(JWKS)
ALGORITHMS = ("RS256", "PS256", "ES256", "ES256K", "Ed25519", "Ed448")


def half(name: str, size: int | None = None) -> str:
    made = hashlib.new(name, ACCESS.encode())
    digest = made.digest() if size is None else made.digest(size)  # type: ignore[call-arg]
    return to_text(digest[: len(digest) // 2])


def unsigned(text: str) -> str:
    return text.rsplit(".", 1)[0] + "."


def flipped(text: str) -> str:
    head, tail = text.rsplit(".", 1)
    return f"{head}.{'B' if tail[0] == 'A' else 'A'}{tail[1:]}"


def swapped(text: str) -> str:
    head, _, tail = text.split(".")
    return f"{head}.{Token('other', payload=claims(sub='u-1')).text().split('.')[1]}.{tail}"


def keyed(text: str) -> str:
    """Signed with the RSA public key, which everybody knows, as if it were a shared secret."""
    head = text.rsplit(".", 1)[0]
    return f"{head}.{to_text(hmac.digest(RSA.as_pem(private=False), head.encode(), 'sha256'))}"


HS256 = {"alg": "HS256"}
JKU = {"jku": "https://evil.test/keys", "x5u": "https://evil.test/cert"}

TOKENS = [
    # honest ones, each in its own way
    Token("honest"),
    Token("audience is a list of one", payload=claims(aud=[CLIENT])),
    Token("a second, trusted audience, azp is us", payload=claims(aud=[CLIENT, "trusted"], azp=CLIENT)),
    Token("azp without need", payload=claims(azp=CLIENT)),
    Token("no kid, several keys fit", header={"kid": ...}, key=RSA_TWIN),
    Token("no typ", header={"typ": ...}),
    Token("typ in another case", header={"typ": "jwt"}),
    Token("no sid", payload=claims(sid=...)),
    Token("times with fractions", payload=claims(exp=AT + 300.5, iat=AT - 0.5)),
    Token("clock of the centre 50 s ahead", payload=claims(iat=AT + 50, nbf=AT + 50)),
    Token("ended 50 s ago", payload=claims(exp=AT - 50)),
    Token("issued nine minutes ago", payload=claims(iat=AT - 540)),
    Token("right at_hash", payload=claims(at_hash=half("sha256"))),
    Token("ES256 with at_hash", alg="ES256", key=P256, payload=claims(at_hash=half("sha256"))),
    Token("ES256K with at_hash", alg="ES256K", key=K256, payload=claims(at_hash=half("sha256"))),
    Token("Ed25519 with at_hash", alg="Ed25519", key=ED, payload=claims(at_hash=half("sha512"))),
    Token("Ed448 with at_hash", alg="Ed448", key=ED448, payload=claims(at_hash=half("shake_256", 114))),
    Token("PS256 with a key made for it", alg="PS256", key=RSA_PSS),
    Token("a fresh auth_time where one is asked for", payload=claims(auth_time=AT - 100), max_age=300),
    Token("an auth_time of 0 where none is asked for", payload=claims(auth_time=0)),
    Token("unknown header parameters, a foreign key address", header={"hello": 1, **JKU}),
    Token("a claim nobody knows", payload=claims(colour="blue")),
    Token("subject in Chinese", payload=claims(sub="王芳")),
    Token("subject with colon and pipe", payload=claims(sub="ldap:u|10086")),
    # algorithm
    Token("unsigned", "alg-none", header={"alg": "none"}, spoilt=unsigned),
    Token("unsigned, spelt otherwise", "alg-none", header={"alg": "nOnE"}, spoilt=unsigned),
    Token("no alg", "malformed", header={"alg": ...}),
    Token("alg is a list", "malformed", header={"alg": ["RS256"]}),
    Token("HS256 with a public key as secret", "alg-not-allowed", header=HS256, spoilt=keyed),
    Token("a good algorithm that is not configured", "alg-not-allowed", alg="RS512"),
    Token("ES384, not configured", "alg-not-allowed", alg="ES384", key=P384),
    Token("says PS256, is RS256", "signature", header={"alg": "PS256", "kid": "rsa"}),
    # signature and keys
    Token("one character of the signature changed", "signature", spoilt=flipped),
    Token("no signature", "signature", spoilt=unsigned),
    Token("claims exchanged", "signature", spoilt=swapped),
    Token("a stranger's key under a known kid", "signature", key=STRANGER),
    Token("a kid nobody published", "key-unknown", header={"kid": "nobody"}),
    Token("an encryption key", "key-unknown", key=RSA_ENC),
    Token("an RSA key of 1024 bits", "key-unknown", key=WEAK),
    Token("a key made for another algorithm", "key-unknown", header={"kid": "rsa-pss"}),
    Token("a kid of another kind of key", "key-unknown", header={"kid": "p256"}),
    Token("kid is a number", "malformed", header={"kid": 7}),
    Token("brings its own key", "signature", key=STRANGER, header={"jwk": STRANGER.as_dict(private=False)}),
    Token("brings the address of its key", "signature", key=STRANGER, header=JKU),
    Token("critical header", "critical-header", header={"crit": ["exp"], "exp": 1}),
    Token("unencoded payload", "critical-header", header={"b64": False}),
    # form
    Token("empty", "malformed", spoilt=lambda _: ""),
    Token("two parts", "malformed", spoilt=lambda text: text.rsplit(".", 1)[0]),
    Token("five parts", "malformed", spoilt=lambda text: f"{text}.e.e"),
    Token("letters that are none of base64url", "malformed", spoilt=lambda text: "é" + text),
    Token("padding", "malformed", spoilt=lambda text: text.replace(".", "==.", 1)),
    Token("claims are a list", "malformed", payload=b"[1]"),
    Token("claims are no JSON", "malformed", payload=b"{'iss': 1}"),
    Token("claims are no UTF-8", "malformed", payload=b'{"a": "\xff"}'),
    Token("claims nested without end", "malformed", payload=b'{"a":' * 7000),
    Token("a claim twice", "malformed", payload=b'{"sub": "a", "sub": "b"}'),
    Token("a number of 5000 digits", "malformed", payload=b'{"exp": ' + b"9" * 5000 + b"}"),
    Token("longer than 64 KiB", "too-large", payload=claims(padding="x" * 65536)),
    # kind of token
    Token("a logout token", "type", header={"typ": "logout+jwt"}),
    Token("an access token", "type", header={"typ": "at+jwt"}),
    Token("an access token, long form", "type", header={"typ": "application/at+JWT"}),
    Token("typ is a number", "type", header={"typ": 1}),
    Token("an event", "type", payload=claims(events={})),
    # issuer and audience
    Token("another issuer", "issuer", payload=claims(iss="https://evil.test")),
    Token("issuer with a slash more", "issuer", payload=claims(iss=ISSUER + "/")),
    Token("no issuer", "issuer", payload=claims(iss=...)),
    Token("issuer in a list", "issuer", payload=claims(iss=[ISSUER])),
    Token("for somebody else", "audience", payload=claims(aud="other")),
    Token("for somebody else, azp is us", "audience", payload=claims(aud="other", azp=CLIENT)),
    Token("for us and a stranger", "audience", payload=claims(aud=[CLIENT, "other"], azp=CLIENT)),
    Token("no audience", "audience", payload=claims(aud=...)),
    Token("empty audience", "audience", payload=claims(aud=[])),
    Token("audience holds a number", "audience", payload=claims(aud=[CLIENT, 1])),
    Token("azp is another", "azp", payload=claims(azp="other")),
    Token("azp is null", "azp", payload=claims(azp=None)),
    Token("two audiences without azp", "azp", payload=claims(aud=[CLIENT, "trusted"])),
    # times
    Token("ended two minutes ago", "expired", payload=claims(exp=AT - 120)),
    Token("no end", "expiry", payload=claims(exp=...)),
    Token("ends in two days", "expiry", payload=claims(exp=AT + 2 * 86400)),
    Token("ends in the year 9999", "expiry", payload=claims(exp=253_402_300_799)),
    Token("ends at 1e300", "expiry", payload=claims(exp=1e300)),
    Token("ends at infinity", "expiry", payload=claims(exp=float("inf"))),
    Token("end is not a number", "expiry", payload=claims(exp=float("nan"))),
    Token("end is text", "expiry", payload=claims(exp=str(AT + 300))),
    Token("end is true", "expiry", payload=claims(exp=True)),
    Token("no issue time", "issued-at", payload=claims(iat=...)),
    Token("issued in the future", "issued-at", payload=claims(iat=AT + 120)),
    Token("issued long ago", "issued-at", payload=claims(iat=AT - 700)),
    Token("issued in milliseconds", "issued-at", payload=claims(iat=AT * 1000)),
    Token("issue time is text", "issued-at", payload=claims(iat=str(AT))),
    Token("not valid yet", "not-yet", payload=claims(nbf=AT + 120)),
    Token("nbf is null", "not-yet", payload=claims(nbf=None)),
    Token("auth_time too old", "auth-time", payload=claims(auth_time=AT - 900), max_age=300),
    Token("no auth_time where one is asked for", "auth-time", max_age=300),
    # the person and the attempt
    Token("no subject", "subject", payload=claims(sub=...)),
    Token("empty subject", "subject", payload=claims(sub="")),
    Token("subject of 256 characters", "subject", payload=claims(sub="x" * 256)),
    Token("subject of 10 KB", "subject", payload=claims(sub="x" * 10_000)),
    Token("subject with a NUL", "subject", payload=claims(sub="a\x00b")),
    Token("subject is a number", "subject", payload=claims(sub=10086)),
    Token("subject with a line break", "subject", payload=claims(sub="a\nb")),
    Token("subject is half a character", "subject", payload=claims(sub="\ud800")),
    Token("no nonce", "nonce", payload=claims(nonce=...)),
    Token("another nonce", "nonce", payload=claims(nonce="n-other")),
    Token("nonce in a list", "nonce", payload=claims(nonce=["n-0S6_WzA2Mj"])),
    Token("empty nonce where we forgot ours", "nonce", payload=claims(nonce=""), nonce=""),
    Token("wrong at_hash", "at-hash", payload=claims(at_hash=half("sha512"))),
    Token("at_hash is null", "at-hash", payload=claims(at_hash=None)),
    Token("Ed25519, at_hash by SHA-256", "at-hash", claims(at_hash=half("sha256")), "Ed25519", ED),
]  # fmt: skip


def verdict(token: Token) -> str | None:
    try:
        check_id_token(
            token.text(),
            keys=KEYS,
            issuer=ISSUER,
            client_id=CLIENT,
            algorithms=ALGORITHMS,
            nonce=token.nonce,
            now=NOW,
            access_token=ACCESS,
            max_age=token.max_age,
            trusted_audiences=frozenset({"trusted"}),
        )
    except TokenRefused as refused:
        return refused.code
    return None


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.name)
def test_an_id_token_is_believed_or_refused_with_its_code(token: Token) -> None:
    assert verdict(token) == token.refused


def checked(**changes: Any) -> CheckedClaims:
    text = Token("one", payload=claims(**changes)).text()
    return check_id_token(
        text, keys=KEYS, issuer=ISSUER, client_id=CLIENT, algorithms=["RS256"],
        nonce="n-0S6_WzA2Mj", now=NOW, access_token=None,
    )  # fmt: skip


def test_checked_claims_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError):
        CheckedClaims("u-1", None, {}, object())


def test_a_session_id_that_is_no_text_is_left_out() -> None:
    assert checked(sid=["s-1"]).sid is None


def test_none_is_refused_even_when_it_is_configured() -> None:
    token = Token("unsigned", header={"alg": "none"}, spoilt=unsigned).text()
    with pytest.raises(TokenRefused, match="alg-none"):
        check_id_token(
            token, keys=KEYS, issuer=ISSUER, client_id=CLIENT, algorithms=["none"],
            nonce="n", now=NOW, access_token=None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"sub": "u-2"}, "userinfo-subject"),
        ({}, "userinfo-subject"),
        ({"sub": ["u-1"]}, "userinfo-subject"),
        ([{"sub": "u-1"}], "userinfo"),
        (None, "userinfo"),
    ],
)
def test_userinfo_of_anybody_else_is_refused(answer: object, code: str) -> None:
    with pytest.raises(TokenRefused, match=f"^{code}$"):
        check_userinfo(answer, "u-1")


def test_userinfo_of_the_same_subject_is_taken() -> None:
    assert check_userinfo({"sub": "u-1", "name": "王芳"}, "u-1").values["name"] == "王芳"


def test_keys_that_cannot_be_used_do_not_spoil_the_others() -> None:
    assert [key.kid for key in KEYS.all] == [
        "rsa", "rsa-twin", "rsa-pss", "p256", "p384", "k256", "ed", "ed448",
    ]  # fmt: skip


def test_no_more_than_fifty_keys_are_read() -> None:
    assert len(read_keys({"keys": [RSA.as_dict(private=False)] * 60}).all) == 50


def test_no_more_than_four_keys_are_tried_for_a_token_without_kid() -> None:
    assert len(read_keys({"keys": [RSA.as_dict(private=False)] * 9}).for_token("RS256", None)) == 4


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys": [null]}', b"[" * 100_000])
def test_a_body_that_is_no_key_set_has_no_keys(body: bytes) -> None:
    assert read_keys(body).all == ()


def test_a_private_key_published_by_mistake_is_read_as_its_public_half() -> None:
    key = read_keys({"keys": [RSA.as_dict(private=True)]}).all[0].key
    assert not key.is_private
