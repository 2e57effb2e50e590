"""What the provider has wrong in each module of a single sign-in, and the code that the service refuses it with."""

from __future__ import annotations

from typing import Any, Final

from auth.sealing import to_text
from tests.conformance.fault import NONE, Fault, changed, one_behind
from tests.conformance.foundation import FAPI, OIDCC
from tests.conformance.keyset import Claims, Keyset, broken, shared, signed, unsigned
from tests.conformance.terms import CLIENT, SECRET

_OTHERS: Final = "somebody-else"


def _unsigned(_: Keyset, claims: Claims) -> str:
    return unsigned(claims)


def _broken_rs256(keys: Keyset, claims: Claims) -> str:
    return broken(signed("RS256", keys.rsa, claims))


def _broken_es256(keys: Keyset, claims: Claims) -> str:
    return broken(signed("ES256", keys.p256, claims))


def _broken_hs256(_: Keyset, claims: Claims) -> str:
    return broken(signed("HS256", shared(SECRET), claims))


def _ps256(keys: Keyset, claims: Claims) -> str:
    return signed("PS256", keys.rsa, claims)


def _nameless(keys: Keyset, claims: Claims) -> str:
    return signed("RS256", keys.rsa, claims, kid=...)


def _expired(claims: dict[str, Any]) -> dict[str, Any]:
    return {**claims, "iat": claims["iat"] - 300, "exp": claims["iat"] - 120}


SIGNING: Final = {
    f"{OIDCC}": (NONE, ""),
    f"{OIDCC}-client-secret-basic": (NONE, ""),
    f"{OIDCC}-idtoken-sig-rs256": (NONE, ""),
    f"{OIDCC}-scope-userinfo-claims": (NONE, ""),
    f"{OIDCC}-kid-absent-single-jwks": (Fault(sign=_nameless, single_key=True), ""),
    f"{OIDCC}-kid-absent-multiple-jwks": (Fault(sign=_nameless), ""),
    f"{OIDCC}-invalid-iss": (Fault(claims=changed(iss=one_behind)), "token-issuer"),
    f"{OIDCC}-invalid-aud": (Fault(claims=changed(aud=one_behind)), "token-audience"),
    f"{OIDCC}-missing-sub": (Fault(claims=changed(sub=...)), "token-subject"),
    f"{OIDCC}-missing-iat": (Fault(claims=changed(iat=...)), "token-issued-at"),
    f"{OIDCC}-nonce-invalid": (Fault(claims=changed(nonce=one_behind)), "token-nonce"),
    f"{OIDCC}-invalid-sig-rs256": (Fault(sign=_broken_rs256), "token-signature"),
    f"{OIDCC}-idtoken-sig-none": (Fault(sign=_unsigned, claims=changed(at_hash=...)), "token-alg-none"),
    f"{OIDCC}-userinfo-invalid-sub": (Fault(userinfo=changed(sub=one_behind)), "token-userinfo-subject"),
}
"""The Basic plan, which is played once with answers in the address and once with answers that are posted."""

MORE: Final = {
    f"{OIDCC}-missing-aud": (Fault(claims=changed(aud=...)), "token-audience"),
    f"{OIDCC}-invalid-sig-hs256": (Fault(sign=_broken_hs256), "token-alg-not-allowed"),
    f"{OIDCC}-invalid-athash": (Fault(claims=changed(at_hash=to_text(bytes(16)))), "token-at-hash"),
    f"{OIDCC}-missing-athash": (Fault(claims=changed(at_hash=...)), ""),
    f"{OIDCC}-userinfo-bearer-header": (NONE, ""),
    f"{OIDCC}-userinfo-signed": (Fault(userinfo_signed=True), ""),
    f"{OIDCC}-discovery-openid-config": (NONE, ""),
    f"{OIDCC}-discovery-jwks-uri-keys": (NONE, ""),
    f"{OIDCC}-signing-key-rotation-just-before-signing": (Fault(rotates_before_signing=True), ""),
    f"{FAPI}-test-valid-aud-as-array": (Fault(claims=changed(aud=[CLIENT])), ""),
    f"{FAPI}-test-token-type-case-insensitivity": (Fault(tokens=changed(token_type="bEaReR")), ""),
    f"{FAPI}-test-token-endpoint-response-without-expires_in": (Fault(tokens=changed(expires_in=...)), ""),
    f"{FAPI}-test-ensure-authorization-response-with-invalid-state-fails": (
        Fault(answer=changed(state=one_behind)),
        "state-unknown",
    ),
    f"{FAPI}-test-ensure-authorization-response-with-invalid-missing-state-fails": (
        Fault(answer=changed(state=...)),
        "state-missing",
    ),
    f"{FAPI}-test-invalid-authorization-response-iss": (
        Fault(answer=changed(iss=one_behind)),
        "issuer-other",
    ),
    f"{FAPI}-test-remove-authorization-response-iss": (Fault(answer=changed(iss=...)), "issuer-missing"),
    f"{FAPI}-test-invalid-aud": (Fault(claims=changed(aud=_OTHERS)), "token-audience"),
    f"{FAPI}-test-invalid-secondary-aud": (Fault(claims=changed(aud=[CLIENT, _OTHERS])), "token-audience"),
    f"{FAPI}-test-invalid-missing-aud": (Fault(claims=changed(aud=...)), "token-audience"),
    f"{FAPI}-test-invalid-iss": (Fault(claims=changed(iss=one_behind)), "token-issuer"),
    f"{FAPI}-test-invalid-missing-iss": (Fault(claims=changed(iss=...)), "token-issuer"),
    f"{FAPI}-test-invalid-missing-exp": (Fault(claims=changed(exp=...)), "token-expiry"),
    f"{FAPI}-test-invalid-expired-exp": (Fault(claims=_expired), "token-expired"),
    f"{FAPI}-test-invalid-nonce": (Fault(claims=changed(nonce=one_behind)), "token-nonce"),
    f"{FAPI}-test-invalid-missing-nonce": (Fault(claims=changed(nonce=...)), "token-nonce"),
    f"{FAPI}-test-invalid-null-alg": (Fault(sign=_unsigned), "token-alg-none"),
    f"{FAPI}-test-invalid-alternate-alg": (Fault(sign=_ps256), "token-alg-not-allowed"),
}
ES256: Final = {f"{OIDCC}-invalid-sig-es256": (Fault(sign=_broken_es256), "token-signature")}
