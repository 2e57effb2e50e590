"""The module of a sign-in that the provider begins (OpenID Connect Core §4)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.conformance.foundation import OIDCC, module
from tests.conformance.stage import OURS, Stage
from tests.conformance.terms import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")


@module(f"{OIDCC}-3rd-party-init-login")
async def test_the_provider_begins_the_sign_in(stage: Stage) -> None:
    """`iss` names our centre: the usual sign-in follows, with a state of our own."""
    provider, browser = await stage.begin(), await stage.browser()
    page = await browser.go(f"{OURS}/auth/initiate?iss={ISSUER}&target_link_uri={OURS}/widgets/todos")
    assert (200, True, []) == (page.status_code, await browser.is_signed_in(), provider.complaints)
    assert ("userinfo" in provider.asked, page.url.path) == (True, "/widgets/todos")


@pytest.mark.parametrize("asked", ["iss=https://evil.example", "", f"iss=https://evil.example&iss={ISSUER}"])
async def test_nobody_else_begins_a_sign_in(stage: Stage, asked: str) -> None:
    """Another issuer's sign-in does not begin at all."""
    provider, browser = await stage.begin(), await stage.browser()
    await browser.go(f"{OURS}/auth/initiate?{asked}")
    assert (False, []) == (
        await browser.is_signed_in(),
        [path for path in provider.asked if path == "authorize"],
    )


async def test_a_foreign_target_is_not_followed(stage: Stage) -> None:
    """`target_link_uri` leads to our own pages only (OIDC Core §4)."""
    _, browser = await stage.begin(), await stage.browser()
    page = await browser.go(f"{OURS}/auth/initiate?iss={ISSUER}&target_link_uri=https://evil.example/")
    assert urlsplit(OURS).hostname == page.url.host
