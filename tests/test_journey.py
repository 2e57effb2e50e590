"""The main job from end to end, against the demo hospital over real sockets: sign in, see the cards, open an item."""

from __future__ import annotations

import asyncio
import re
from html import unescape

import httpx2
import pytest

from demo.people import GU, HAN, SHEN, WEN, XU, ZHOU
from demo.world import World
from tests.staff import Staff, push_out

pytestmark = pytest.mark.asyncio(loop_scope="session")
FRAGMENT = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


async def card(staff: Staff, name: str = "todos", **query: str) -> dict[str, object]:
    answer = await staff.get(f"/widgets/{name}", params=query, headers=JSON)
    found: dict[str, object] = answer.json()
    return found


def titles(shown: dict[str, object]) -> list[str]:
    return [item["title"] for item in shown["items"]]  # type: ignore[attr-defined]


async def settled(staff: Staff, *, until: str, name: str = "todos") -> dict[str, object]:
    """The card as soon as it is in that state; the person keeps pressing refresh."""
    for _ in range(80):
        shown = await staff.get(f"/widgets/{name}", headers={**JSON, "Cache-Control": "no-cache"})
        if shown.json()["state"] == until:
            found: dict[str, object] = shown.json()
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"never {until}: {shown.text[:300]}")


async def test_nobody_sees_a_sign_in_card(staff: Staff) -> None:
    """A fragment without a session is a complete card with one way to sign in, and no redirect."""
    answer = await staff.get("/widgets/todos", headers=FRAGMENT)
    assert (200, "signed-out") == (answer.status_code, answer.headers["Widget-State"])
    assert f'href="{staff.world.at.widgets}/auth/login"' in answer.text


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "在其他地方登录"), ("en", "signed in elsewhere")])
async def test_whoever_signed_in_too_often_elsewhere_is_told_so(staff: Staff, lang: str, words: str) -> None:
    """The oldest session ended: its card says why and how to go on there, also to a caller that holds a version."""
    await staff.sign_in(ZHOU)
    first = await staff.get("/widgets/todos", params={"lang": lang}, headers=FRAGMENT)
    await push_out(staff.world, ZHOU)
    held = {"lang": lang, "v": first.headers["Widget-Version"]}
    told = await staff.get("/widgets/todos", params=held, headers=FRAGMENT)
    assert ("signed-out", True) == (told.headers["Widget-State"], words in told.text)
    assert 'data-reason="elsewhere"' in told.text and "data-pw-sign-in" in told.text
    held["v"] = told.headers["Widget-Version"]
    assert 204 == (await staff.get("/widgets/todos", params=held, headers=FRAGMENT)).status_code
    await staff.get("/auth/login")
    again = await staff.get("/widgets/todos", headers=FRAGMENT)
    assert ("ok", False) == (again.headers["Widget-State"], "data-reason" in again.text)


async def test_a_frame_signs_in_silently_when_the_centre_knows_the_person(staff: Staff) -> None:
    """Somebody who is signed in at the portal sees the list at the first look, without a click."""
    portal = await staff.get(f"{staff.world.at.portal}/sign-in")
    await staff.send_form(portal, choosing=ZHOU.subject)
    answer = await staff.get("/widgets/todos")
    assert "ok" == answer.headers["Widget-State"]
    assert staff.world.oa.waiting(ZHOU)[0].title in unescape(answer.text)


async def test_a_frame_asks_the_centre_once_and_then_shows_the_card(staff: Staff) -> None:
    """Nobody at the centre: silent sign-in ends at the sign-in card, with a bounded number of redirects."""
    answer = await staff.get("/widgets/todos")
    assert ("signed-out", 4) == (answer.headers["Widget-State"], len(answer.history))
    again = await staff.get(str(answer.url))
    assert ("signed-out", 0) == (again.headers["Widget-State"], len(again.history))


async def test_a_signed_in_person_sees_their_own_todos(staff: Staff) -> None:
    """Title, step, urgency and link of everything that waits, the most urgent first."""
    await staff.sign_in(ZHOU)
    shown = await card(staff, limit="50")
    assert {task.title for task in staff.world.oa.waiting(ZHOU)} == set(titles(shown))
    rank = {"critical": 0, "high": 1, "normal": 2}
    order = [rank[item["urgency"]] for item in shown["items"]]  # type: ignore[attr-defined]
    assert sorted(order) == order
    assert len(staff.world.oa.waiting(ZHOU)) == shown["total"]


async def test_a_signed_in_person_sees_the_notices_they_may_read(staff: Staff) -> None:
    """Notices with department and date; those meant for others are not there."""
    await staff.sign_in(ZHOU)
    shown = await card(staff, "notices", limit="50")
    assert {document.title for document in staff.world.oa.readable(ZHOU)} == set(titles(shown))
    assert all(item["published"]["iso"] for item in shown["items"])  # type: ignore[attr-defined]


