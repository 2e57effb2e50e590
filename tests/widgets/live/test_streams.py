"""`GET /widgets/events`: who may listen, what is said, and how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from demo.people import HAN, SHEN, XU, ZHOU
from tests.staff import Staff
from tests.widgets.live.ear import Ear
from tests.widgets.live.pair import Pair
from widgets import streams

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNT = "portal_widgets_streams"


async def test_nobody_listens_without_a_session(pair: Pair, staff: Staff) -> None:
    """401 and no stream; a browser that goes there is sent to sign in."""
    asked = {"Accept": "text/event-stream"}
    answer = await staff.get(f"{pair.here}/widgets/events", headers=asked)
    assert (401, b"") == (answer.status_code, answer.content)
    assert 0 == await pair.figure(COUNT)


async def test_a_stream_is_one_that_gateways_leave_alone(pair: Pair, staff: Staff) -> None:
    """Its type, nothing kept and nothing held back; it begins with the pause before coming again, and an id."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        said = {
            name: ear.answer.headers[name] for name in ("Content-Type", "Cache-Control", "X-Accel-Buffering")
        }
        await ear.until(lambda: len(ear.raw) >= 3)
    assert ("text/event-stream; charset=utf-8", "private, no-store", "no") == tuple(said.values())
    pause, _, milliseconds = ear.raw[0].partition(": ")
    assert ("retry", True, "id: 1") == (pause, 3000 <= int(milliseconds) <= 13000, ear.raw[1])


async def test_a_portal_may_listen_with_its_cards(pair: Pair, staff: Staff) -> None:
    """Cards in a portal's own page listen from its origin."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here, Origin=pair.world.at.portal) as ear:
        headers = ear.answer.headers
    assert pair.world.at.portal == headers["Access-Control-Allow-Origin"]
    assert "true" == headers["Access-Control-Allow-Credentials"]


async def test_the_oas_word_wakes_the_card_and_the_card_has_changed(pair: Pair, staff: Staff) -> None:
    """A list that is seconds old is not asked for anew, unless the OA says so: the next look has the new item."""
    await staff.sign_in(HAN)
    before = (await pair.card(staff, pair.here)).json()
    async with Ear.at(staff, pair.here) as ear:
        new = await pair.world.oa.add_urgent(HAN)
        await ear.hears("todos")
        after = await pair.card(staff, pair.here, v=before["version"])
    assert (new.title, before["total"] + 1) == (after.json()["items"][0]["title"], after.json()["total"])


async def test_a_word_at_one_instance_wakes_streams_of_another(pair: Pair, staff: Staff) -> None:
    """The OA speaks with one instance, the browser listens at the other, and looks at either."""
    await staff.sign_in(ZHOU)
    before = (await pair.card(staff, pair.there)).json()["version"]
    async with Ear.at(staff, pair.there) as ear:
        new = await pair.world.oa.add_urgent(ZHOU)
        await ear.hears("todos")
        looks = [await pair.card(staff, at, v=before) for at in (pair.there, pair.here)]
    assert [new.title, new.title] == [look.json()["items"][0]["title"] for look in looks]


async def test_an_approval_in_the_oa_takes_the_item_off_the_card(pair: Pair, staff: Staff) -> None:
    """The OA's own page, its button, its push: nothing in between is played."""
    await staff.sign_in(SHEN)
    before = (await pair.card(staff, pair.there)).json()
    done = pair.world.oa.waiting(SHEN)[0]
    async with Ear.at(staff, pair.there) as ear:
        await staff.client.post(f"{pair.world.at.oa}/login", data={"account": SHEN.account})
        await staff.client.post(f"{pair.world.at.oa}/oa/item/{done.id}", data={"decision": "approve"})
        await ear.hears("todos")
        after = (await pair.card(staff, pair.there, v=before["version"])).json()
    assert done.title in [item["title"] for item in before["items"]]
    assert done.title not in [item["title"] for item in after["items"]]


