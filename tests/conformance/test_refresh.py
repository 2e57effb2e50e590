"""The modules of refreshing: the service asks the centre again while a session runs, behind an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from tests.conformance.browser import Browser
from tests.conformance.fault import NONE, Fault, changed, one_behind
from tests.conformance.foundation import FAPI, OIDCC, case
from tests.conformance.stage import OURS, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")
RECHECK: Final = timedelta(minutes=10, seconds=5)
"""The identity.recheck of the service, and a little."""
WAIT: Final = 5.0
"""Seconds until what happens behind an answer counts as never happening."""


async def refreshed(stage: Stage, browser: Browser, times: int) -> None:
    """A card is looked at after the time, as long as it takes until the provider was asked so often."""
    stage.clock.ahead += RECHECK
    await until(browser, lambda _: stage.provider.asked.count("refresh") >= times)


async def until(browser: Browser, reached: Callable[[bool], bool]) -> None:
    """Looks at the card until what it says, signed in or not, is enough. Raises TimeoutError."""
    async with asyncio.timeout(WAIT):
        while not reached(await browser.is_signed_in()):
            pass


@pytest.mark.parametrize((), [case(f"{OIDCC}-refresh-token"), case(f"{FAPI}-refresh-token-test")])
async def test_a_new_token_keeps_the_session(stage: Stage) -> None:
    """Twice, because each refresh token is good once; the provider sees no token a second time."""
    provider = await stage.begin()
    browser = await stage.signed_in()
    for times in (1, 2):
        await refreshed(stage, browser, times)
        # Somebody is there: no poll keeps a session from idling out.
        await browser.go(f"{OURS}/widgets/todos")
    assert (True, []) == (await browser.is_signed_in(), provider.complaints)


@pytest.mark.parametrize(
    "fault",
    [
        case(f"{OIDCC}-refresh-token-invalid-issuer", Fault(refreshed=changed(iss=one_behind))),
        case(f"{OIDCC}-refresh-token-invalid-sub", Fault(refreshed=changed(sub=one_behind))),
    ],
)
async def test_a_new_token_about_another_ends_the_session(stage: Stage, fault: Fault) -> None:
    """The service does not go on with somebody for whom the centre no longer stands."""
    await stage.begin(fault)
    browser = await stage.signed_in()
    await refreshed(stage, browser, 1)
    await until(browser, lambda signed_in: not signed_in)


async def test_nothing_is_refreshed_early(stage: Stage) -> None:
    """A session that was vouched for a moment ago costs the centre nothing."""
    provider = await stage.begin(NONE)
    browser = await stage.signed_in()
    await browser.is_signed_in()
    assert "refresh" not in provider.asked