async def test_a_click_opens_the_item_in_the_oa_and_approving_removes_it(staff: Staff) -> None:
    """The click arrives signed in at the OA; what was approved there is gone from the card at the next look."""
    await staff.sign_in(HAN)
    shown = await card(staff)
    first = shown["items"][0]  # type: ignore[index]
    answer = await staff.get(first["href"], follow_redirects=False)
    assert 303 == answer.status_code
    assert answer.headers["Location"].startswith(f"{staff.world.at.oa}/spa/workflow/")
    assert "ssoToken=" in answer.headers["Location"].partition("#")[0]
    done = next(task for task in staff.world.oa.waiting(HAN) if task.title == first["title"])
    await staff.world.oa.decide(HAN, done.id)
    await asyncio.sleep(3.1)
    assert first["title"] not in titles(await card(staff))


async def test_a_link_opens_for_its_owner_only(staff: Staff, hospital: World) -> None:
    """Another person's reference is unknown, recorded, and answered by a page with a number."""
    await staff.sign_in(HAN)
    href = (await card(staff))["items"][0]["href"]  # type: ignore[index]
    async with Staff.at(hospital) as other:
        await other.sign_in(ZHOU)
        answer = await other.get(href)
    assert 404 == answer.status_code
    assert re.search(r"[0-9A-F]{8}", answer.text)


async def test_a_link_leads_somebody_signed_out_through_sign_in_to_the_item(
    staff: Staff, hospital: World
) -> None:
    """A link kept from yesterday asks for sign-in and then opens the item."""
    await staff.sign_in(HAN)
    href = (await card(staff))["items"][0]["href"]  # type: ignore[index]
    async with Staff.at(hospital) as later:
        page = await later.get(href)
        opened = await later.send_form(page, choosing=HAN.subject)
    assert str(opened.url).startswith(hospital.at.oa)


async def test_an_unchanged_card_is_not_sent_again(staff: Staff) -> None:
    """With the version it holds the caller gets 204, the data's time and the count; a new item gives a new card."""
    await staff.sign_in(ZHOU)
    version = (await card(staff))["version"]
    same = await staff.get("/widgets/todos", params={"v": str(version)}, headers=JSON)
    assert (204, b"") == (same.status_code, same.content)
    assert int(same.headers["Widget-Count"]) == len(staff.world.oa.waiting(ZHOU))
    assert {"Widget-State", "Widget-Version", "Widget-As-Of"} <= {name.title() for name in same.headers}
    assert same.headers["Widget-As-Of"].endswith("+08:00")
    await staff.world.oa.add_urgent(ZHOU)
    await asyncio.sleep(2.1)
    asked = {**JSON, "Cache-Control": "no-cache"}
    assert 200 == (await staff.get("/widgets/todos", params={"v": str(version)}, headers=asked)).status_code


async def test_nothing_that_a_caller_sends_chooses_whose_list_it_is(staff: Staff) -> None:
    """Parameters, headers and cookies that name somebody else change nothing."""
    await staff.sign_in(ZHOU)
    own = titles(await card(staff))
    forged = {"employee": "10203", "workcode": "10203", "account": "10203", "sub": HAN.subject}
    headers = {**JSON, "X-User": "10203", "X-Remote-User": "10203", "X-Employee-No": "10203"}
    answer = await staff.get("/widgets/todos", params=forged, headers=headers)
    assert own == titles(answer.json())


async def test_somebody_without_an_employee_number_is_told_whom_to_ask(staff: Staff) -> None:
    """Signed in, but the centre sent no 工号: forbidden, not an empty list."""
    await staff.sign_in(XU)
    assert "forbidden" == (await card(staff))["state"]


async def test_somebody_whom_the_oa_has_locked_does_not_see_an_empty_list(staff: Staff) -> None:
    """The OA refuses this person: failed, with the reason and a number."""
    await staff.sign_in(WEN)
    shown = await settled(staff, until="failed")
    assert ("denied", True) == (shown["reason"], bool(shown["reference"]))


@pytest.mark.parametrize(("mode", "reason"), [("down", "unavailable"), ("garbage", "bad-answer")])
async def test_an_oa_on_a_bad_day_leaves_the_last_list_marked(staff: Staff, mode: str, reason: str) -> None:
    """Down, or a login page with 200: the last good list stays, marked stale, and comes back fresh afterwards."""
    await staff.sign_in(SHEN)
    good = titles(await card(staff))
    await asyncio.sleep(2.1)
    staff.world.oa.mode = mode  # type: ignore[assignment]
    shown = await settled(staff, until="stale")
    assert (good, reason) == (titles(shown), shown["reason"])
    staff.world.oa.reset()
    assert good == titles(await settled(staff, until="ok"))


