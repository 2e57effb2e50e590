"""`[identity]`: what each protocol needs, and the sentence for each mistake."""

# ruff: noqa: E501 - one mistake a line

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.widgets.configuration import Configuration
from widgets.app import build
from widgets.settings import Settings

WHOLE = 'issuer = "https://sso.hospital.example"\nclient_id = "portal-widgets"\nclient_secret = { env = "CLIENT_SECRET" }\naccount_claim = "employee_no"\n'
CAS = 'protocol = "cas3"\nissuer = "https://sso.hospital.example/cas"\naccount_claim = "employeeNumber"\n'
LOOSE = (
    'protocol = "oauth2"\n'
    + WHOLE
    + '[identity.oauth2]\nauthorize = "/oauth/authorize"\ntoken = "/oauth/token"\nuserinfo = "/oauth/user"\n'
    'claims = { sub = "data.id", employee_no = "data.empNo" }\n'
)
KEYED = 'issuer = "https://sso.hospital.example"\nclient_id = "portal-widgets"\nauth = "private_key_jwt"\nclient_key = { file = "client.pem" }\naccount_claim = "employee_no"\n'


@pytest.fixture
def config(tmp_path: Path) -> Configuration:
    made = Configuration(tmp_path)
    made.write("client.pem", pem(ECKey.generate_key("P-256")))
    return made


def pem(*keys: ECKey | RSAKey | OKPKey) -> str:
    return "".join(key.as_pem(private=True).decode() for key in keys)


def mistakes(config: Configuration, identity: str) -> list[str]:
    config.put(WHOLE, identity)
    return config.mistakes()


@pytest.mark.parametrize(
    "identity",
    [
        WHOLE,
        KEYED,
        CAS,
        CAS + '[identity.cas]\nrenew = true\nvalidate_path = "/serviceValidate"\nnames = { name = "cn" }\n',
        LOOSE,
        LOOSE
        + 'success = { at = "code", values = ["0"] }\nlogout_from = ["10.1.2.3/32"]\nentry = "/widgets/todos"\n',
        WHOLE
        + 'auth = "client_secret_post"\nresponse_mode = "form_post"\nacr_values = ["otp"]\nmax_age = 3600\n',
        WHOLE + 'trusted_audiences = ["portal"]\n',
    ],
)
def test_what_a_protocol_needs_is_enough(config: Configuration, identity: str) -> None:
    assert [] == mistakes(config, identity)


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (WHOLE.replace('client_id = "portal-widgets"\n', ""), "identity.client_id is missing: The name under which the centre knows this service."),
        (WHOLE.replace('client_secret = { env = "CLIENT_SECRET" }\n', ""), "identity.client_secret is missing: The secret that goes with identity.client_id."),
        (KEYED.replace('client_key = { file = "client.pem" }\n', ""), 'identity.client_key is missing: identity.auth "private_key_jwt" needs a key file.'),
        (WHOLE + 'auth = "tls"\n', 'identity.auth is "tls": it must be "client_secret_basic", "client_secret_post" or "private_key_jwt".'),
        (WHOLE + "max_age = -1\n", "identity.max_age is -1: input should be greater than or equal to 0."),
        (LOOSE.partition("[identity.oauth2]")[0], "identity.oauth2 is missing: the table [identity.oauth2] says how the centre's OAuth 2.0 looks."),
        (LOOSE.replace('sub = "data.id", ', ""), 'identity.oauth2.claims has no "sub": it must say where the centre tells it.'),
        (LOOSE.replace(', employee_no = "data.empNo"', ""), 'identity.oauth2.claims has no "employee_no": it must say where the centre tells it.'),
        (LOOSE.replace('"/oauth/token"', '"//evil.example/token"'), 'identity.oauth2.token is "//evil.example/token": it must be a path that begins with one /.'),
        (LOOSE.replace('"/oauth/token"', '"https://evil.example/token"'), 'identity.oauth2.token is "https://evil.example/token": it must be a path that begins with one /.'),
        (CAS + 'acr_values = ["otp"]\n', 'identity.acr_values is for protocol "oidc": with "cas3" nothing would hold to it.'),
        (LOOSE.replace("[identity.oauth2]", "max_age = 60\n[identity.oauth2]"), 'identity.max_age is for protocol "oidc": with "oauth2" nothing would hold to it.'),
        (WHOLE + "[identity.cas]\n", 'identity.cas is for protocol "cas3": identity.protocol must be that.'),
        (WHOLE + '[identity.sm2]\nalgorithms = ["RS256"]\n', 'identity.sm2.algorithms has "RS256": it must be a name for SM2 alone.'),
        (WHOLE + '[identity.sm2]\nalgorithms = ["HS256"]\n', 'identity.sm2.algorithms has "HS256": it must be a name for SM2 alone.'),
    ],
)  # fmt: skip
def test_each_mistake_is_one_sentence(config: Configuration, identity: str, expected: str) -> None:
    assert [expected] == mistakes(config, identity)


def test_posted_answers_need_https(config: Configuration) -> None:
    config.put("https://widgets.hospital.example", "http://widgets.hospital.localhost:8101")
    told = mistakes(config, WHOLE + 'response_mode = "form_post"\n')
    assert len(told) == 1 and told[0].startswith(
        'identity.response_mode is "form_post": it must be "query", as'
    )


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("canary", "it must be a file with one to four private keys in PEM"),
        (pem(RSAKey.generate_key(2048)).replace("M", "A"), "one of its keys cannot be read: it must be an unencrypted RSA or EC key"),
        (ECKey.generate_key("P-256").as_pem(private=False).decode(), "one of its keys cannot be read: it must be an unencrypted RSA or EC key"),
        (pem(OKPKey.generate_key("Ed25519")), "each key must be RSA of 2048 bits or more, or EC on P-256, P-384 or P-521"),
        (pem(ECKey.generate_key("secp256k1")), "each key must be RSA of 2048 bits or more, or EC on P-256, P-384 or P-521"),
        (pem(*[ECKey.generate_key("P-256")] * 5), "it must be a file with one to four private keys in PEM"),
    ],
)  # fmt: skip
def test_a_key_file_that_cannot_be_used_says_so(config: Configuration, text: str, right: str) -> None:
    config.write("client.pem", text)
    assert [f"identity.client_key: {right}."] == mistakes(config, KEYED)


def loaded(config: Configuration, identity: str) -> Settings:
    config.put(WHOLE, identity)
    return config.load()


async def test_our_public_keys_are_published_the_one_that_signs_first(config: Configuration) -> None:
    keys = [ECKey.generate_key("P-256"), RSAKey.generate_key(2048)]
    config.write("client.pem", pem(*keys))
    client = build(loaded(config, KEYED)).test_client()
    answer = await client.get("/auth/jwks.json")
    told = (await answer.get_json())["keys"]
    assert [key.thumbprint() for key in keys] == [key["kid"] for key in told]
    assert set(told[0]) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert set(told[1]) == {"kty", "n", "e", "kid", "use", "alg"}


async def test_without_keys_of_our_own_the_set_is_empty(config: Configuration) -> None:
    answer = await build(loaded(config, WHOLE)).test_client().get("/auth/jwks.json")
    assert await answer.get_json() == {"keys": []}