async def test_only_names_are_said(pair: Pair, staff: Staff) -> None:
    """Everything that ever comes over a stream: no title, no number, nobody's name."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        await pair.world.oa.add_urgent(HAN)
        await ear.hears("todos")
    allowed = {"id: 1", "", ":", "data: 1", "event: todos", "event: notices"}
    assert set() == set(ear.raw[1:]) - allowed


async def test_another_persons_news_are_not_mine(pair: Pair, staff: Staff) -> None:
    """ZHOU's list changes, then HAN's: HAN's browser hears of one."""
    await staff.sign_in(HAN)
    async with Staff.at(pair.world) as other, Ear.at(staff, pair.here) as ear:
        await other.sign_in(ZHOU)
        async with Ear.at(other, pair.here) as theirs:
            await pair.push(ZHOU)
            await theirs.hears("todos")
        assert [] == ear.heard


async def test_somebody_without_an_employee_number_may_listen(pair: Pair, staff: Staff) -> None:
    """Nothing is ever said but the end: their card has no list."""
    await staff.sign_in(XU)
    async with Ear.at(staff, pair.here) as ear:
        assert (200, []) == (ear.answer.status_code, ear.heard)


async def test_a_stream_ends_with_the_time_of_nobody_being_there(pair: Pair, staff: Staff) -> None:
    """15 minutes after the person last did something: `signed-out`, and no more; listening is nothing they do."""
    pair.clock.stop()
    await staff.sign_in(HAN)
    pair.clock.ahead = timedelta(minutes=15, seconds=-0.2)
    async with Ear.at(staff, pair.there) as ear:
        assert not ear.over
        pair.clock.ahead = timedelta(minutes=15)
        assert ["signed-out"] == await ear.ends()
    assert "signed-out" == (await pair.card(staff, pair.there)).headers["Widget-State"]


async def test_a_stream_ends_with_the_shift(pair: Pair, staff: Staff) -> None:
    """Twelve hours after signing in, however busy the person is."""
    pair.clock.stop()
    await staff.sign_in(HAN)
    pair.world.switches.down = True  # else it is asked, and answers by a clock that nobody turned
    for minutes in range(14, 720, 14):
        pair.clock.ahead = timedelta(minutes=minutes)
        await pair.card(staff, pair.here, active="1")
    pair.clock.ahead = timedelta(hours=12, seconds=-0.2)
    async with Ear.at(staff, pair.here) as ear:
        assert not ear.over
        pair.clock.ahead = timedelta(hours=12)
        assert ["signed-out"] == await ear.ends()


async def test_a_browser_that_was_cut_off_looks_again(pair: Pair, staff: Staff) -> None:
    """It says that it was here before (HTML §9.2.4), and may have missed something."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here, Last_Event_ID="1") as ear:
        await ear.until(lambda: len(ear.heard) == 2)
    assert ["notices", "todos"] == ear.heard


async def test_a_browser_that_leaves_is_forgotten(pair: Pair, staff: Staff) -> None:
    """Streams are counted while they are open, and no longer."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here), Ear.at(staff, pair.here):
        assert 2 == await pair.figure(COUNT)
    await pair.until(COUNT, 0)


async def test_asking_for_the_head_leaves_nothing_open(pair: Pair, staff: Staff) -> None:
    await staff.sign_in(HAN)
    answer = await staff.client.head(f"{pair.here}/widgets/events")
    assert (200, b"") == (answer.status_code, answer.content)
    await pair.until(COUNT, 0)


async def test_too_many_streams_of_one_person_end_the_oldest(
    pair: Pair, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person has a handful of browsers; whatever opens more loses its first."""
    monkeypatch.setattr(streams, "MOST_OF_ONE", 2)
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as first, Ear.at(staff, pair.here), Ear.at(staff, pair.here):
        assert [] == await first.ends()
        assert 2 == await pair.figure(COUNT)


async def test_too_many_streams_of_an_instance_are_sent_away(
    pair: Pair, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with a time to come again: a browser gives the stream up then, and its cards look every minute."""
    monkeypatch.setattr(streams, "MOST", 1)
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        answer = await staff.get(f"{pair.here}/widgets/events", headers={"Accept": "text/event-stream"})
        assert (503, "60", b"") == (answer.status_code, answer.headers["Retry-After"], answer.content)
        assert "ok" == (await pair.card(staff, pair.here)).headers["Widget-State"]
        assert not ear.over
