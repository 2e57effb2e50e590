"""The modules of one sign-in. Each looks where the foundation's suite looks: is userinfo asked, after this token?"""

from __future__ import annotations

import pytest

from tests.conformance.conftest import Open
from tests.conformance.fault import Fault, changed, one_behind
from tests.conformance.faults import ES256, MORE, SIGNING
from tests.conformance.foundation import FAPI, OIDCC, case, module
from tests.conformance.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROWS = [case(name, *row) for name, row in {**SIGNING, **MORE}.items()]
POSTED = [case(name, *row, posted=True) for name, row in SIGNING.items()]
MISMATCH = [case(f"{OIDCC}-discovery-issuer-mismatch"), case(f"{FAPI}-test-discovery-issuer-mismatch")]
BEFORE_USERINFO = "token-userinfo-subject"
"""The one refusal that comes after userinfo was asked."""


async def played(stage: Stage, fault: Fault, reason: str) -> None:
    """One sign-in, judged: refused for this reason and no other, or signed in with userinfo asked and no complaint."""
    provider, browser = await stage.begin(fault), await stage.browser()
    page = await browser.sign_in()
    found = (stage.reason(), await browser.is_signed_in(), page.status_code)
    assert found == (reason, not reason, 400 if reason else 200)
    assert ("userinfo" in provider.asked) == (reason in ("", BEFORE_USERINFO))
    assert [] == provider.complaints


@pytest.mark.parametrize(("fault", "reason"), ROWS)
async def test_answers_in_the_address(stage: Stage, fault: Fault, reason: str) -> None:
    """A sound sign-in ends with userinfo asked; a spoilt one with a page, and without a session."""
    await played(stage, fault, reason)


@pytest.mark.parametrize(("fault", "reason"), POSTED)
async def test_answers_that_are_posted(stage_with: Open, fault: Fault, reason: str) -> None:
    """The Form post plan: the same when the provider's page posts the answer from its own site."""
    await played(await stage_with('response_mode = "form_post"'), fault, reason)


@pytest.mark.parametrize(("fault", "reason"), [case(name, *row) for name, row in ES256.items()])
async def test_another_algorithm(stage_with: Open, fault: Fault, reason: str) -> None:
    """The same at a provider that signs with ES256."""
    stage = await stage_with('algorithms = ["ES256"]')
    await played(stage, fault, reason)


@module(f"{OIDCC}-form-post-error")
async def test_an_error_that_is_posted(stage_with: Open) -> None:
    """It ends on a page with a number, like an error in the address."""
    stage = await stage_with('response_mode = "form_post"')
    provider, browser = await stage.begin(), await stage.browser()
    provider.declines = "access_denied"
    page = await browser.sign_in()
    assert (400, "access-denied") == (page.status_code, stage.reason())
    assert not await browser.is_signed_in()


@pytest.mark.parametrize((), MISMATCH)
async def test_metadata_of_another_issuer(stage: Stage) -> None:
    """Nobody is sent there at all."""
    provider = await stage.begin(Fault(metadata=changed(issuer=one_behind)))
    browser = await stage.browser()
    page = await browser.sign_in()
    assert (503, "centre-issuer") == (page.status_code, stage.reason())
    assert {".well-known/openid-configuration"} == set(provider.asked)


@module(f"{OIDCC}-signing-key-rotation")
async def test_new_keys_before_the_second_sign_in(stage: Stage) -> None:
    """The second sign-in fetches the keys anew."""
    provider = await stage.begin()
    await stage.signed_in()
    provider.rotate()
    await stage.signed_in()
    assert 2 == provider.asked.count(provider.jwks) == provider.asked.count("userinfo")
