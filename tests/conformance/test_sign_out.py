"""The modules of signing out. What the provider says of a session, each of its browsers must feel."""

from __future__ import annotations

from html import unescape
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.conformance.browser import Browser
from tests.conformance.fault import NONE, Fault, as_logout, changed, one_behind
from tests.conformance.foundation import OIDCC, case, module
from tests.conformance.keyset import Claims, Keyset, signed, unsigned
from tests.conformance.provider import LOGOUT_EVENT
from tests.conformance.stage import OURS, Stage, posted
from tests.conformance.terms import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
FRONT: Final = f"{OURS}/auth/frontchannel-logout"
BACK: Final = f"{OIDCC}-rp-backchannel-rpinitlogout"


def _unsigned(_: Keyset, claims: Claims) -> str:
    return unsigned(claims)


def _es256(keys: Keyset, claims: Claims) -> str:
    return signed("ES256", keys.p256, claims, typ="logout+jwt")


def _without_type(keys: Keyset, claims: Claims) -> str:
    return signed("RS256", keys.rsa, claims)


OTHER_EVENT: Final = {LOGOUT_EVENT.replace("backchannel-logout", "foobar"): {}}
TOKENS: Final = [
    case(f"{BACK}-alg-none", Fault(sign_logout=_unsigned)),
    case(f"{BACK}-wrong-alg", Fault(sign_logout=_es256)),
    case(f"{BACK}-wrong-iss", Fault(logout=changed(iss=one_behind))),
    case(f"{BACK}-wrong-aud", Fault(logout=changed(aud=lambda aud: aud + "INVALID"))),
    case(f"{BACK}-no-event", Fault(logout=changed(events=...))),
    case(f"{BACK}-wrong-event", Fault(logout=changed(events=OTHER_EVENT))),
    case(f"{BACK}-with-nonce", Fault(logout=changed(nonce="a-nonce"))),
]


async def two(stage: Stage, fault: Fault = NONE, *, apart: bool = False) -> tuple[Browser, Browser]:
    """Two signed-in browsers of one person, in one session of the provider, or each in one of their own.

    Pressing sign-out ends all that began in one session of the provider. So where somebody presses, the other browser
    stands apart, and it is the provider's word about it that counts.
    """
    await stage.begin(fault)
    one = await stage.signed_in()
    if apart:
        stage.provider.sid = "another-session"
    return one, await stage.signed_in()


@pytest.mark.parametrize(
    "fault",
    [
        case(f"{OIDCC}-rp-init-logout", NONE),
        case(f"{OIDCC}-rp-init-logout-other-state", Fault(farewell=changed(state=one_behind))),
        case(f"{OIDCC}-rp-init-logout-no-state", Fault(farewell=changed(state=...))),
    ],
)
async def test_signing_out_here(stage: Stage, fault: Fault) -> None:
    """The provider gets a hint of its own and a registered address, and the browser comes back to a plain page."""
    await stage.begin(fault)
    browser = await stage.signed_in()
    page = await browser.sign_out()
    assert (200, f"{OURS}/auth/logout") == (page.status_code, str(page.url).partition("?")[0])
    assert (False, []) == (await browser.is_signed_in(), stage.provider.complaints)
    assert "end-session" in stage.provider.asked


@pytest.mark.parametrize("sign", [as_logout, _without_type], ids=["logout+jwt", "JWT"])
@module(BACK)
async def test_a_logout_token_signs_out_everywhere(stage: Stage, sign: object) -> None:
    """Exactly 200, not to be kept; the provider's other browsers are signed out too, without being asked."""
    leaving, other = await two(stage, Fault(sign_logout=sign), apart=True)  # type: ignore[arg-type]
    stage.provider.told = lambda form: posted(stage, form)
    await leaving.sign_out()
    answer = stage.provider.answers[-1]
    assert (200, True) == (answer.status_code, "no-store" in answer.headers["Cache-Control"])
    assert (False, False) == (await leaving.is_signed_in(), await other.is_signed_in())


@pytest.mark.parametrize("fault", TOKENS)
async def test_a_spoilt_logout_token_signs_nobody_out(stage: Stage, fault: Fault) -> None:
    """Exactly 400, not to be kept; who did not press anything stays signed in."""
    leaving, other = await two(stage, fault, apart=True)
    stage.provider.told = lambda form: posted(stage, form)
    await leaving.sign_out()
    answer = stage.provider.answers[-1]
    assert (400, True) == (answer.status_code, "no-store" in answer.headers["Cache-Control"])
    assert await other.is_signed_in()


@module(f"{OIDCC}-rp-frontchannel-rpinitlogout")
async def test_a_frame_on_the_way_out_signs_out_everywhere(stage: Stage) -> None:
    """The provider's page frames our address: no cookie comes with it, `iss` and `sid` are enough."""
    leaving, other = await two(stage, apart=True)
    stage.provider.frames = FRONT
    left = await leaving.client.post(f"{OURS}/auth/logout", headers={"Origin": OURS})
    page = await leaving.go(left.headers["Location"])
    answer = await leaving.frame(unescape(page.text.split('src="')[1].split('"')[0]))
    assert_framed(answer)
    assert (False, False) == (await leaving.is_signed_in(), await other.is_signed_in())


@module(f"{OIDCC}-rp-frontchannel-opinitlogout")
async def test_the_providers_own_sign_out_in_a_frame(stage: Stage) -> None:
    """The same when nobody pressed anything here."""
    one, other = await two(stage)
    assert_framed(await one.frame(f"{FRONT}?iss={ISSUER}&sid={stage.provider.sid}"))
    assert (False, False) == (await one.is_signed_in(), await other.is_signed_in())


def assert_framed(answer: httpx2.Response) -> None:
    """The provider's page may show it, and nobody keeps it."""
    policy = answer.headers["Content-Security-Policy"]
    ancestors = next(part for part in policy.split("; ") if part.startswith("frame-ancestors"))
    assert f"https://{urlsplit(ISSUER).hostname}" in ancestors.split()
    assert "X-Frame-Options" not in answer.headers
    assert (200, True) == (answer.status_code, "no-store" in answer.headers["Cache-Control"])


async def test_a_frame_with_another_sid_signs_nobody_out(stage: Stage) -> None:
    """Whoever does not know the provider's `sid` cannot use the address against anybody."""
    one, _ = await two(stage)
    await one.frame(f"{FRONT}?iss={ISSUER}&sid=another")
    assert await one.is_signed_in()
