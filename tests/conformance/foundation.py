"""The relying-party test modules of the OpenID Foundation, by their own names, and how this service stands to each.

The names, the plans and what the provider does are those of the foundation's conformance suite (2026-08). The
tests beside this file are our own: each plays one module against the running service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pytest

OIDCC: Final = "oidcc-client-test"
FAPI: Final = "fapi2-security-profile-final-client"
CODE_FLOW: Final = "only the code flow is spoken"
FRAME: Final = "a frame of another site: browsers keep its cookies from it; sign-out messages do this work"
BY_HAND: Final = "one centre, which an operator configures"
NO_FETCHING: Final = "would fetch addresses that a token names"
BEARER: Final = "tokens are bearer tokens behind the client's own secret or key"
NO_JARM: Final = "answers are plain parameters, protected by state, PKCE and `iss`"
ONE_HEADER: Final = "by header; one way is enough"

POSTED: Final = "form_post"
"""Not a module: the plan that plays the Basic plan once more with answers that are posted."""
MISSING: dict[str, str] = {}
"""Modules whose feature is still to be built, with what is missing: their tests must fail, and then must not."""


@dataclass(frozen=True, slots=True)
class Module:
    """One module: `does` is what its provider has wrong or wants, `ends` what the service does then."""

    name: str
    plan: str
    does: str
    ends: str
    never: str = ""
    """Why it cannot be played; empty: it is."""

    @property
    def result(self) -> str:
        if self.never:
            return f"not applicable: {self.never}"
        return f"missing: {MISSING[self.name]}" if self.name in MISSING else f"passed: {self.ends}"


def _rows(prefix: str, plan: str, rows: str) -> list[Module]:
    """From lines of `name | does | ends | never`; a module without a name of its own has the prefix for one."""
    parted = [[part.strip() for part in line.split("|")] for line in rows.strip().splitlines()]
    return [Module(f"{prefix}-{name}".rstrip("-"), plan, *told) for name, *told in parted]


SIGNED_IN: Final = "signed in, userinfo asked"
BASIC: Final = _rows(
    OIDCC,
    "Basic",
    f"""
    | honest | {SIGNED_IN}
    client-secret-basic | takes the secret in an HTTP Basic header alone | {SIGNED_IN}
    idtoken-sig-rs256 | signs with RS256 | {SIGNED_IN}
    scope-userinfo-claims | gives claims by scope, in userinfo alone | {SIGNED_IN}, the 工号 taken from there
    kid-absent-single-jwks | names no `kid`; one key fits | {SIGNED_IN}
    kid-absent-multiple-jwks | names no `kid`; several keys fit | {SIGNED_IN}: each that fits is tried
    invalid-iss | `iss` with a `1` behind it | refused with `token-issuer`
    invalid-aud | `aud` with a `1` behind it | refused with `token-audience`
    missing-sub | no `sub` | refused with `token-subject`
    missing-iat | no `iat` | refused with `token-issued-at`
    nonce-invalid | another `nonce` | refused with `token-nonce`
    invalid-sig-rs256 | a broken signature | refused with `token-signature`
    idtoken-sig-none | unsigned | refused with `token-alg-none` (the foundation counts that as skipped)
    userinfo-invalid-sub | userinfo is about somebody else | refused with `token-userinfo-subject`
    """,
)
COMPREHENSIVE: Final = _rows(
    OIDCC,
    "Comprehensive",
    f"""
    missing-aud | no `aud` | refused with `token-audience`
    invalid-sig-es256 | a broken ES256 signature | refused with `token-signature`
    invalid-sig-hs256 | a broken HS256 signature | refused with `token-alg-not-allowed`
    invalid-athash | `at_hash` of another token (code flow here) | refused with `token-at-hash`
    missing-athash | no `at_hash` (optional in the code flow) | {SIGNED_IN}
    userinfo-bearer-header | takes the access token in a header | {SIGNED_IN}
    userinfo-bearer-body | takes the access token in a body | | {ONE_HEADER}
    invalid-chash | a wrong `c_hash` | | {CODE_FLOW}
    missing-chash | no `c_hash` | | {CODE_FLOW}
    nonce-unless-code-flow | wants a `nonce` in the other flows | | {CODE_FLOW}
    aggregated-claims | claims inside another issuer's token | | {BY_HAND}
    distributed-claims | claims at another address | | {NO_FETCHING}
    mtls-endpoint-aliases | other endpoints for client certificates | | {BEARER}
    """,
)
CONFIG: Final = _rows(
    OIDCC,
    "Config",
    f"""
    discovery-openid-config | publishes its metadata | {SIGNED_IN}
    discovery-jwks-uri-keys | publishes its keys under an address new in each run | {SIGNED_IN}
    discovery-issuer-mismatch | metadata of another issuer | nothing is asked, `centre-issuer`
    signing-key-rotation | new keys before the second sign-in | {SIGNED_IN}
    signing-key-rotation-just-before-signing | new keys while a sign-in is under way | {SIGNED_IN}
    """,
)
DYNAMIC: Final = _rows(
    OIDCC,
    "Dynamic",
    f"""
    userinfo-signed | userinfo is a signed JWT | {SIGNED_IN}
    dynamic-registration | registers clients by itself | | {BY_HAND}
    discovery-webfinger-acct | is found by an account's name | | {BY_HAND}
    discovery-webfinger-url | is found by an address | | {BY_HAND}
    request-uri-signed-rs256 | fetches a signed request from us | | requests are pushed (PAR), never fetched
    request-uri-signed-none | fetches an unsigned request from us | | requests are pushed (PAR), never fetched
    """,
)
FORM_POST: Final = _rows(
    OIDCC, "Form post", "form-post-error | POSTs an error to the callback | refused with `access-denied`"
)
THIRD_PARTY: Final = _rows(
    OIDCC,
    "3rd-party-initiated login",
    f"3rd-party-init-login | begins the sign-in at our address | {SIGNED_IN}",
)
RP_INITIATED: Final = _rows(
    OIDCC,
    "RP-initiated logout",
    """
    rp-init-logout | wants its own `id_token_hint`, and a registered address to go back to | signed out
    rp-init-logout-other-state | comes back with another `state` | signed out, a neutral page
    rp-init-logout-no-state | comes back without `state` | signed out, a neutral page
    """,
)
FRONT_CHANNEL: Final = _rows(
    OIDCC,
    "Front-channel logout",
    """
    rp-frontchannel-rpinitlogout | frames our address with `iss` and `sid` | every browser of that `sid` is signed out
    rp-frontchannel-opinitlogout | the same, of its own accord | every browser of that `sid` is signed out
    """,
)
BACK_CHANNEL: Final = _rows(
    OIDCC,
    "Back-channel logout",
    """
    rp-backchannel-rpinitlogout | a logout token, with a parameter and a claim that nobody knows | 200, signed out
    rp-backchannel-rpinitlogout-alg-none | unsigned | 400, nobody signed out
    rp-backchannel-rpinitlogout-wrong-alg | ES256 instead of RS256 | 400, nobody signed out
    rp-backchannel-rpinitlogout-wrong-iss | `iss` of another issuer | 400, nobody signed out
    rp-backchannel-rpinitlogout-wrong-aud | `aud` of another client | 400, nobody signed out
    rp-backchannel-rpinitlogout-no-event | no `events` | 400, nobody signed out
    rp-backchannel-rpinitlogout-wrong-event | another event | 400, nobody signed out
    rp-backchannel-rpinitlogout-with-nonce | a `nonce`, as ID tokens have | 400, nobody signed out
    """,
)
SESSION: Final = _rows(
    OIDCC,
    "Session management",
    f"session-management | a frame that tells whether its session changed | | {FRAME}",
)
REFRESH: Final = _rows(
    OIDCC,
    "Refresh token",
    """
    refresh-token | rotates refresh tokens, and answers with a new ID token | used, and the session goes on
    refresh-token-invalid-issuer | the new ID token has another `iss` | refused, the session ends
    refresh-token-invalid-sub | the new ID token has another `sub` | refused, the session ends
    """,
)
STRETCH: Final = _rows(
    FAPI,
    "FAPI 2.0",
    f"""
    test-valid-aud-as-array | `aud` as a list of one | {SIGNED_IN}
    test-token-type-case-insensitivity | `token_type` in another case | {SIGNED_IN}
    test-token-endpoint-response-without-expires_in | no `expires_in` | {SIGNED_IN}
    test-discovery-issuer-mismatch | metadata of another issuer | nothing is asked, `centre-issuer`
    test-ensure-authorization-response-with-invalid-state-fails | another `state` | refused with `state-unknown`
    test-ensure-authorization-response-with-invalid-missing-state-fails | no `state` | refused with `state-missing`
    test-invalid-authorization-response-iss | another `iss` in the answer | refused with `issuer-other`
    test-remove-authorization-response-iss | no `iss` in the answer, though promised | refused with `issuer-missing`
    test-invalid-aud | `aud` of another client | refused with `token-audience`
    test-invalid-secondary-aud | a second `aud` that nobody knows | refused with `token-audience`
    test-invalid-missing-aud | no `aud` | refused with `token-audience`
    test-invalid-iss | another `iss` | refused with `token-issuer`
    test-invalid-missing-iss | no `iss` | refused with `token-issuer`
    test-invalid-missing-exp | no `exp` | refused with `token-expiry`
    test-invalid-expired-exp | `exp` has passed | refused with `token-expired`
    test-invalid-nonce | another `nonce` | refused with `token-nonce`
    test-invalid-missing-nonce | no `nonce` | refused with `token-nonce`
    test-invalid-null-alg | unsigned | refused with `token-alg-none`
    test-invalid-alternate-alg | a good signature by another algorithm | refused with `token-alg-not-allowed`
    refresh-token-test | rotates refresh tokens | used, and the session goes on
    test-happy-path | tokens bound to a key (DPoP) | | {BEARER}
    test-happy-path-no-dpop-nonce | the same without its nonce | | {BEARER}
    test-rs-dpop-auth-scheme-case-insensitivity | the scheme `DPoP` in another case | | {BEARER}
    test-invalid-openbanking-intent-id | a bank's claim | | for banks
    test-ensure-jarm-signature-is-not-none | its answer is an unsigned JWT | | {NO_JARM}
    test-ensure-jarm-with-expired-exp-fails | its answer is a JWT of yesterday | | {NO_JARM}
    test-ensure-jarm-with-invalid-aud-fails | its answer is a JWT for another client | | {NO_JARM}
    test-ensure-jarm-with-invalid-iss-fails | its answer is another issuer's JWT | | {NO_JARM}
    test-ensure-jarm-with-invalid-sig-fails | its answer is a JWT with a broken signature | | {NO_JARM}
    test-ensure-jarm-without-aud-fails | its answer is a JWT without `aud` | | {NO_JARM}
    test-ensure-jarm-without-exp-fails | its answer is a JWT without `exp` | | {NO_JARM}
    test-ensure-jarm-without-iss-fails | its answer is a JWT without `iss` | | {NO_JARM}
    """,
)

MODULES: Final = [
    *(*BASIC, *COMPREHENSIVE, *CONFIG, *FORM_POST, *THIRD_PARTY, *RP_INITIATED, *FRONT_CHANNEL),
    *(*BACK_CHANNEL, *REFRESH, *SESSION, *DYNAMIC, *STRETCH),
]


def case(name: str, *values: Any, posted: bool = False) -> Any:
    """One row of a parametrized test, under the foundation's name. A module that cannot pass yet must fail."""
    module = next(each for each in MODULES if each.name == name)
    assert not module.never, f"{name} is said to be not applicable"
    missing = MISSING.get(POSTED if posted else name)
    marks = [pytest.mark.plays(name)]
    if missing:
        marks.append(pytest.mark.xfail(strict=True, reason=missing))
    return pytest.param(*values, id=name, marks=marks)


def module(name: str) -> pytest.MarkDecorator:
    """A test that plays one module by itself."""
    return pytest.mark.parametrize((), [case(name)])
