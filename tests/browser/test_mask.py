"""Titles on shared screens: hidden from passers-by, shown to whoever points or tabs, read out to whoever listens."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from demo.people import HAN
from demo.world import World
from tests.browser.visitor import Visitor, Wallet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
HIDDEN, SHAPE = "rgba(0, 0, 0, 0)", "none"


async def test_a_masked_title_is_seen_by_pointing_or_tabbing_without_any_script(
    hospital: World, chromium: Browser, wallet: Wallet
) -> None:
    async with Visitor.at(hospital, chromium, wallet, java_script_enabled=False) as visitor:
        page = await visitor.come_in(HAN, f"{hospital.at.widgets}/widgets/todos?mask=on&scheme=light")
        rows = page.locator(".pw-item")
        first, second = rows.nth(0).locator(".pw-text"), rows.nth(1).locator(".pw-text")
        for title in (first, second):
            await expect(title).to_have_css("color", HIDDEN)
            await expect(title).not_to_have_css("text-shadow", SHAPE)
        await rows.nth(0).hover()
        await expect(first).to_have_css("color", "rgb(26, 35, 48)")
        await expect(second).to_have_css("color", HIDDEN)
        await page.mouse.move(0, 0)
        await rows.nth(1).locator("a").focus()
        await expect(second).to_have_css("color", "rgb(26, 35, 48)")
        await expect(first).to_have_css("color", HIDDEN)
        heard = await page.locator("body").aria_snapshot()
        said = [await title.get_attribute("title") or "" for title in (first, second)]
        assert [True, True] == [title in heard for title in said]


async def test_a_card_that_is_not_masked_shows_its_titles(
    hospital: World, chromium: Browser, wallet: Wallet
) -> None:
    async with Visitor.at(hospital, chromium, wallet) as visitor:
        page = await visitor.come_in(HAN, f"{hospital.at.widgets}/widgets/todos?scheme=light&mask=off")
        await expect(page.locator(".pw-text").first).to_have_css("color", "rgb(26, 35, 48)")
