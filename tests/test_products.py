"""The whole service with each product behind it: sign in, see one's own list, click, arrive signed in at the item."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx2
import pytest

from demo.installed_oa import KINDS
from demo.people import SHEN, ZHOU
from demo.world import World
from tests.staff import Staff

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.integration]
JSON = {"Accept": "application/json"}
OTHERS = [kind for kind in KINDS if kind != "weaver-e9"]
"""The journey with an E9 is in test_journey.py."""


async def card(staff: Staff, path: str, **headers: str) -> httpx2.Response:
    """The card once its list has come."""
    while True:
        answer = await staff.get(path, headers={**JSON, **headers})
        if answer.headers["Widget-State"] != "starting":
            return answer
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("kind", OTHERS)
async def test_a_person_sees_their_own_list_and_a_click_arrives_signed_in(kind: str) -> None:
    async with World.start(None, kind=kind) as world, Staff.at(world) as staff:
        await staff.sign_in(SHEN)
        shown = await card(staff, "/widgets/todos?limit=50")
        mine = {task.title for task in world.oa.waiting(SHEN)}
        items = shown.json()["items"]
        assert ("ok", mine) == (shown.headers["Widget-State"], {item["title"] for item in items})
        assert not mine & {task.title for task in world.oa.waiting(ZHOU)}
        clicked = await staff.get(urlsplit(items[0]["href"]).path, follow_redirects=False)
        assert (303, "no-referrer", "no-store") == (
            clicked.status_code,
            clicked.headers["Referrer-Policy"],
            clicked.headers["Cache-Control"],
        )
        page = await staff.get(clicked.headers["Location"])
        assert (200, True) == (page.status_code, SHEN.name in page.text)


async def test_a_token_inside_an_oas_link_reaches_no_page_of_ours() -> None:
    """It is told to the browser at the click alone, by an answer without a referrer (threat list, case 60)."""
    async with World.start(None, kind="landray-ekp") as world, Staff.at(world) as staff:
        row = {"id": "1", "subject": "带令牌的链接", "level": 1, "link": "/sys/x.do?fdId=1&token=canary-1234"}
        world.oa.odd_rows = [row]
        await staff.sign_in(SHEN)
        shown = [await card(staff, "/widgets/todos", **form) for form in ({}, {"Accept": "text/html"})]
        assert [] == [answer for answer in shown if "canary-1234" in answer.text + str(answer.headers)]
        item = next(each for each in shown[0].json()["items"] if each["title"] == row["subject"])
        clicked = await staff.get(urlsplit(item["href"]).path, follow_redirects=False)
        assert "canary-1234" in clicked.headers["Location"]
        assert "no-referrer" == clicked.headers["Referrer-Policy"]
