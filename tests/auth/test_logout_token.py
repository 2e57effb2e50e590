"""Which logout tokens are believed. Pure: no I/O."""

from __future__ import annotations

from typing import Any

import pytest

from auth.errors import TokenRefused
from auth.keys import read_keys
from auth.logout_token import EVENT, CheckedLogout, check_logout_token
from tests.auth.tokens import AT, CLIENT, ISSUER, JWKS, NOW, P256, RSA, STRANGER, Token, claims

KEYS = read_keys(JWKS)
KIND = {"typ": "logout+jwt"}


def leave(**changes: Any) -> dict[str, Any]:
    """The claims of an honest logout token; a change to `...` leaves a claim out."""
    honest = {
        "iss": ISSUER,
        "aud": CLIENT,
        "iat": AT,
        "exp": AT + 120,
        "jti": "j-1",
        "sid": "s-1",
        "sub": "u-10086",
        "events": {EVENT: {}},
    }
    return {name: value for name, value in {**honest, **changes}.items() if value is not ...}


def token(name: str, refused: str | None = None, *, header: Any = KIND, **changes: Any) -> Token:
    return Token(name, refused, leave(**changes), header=header)


TOKENS = [
    token("honest"),
    token("for one session, without a subject", sub=...),
    token("for a subject, without a session", sid=...),
    token("with a claim that nobody knows", colour="blue"),
    token("with the full media type", header={"typ": "application/logout+jwt"}),
    token("in capitals", header={"typ": "LOGOUT+JWT"}),
    token("of a centre from before the final text", header={"typ": "JWT"}),
    token("without typ", header={"typ": ...}),
    token("audience in a list", aud=[CLIENT]),
    token("delivered again after an hour", iat=AT - 3600),
    token("ended half a minute ago", exp=AT - 30),
    token("issued half a minute ahead", iat=AT + 30),
    # what it is
    Token("an ID token", "type", claims()),
    Token("an ID token that says logout+jwt", "type", claims(), header=KIND),
    token("typ of an access token", "type", header={"typ": "at+jwt"}),
    token("typ is a number", "type", header={"typ": 7}),
    token("no events", "type", events=...),
    token("events is null", "type", events=None),
    token("events is a list", "type", events=[EVENT]),
    token("events is empty", "type", events={}),
    token("another event", "type", events={EVENT + "/foobar": {}}),
    token("a second event", "type", events={EVENT: {}, "https://other.example": {}}),
    token("an event that holds something", "type", events={EVENT: {"a": 1}}),
    token("an event that is true", "type", events={EVENT: True}),
    token("with a nonce", "nonce", nonce="n-1"),
    token("with a nonce of null", "nonce", nonce=None),
    # who signed it
    Token("unsigned", "alg-none", leave(), header={**KIND, "alg": "none"}),
    Token("another good algorithm", "alg-not-allowed", leave(), "ES256", P256, header=KIND),
    Token("a stranger's key", "signature", leave(), key=STRANGER, header=KIND),
    Token("an unknown key", "key-unknown", leave(), header={**KIND, "kid": "x"}),
    Token("a critical extension", "critical-header", leave(), header={**KIND, "crit": ["exp"]}),
    Token("one letter changed", "signature", leave(), header=KIND, spoilt=lambda text: text[:-9] + "A" * 9),
    # from whom, for whom
    token("another issuer", "issuer", iss=ISSUER + "1"),
    token("issuer with a slash", "issuer", iss=ISSUER + "/"),
    token("no issuer", "issuer", iss=...),
    token("another audience", "audience", aud=CLIENT + "INVALID"),
    token("no audience", "audience", aud=...),
    token("for another service, too", "audience", aud=[CLIENT, "other"]),
    # when
    token("no end", "expiry", exp=...),
    token("ends in two days", "expiry", exp=AT + 2 * 86_400),
    token("ends at 1e300", "expiry", exp=1e300),
    token("end is text", "expiry", exp=str(AT + 60)),
    token("ended two minutes ago", "expired", exp=AT - 120),
    token("no issue time", "issued-at", iat=...),
    token("issued in the future", "issued-at", iat=AT + 400),
    token("issued two days ago", "issued-at", iat=AT - 2 * 86_400),
    token("issue time is true", "issued-at", iat=True),
    token("not valid yet", "not-yet", nbf=AT + 120),
    # whose
    token("no name", "jti", jti=...),
    token("an empty name", "jti", jti=""),
    token("a name of 256 letters", "jti", jti="j" * 256),
    token("name is a number", "jti", jti=7),
    token("neither session nor subject", "subject", sub=..., sid=...),
    token("an empty session", "subject", sid=""),
    token("session is a list beside a good subject", "subject", sid=["s-1"]),
    token("subject with a line break beside a good session", "subject", sub="a\nb"),
]  # fmt: skip


def checked(text: str) -> CheckedLogout:
    return check_logout_token(text, keys=KEYS, issuer=ISSUER, client_id=CLIENT, algorithms=["RS256"], now=NOW)


def verdict(each: Token) -> str | None:
    try:
        checked(each.text())
    except TokenRefused as refused:
        return refused.code
    return None


@pytest.mark.parametrize("each", TOKENS, ids=lambda each: each.name)
def test_a_logout_token_is_believed_or_refused_with_its_code(each: Token) -> None:
    """Back-Channel Logout 1.0 §2.6, and our stricter rules."""
    assert verdict(each) == each.refused


def test_what_a_good_token_says_is_kept() -> None:
    """Subject, session, name and end, the leeway of the clocks included."""
    found = checked(token("honest").text())
    assert (found.subject, found.sid, found.id) == ("u-10086", "s-1", "j-1")
    assert found.useless_after.timestamp() == AT + 120 + 60


def test_checked_logouts_cannot_be_made_by_hand() -> None:
    """Only a token that passed every check becomes one."""
    with pytest.raises(TypeError):
        CheckedLogout("u-1", None, "j", NOW, object())


def test_a_key_of_the_service_itself_signs_nobody_out() -> None:
    """The key is chosen among the centre's own, whatever the header says."""
    each = token("honest", header={**KIND, "jwk": RSA.as_dict(private=False), "kid": "nobody"})
    assert verdict(each) == "key-unknown"
