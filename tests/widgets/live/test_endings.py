"""What ends a stream from outside: a sign-out anywhere, a Redis that was away, an OA that is down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from demo.people import HAN, ZHOU
from tests.staff import Staff
from tests.widgets.live.ear import Ear
from tests.widgets.live.pair import Pair

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNT = "portal_widgets_streams"


async def sign_out_at_the_centre(pair: Pair, staff: Staff) -> None:
    """The person presses the centre's own button; its server tells the service (Back-Channel Logout 1.0)."""
    centre = pair.world.at.identity
    await staff.client.post(f"{centre}/sign-out", headers={"Origin": centre})


async def test_a_sign_out_at_one_instance_ends_the_stream_at_the_other(pair: Pair, staff: Staff) -> None:
    """The person presses sign-out: the open card elsewhere is told, its stream ends, and nobody listens again."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.there) as ear:
        await staff.client.post(f"{pair.here}/auth/logout", headers={"Origin": pair.world.at.widgets})
        assert ["signed-out"] == await ear.ends()
    answer = await staff.get(f"{pair.there}/widgets/events", headers={"Accept": "text/event-stream"})
    assert 401 == answer.status_code


async def test_a_sign_out_at_the_centre_reaches_the_streams_of_both_instances(
    pair: Pair, staff: Staff
) -> None:
    """Its message comes to one instance; a second person's stream goes on."""
    await staff.sign_in(HAN)
    async with Staff.at(pair.world) as other:
        await other.sign_in(ZHOU)
        async with (
            Ear.at(staff, pair.here) as one,
            Ear.at(staff, pair.there) as two,
            Ear.at(other, pair.there) as theirs,
        ):
            await sign_out_at_the_centre(pair, staff)
            assert (["signed-out"], ["signed-out"]) == (await one.ends(), await two.ends())
            assert (False, []) == (theirs.over, theirs.heard)


async def test_a_session_that_the_centre_revoked_loses_its_stream(pair: Pair, staff: Staff) -> None:
    """Nobody announced it: the centre says no when it is asked again, at somebody's look."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.there) as ear:
        pair.world.switches.token_refused = True
        pair.clock.ahead = timedelta(minutes=11)
        await pair.card(staff, pair.here)
        assert ["signed-out"] == await ear.ends()


async def test_an_oa_that_fails_wakes_the_card_all_the_same(pair: Pair, staff: Staff) -> None:
    """It pushed, and then answered nonsense: the card keeps its list and says how old it is."""
    await staff.sign_in(HAN)
    before = (await pair.card(staff, pair.here)).json()
    async with Ear.at(staff, pair.here) as ear:
        pair.world.oa.mode = "garbage"
        await pair.push(HAN)
        await ear.hears("todos")
        shown = (await pair.card(staff, pair.here)).json()
    assert ("stale", before["items"][0]["title"]) == (shown["state"], shown["items"][0]["title"])


async def test_while_redis_is_away_its_own_streams_are_woken(pair: Pair, staff: Staff) -> None:
    """No word reaches the other instance; 204 all the same, and readiness says so."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        async with pair.without_redis(0):
            new = await pair.world.oa.add_urgent(HAN)
            await ear.hears("todos")
            assert new.title == (await pair.card(staff, pair.here)).json()["items"][0]["title"]
            ready = (await pair.http.get(f"{pair.here}/readyz")).json()
            assert (True, "down") == (ready["ready"], ready["redis"]["state"])
        await ear.ends()


async def test_after_redis_was_away_whoever_listens_comes_again(pair: Pair, staff: Staff) -> None:
    """What was said meanwhile was not heard here: streams end, browsers come again, are checked, and look."""
    await staff.sign_in(HAN)
    async with Staff.at(pair.world) as other:
        await other.sign_in(ZHOU)
        async with Ear.at(staff, pair.there) as ear, Ear.at(other, pair.there) as theirs:
            async with pair.without_redis(1):
                await staff.client.post(f"{pair.here}/auth/logout", headers={"Origin": pair.world.at.widgets})
            assert ([], []) == (await ear.ends(), await theirs.ends())
        gone = await staff.get(f"{pair.there}/widgets/events", headers={"Accept": "text/event-stream"})
        assert 401 == gone.status_code
        async with Ear.at(other, pair.there, Last_Event_ID="1") as again:
            await again.hears("todos")


async def test_a_connection_to_redis_that_was_cut_is_noticed(pair: Pair, staff: Staff) -> None:
    """Cut for a moment only, by Redis itself, and mended by the library: something may have been said meanwhile."""
    await staff.sign_in(HAN)
    async with Redis(port=pair.world.valkey.port) as redis, Ear.at(staff, pair.there) as ear:
        assert await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert [] == await ear.ends()
        async with Ear.at(staff, pair.there, Last_Event_ID="1") as again:
            await again.hears("todos")
            await pair.push(HAN, at=pair.here)
            await again.hears("todos")


async def test_what_others_write_into_the_channel_does_no_harm(pair: Pair, staff: Staff) -> None:
    """Whoever has our Redis can make cards look, and nothing else; nonsense is not there."""
    await staff.sign_in(HAN)
    async with Redis(port=pair.world.valkey.port) as redis, Ear.at(staff, pair.there) as ear:
        for said in (b"", b"\xff", b"[]", b"null", b"1", b'{"changed": 1}', b'{"ended": "x"}', b"[" * 9000):
            await redis.publish("pw:wake-ups", said)
        await redis.publish("pw:wake-ups", b'{"changed": "main-oa", "slots": [1, null, "*"]}')
        await redis.publish("pw:wake-ups", b'{"changed": "nobody", "slots": ["*"]}')
        await pair.push(HAN, at=pair.here)
        await ear.hears("todos")
        assert not ear.over