@pytest.mark.integration
async def test_an_oa_that_answers_for_somebody_else_is_not_believed() -> None:
    """The look-up names another 工号: no list at all rather than another person's.

    In a hospital of its own: who somebody is in the OA is remembered for hours.
    """
    async with World.start(None) as world, Staff.at(world) as staff:
        world.oa.mode = "someone-else"
        await staff.sign_in(GU)
        shown = await settled(staff, until="failed", name="notices")
        assert [] == shown["items"]


async def test_a_slow_oa_makes_nobody_wait(staff: Staff) -> None:
    """Nothing remembered and no answer yet: the card says that it is on its way, and brings the list later."""
    staff.world.oa.mode, staff.world.oa.delay = "slow", 0.6
    await staff.sign_in(ZHOU)
    async with Staff.at(staff.world) as fresh:
        await fresh.sign_in(HAN)
        states = {(await card(fresh, "notices"))["state"]}
        assert states <= {"starting", "ok", "stale"}
        assert "ok" == (await settled(fresh, until="ok", name="notices"))["state"]


async def test_the_count_comes_from_the_same_snapshot_as_the_list(staff: Staff) -> None:
    """Badge, header and list say the same number."""
    await staff.sign_in(ZHOU)
    badge = await staff.get("/widgets/todos/count", headers=JSON)
    shown = await staff.get("/widgets/todos", headers=JSON)
    assert shown.json()["total"] == badge.json()["count"] == int(shown.headers["Widget-Count"])


async def test_signing_out_ends_the_session_here_and_at_the_centre(staff: Staff, hospital: World) -> None:
    """After signing out a stolen copy of the cookie opens nothing, and the centre asks who is there."""
    await staff.sign_in(ZHOU)
    stolen = httpx2.Cookies(staff.client.cookies)
    answer = await staff.client.post(
        f"{hospital.at.widgets}/auth/logout", headers={"Origin": hospital.at.widgets}
    )
    assert answer.url.path in ("/auth/logout", "/session/end", "/logout")
    async with Staff.at(hospital) as thief:
        thief.client.cookies = stolen
        assert "signed-out" == (await card(thief))["state"]


async def test_a_foreign_page_cannot_sign_anybody_out(staff: Staff, hospital: World) -> None:
    """A form on another site is refused, and the session stays."""
    await staff.sign_in(ZHOU)
    answer = await staff.client.post(
        f"{hospital.at.widgets}/auth/logout", headers={"Origin": "https://evil.example"}
    )
    assert (403, "ok") == (answer.status_code, (await card(staff))["state"])


async def test_strict_callers_get_real_status_codes(staff: Staff) -> None:
    """`strict` is for monitoring: 401 signed-out; without it every state is 200."""
    assert 401 == (await staff.get("/widgets/todos?strict=1", headers=JSON)).status_code
    assert 200 == (await staff.get("/widgets/todos", headers=JSON)).status_code


async def test_a_bad_item_costs_that_item_only(staff: Staff) -> None:
    """A lone surrogate, a missing title, a script address: the others are shown."""
    staff.world.oa.odd_rows = [
        {"requestId": "1", "requestName": "\ud800坏字符", "requestLevel": "0"},
        {"requestId": "2"},
        "not a row",
        {"requestId": "javascript:alert(1)", "requestName": "<script>alert(1)</script>"},
    ]
    await staff.sign_in(SHEN)
    answer = await staff.get("/widgets/todos?limit=50", headers={**FRAGMENT, "Cache-Control": "no-cache"})
    assert answer.headers["Widget-State"] in ("ok", "stale", "partial")
    assert "<script>alert" not in answer.text
    assert "javascript:" not in re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)


async def test_a_card_that_is_the_whole_page_stays_one_when_it_refreshes(staff: Staff) -> None:
    """The page's own address for refreshes says so; its sign-out button and its version stay."""
    await staff.sign_in(ZHOU)
    page = await staff.get("/widgets/todos", headers={"Sec-Fetch-Dest": "document"})
    source = unescape(re.search(r'data-src="([^"]+)"', page.text)[1])  # type: ignore[index]
    assert 'action="' in page.text
    version = page.headers["Widget-Version"]
    assert 204 == (await staff.get(f"{source}&as=fragment&v={version}")).status_code


async def test_a_card_without_a_list_is_not_sent_again_either(staff: Staff) -> None:
    """Signed out and still signed out: 204. Signed in since then: the whole card."""
    version = (await card(staff))["version"]
    poll = f"/widgets/todos?v={version}"
    assert (204, "signed-out") == (
        (same := await staff.get(poll, headers=JSON)).status_code,
        same.headers["Widget-State"],
    )
    await staff.sign_in(ZHOU)
    assert "ok" == (await staff.get(poll, headers=JSON)).json()["state"]
