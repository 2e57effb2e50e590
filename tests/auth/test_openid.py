"""What OpenID centres may offer, ask and get wrong: keys for all instances, refresh, our own keys, pushed requests."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey
from quart import Response
from redis.asyncio import Redis
from structlog.testing import capture_logs

from auth.credentials import ClientKeys, Credentials, Method
from auth.errors import CentreError, SignInRefused
from auth.oidc import Wishes
from auth.sealing import KeyRing
from auth.session import Tokens
from tests.auth.conftest import Clock
from tests.auth.tokens import AT, ISSUER, RSA, RSA_TWIN, STRANGER
from tests.auth.world import OURS, World, parameter, served


async def outcome(world: World) -> str:
    """The code that ends a sign-in; empty: somebody is signed in."""
    await world.browser().sign_in()
    return world.reasons()[-1]


# keys, for every instance at once


@pytest.fixture
def beside(world: World, redis: Redis, keys: KeyRing, clock: Clock) -> World:
    """A second instance of the service."""
    return World(redis, keys, clock, centre=world.centre)


async def test_a_key_that_one_instance_fetched_is_known_to_the_others_without_asking(
    world: World, beside: World
) -> None:
    for each in (world, beside):
        await each.browser().sign_in()
    world.centre.key = RSA_TWIN
    world.centre.asked.clear()
    assert [await outcome(world), await outcome(beside)] == ["", ""]
    assert world.centre.asked.count("/jwks") == 1


async def test_strange_keys_make_all_instances_together_ask_once_a_minute(
    world: World, beside: World
) -> None:
    for each in (world, beside):
        await each.browser().sign_in()
    world.centre.lies = {"iss": "x"}
    world.centre.key = RSA_TWIN
    world.centre.asked.clear()
    for each in (world, beside, world, beside):
        await outcome(each)
    assert world.centre.asked.count("/jwks") == 1


async def test_instances_that_need_a_key_at_the_same_moment_share_one_answer(
    world: World, beside: World
) -> None:
    for each in (world, beside):
        await each.browser().sign_in()
    world.centre.key = STRANGER
    world.centre.asked.clear()
    assert await asyncio.gather(outcome(world), outcome(beside)) == ["", ""]
    assert world.centre.asked.count("/jwks") == 1


async def test_keys_planted_in_redis_are_not_believed(world: World, beside: World, redis: Redis) -> None:
    for each in (world, beside):
        await each.browser().sign_in()
    world.centre.key = RSA_TWIN
    await outcome(world)
    board = [name async for name in redis.scan_iter("pw:{keys:*:board")]
    stranger = json.dumps({"keys": [STRANGER.as_dict(private=False)]}).encode()
    turn = await redis.get(board[0].replace(b":board", b":turn"))
    await redis.set(board[0], turn + stranger)
    world.centre.key = STRANGER
    assert await outcome(beside) == "token-signature"


async def test_without_redis_an_instance_fetches_new_keys_by_itself(
    redis: Redis, away: Redis, keys: KeyRing, clock: Clock
) -> None:
    world = World(redis, keys, clock, board=away)
    await world.browser().sign_in()
    world.centre.key = RSA_TWIN
    assert await outcome(world) == ""


async def test_a_centre_that_publishes_no_readable_key_is_named(world: World) -> None:
    world.centre.key = RSAKey.generate_key(2048, {"kid": "e", "use": "enc"})
    assert await outcome(world) == "centre-keys"


@pytest.mark.parametrize("published", [[], [{"kty": "odd"}], [RSA_TWIN.as_dict(private=False)] * 3000])
async def test_a_key_set_that_is_no_use_does_not_replace_the_good_one(
    world: World, clock: Clock, published: list[Any]
) -> None:
    """Empty, unreadable, or of 1.5 MB: the last good one holds for a day, and the centre is asked every 5 s at most."""
    await world.browser().sign_in()
    world.centre.published = published
    clock.move(hours=23)
    world.centre.asked.clear()
    assert [await outcome(world), await outcome(world)] == ["", ""]
    assert world.centre.asked.count("/jwks") == 1
    clock.move(hours=2)
    assert (await outcome(world)).startswith("centre-")


async def test_a_key_that_was_withdrawn_is_believed_for_ten_minutes_at_most(
    world: World, clock: Clock
) -> None:
    await world.browser().sign_in()
    world.centre.published = [RSA_TWIN.as_dict(private=False)]
    clock.move(minutes=9)
    assert await outcome(world) == ""
    clock.move(minutes=1)
    assert await outcome(world) == "token-key-unknown"


async def test_metadata_that_go_wrong_do_not_replace_the_good_ones(world: World, clock: Clock) -> None:
    """Something in between meddles: people sign in as before, where the centre was when it was last understood."""
    await world.browser().sign_in()
    world.centre.metadata = {"issuer": "https://evil.test", "token_endpoint": "https://evil.test/token"}
    clock.move(hours=2)
    assert await outcome(world) == ""


async def test_a_whole_new_key_set_is_told_to_the_operator(world: World, clock: Clock) -> None:
    """It may be a rotation in a hurry, or somebody in between; a key added beside the old one is neither."""
    await world.browser().sign_in()
    world.centre.published = [each.as_dict(private=False) for each in (RSA, RSA_TWIN)]
    clock.move(minutes=10)
    with capture_logs() as quiet:
        await outcome(world)
    world.centre.published, world.centre.key = None, STRANGER
    clock.move(minutes=10)
    with capture_logs() as loud:
        assert await outcome(world) == ""
    told = [[line["event"] for line in lines].count("provider.every_key_is_new") for lines in (quiet, loud)]
    assert told == [0, 1]


# answers of the token endpoint that are none


async def drip() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.sleep(60)
    yield b"}"


def html() -> Response:
    return Response("<title>maintenance</title>", content_type="text/html")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (html, "centre-bad-answer"),
        (lambda: Response(status=302, headers={"Location": "http://169.254.169.254/"}), "centre-unavailable"),
        (lambda: Response(b"x" * 5_000_000), "centre-unavailable"),
        (lambda: Response("{}", content_type="application/json"), "tokens-malformed"),
        (lambda: Response("[]", content_type="application/json"), "centre-bad-answer"),
        (lambda: Response(status=500), "centre-unavailable"),
        (lambda: Response(b"", status=204), "centre-bad-answer"),
        (lambda: Response('{"error": ["x"]}', status=400), "code-refused"),
    ],
)
async def test_a_token_answer_that_is_none_ends_with_a_code(
    world: World, answer: Callable[[], Response], code: str
) -> None:
    world.centre.token_answer = answer
    assert await outcome(world) == code


async def test_a_token_answer_that_drips_ends_within_the_deadline(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    world = World(redis, keys, clock, deadline=0.5)
    world.centre.token_answer = lambda: Response(drip(), content_type="application/json")  # type: ignore[arg-type]
    assert await outcome(world) == "centre-unavailable"


async def test_a_token_endpoint_on_another_host_is_never_called(world: World) -> None:
    """Metadata may name one, and the browser may be sent on; but our server calls the issuer's own host alone."""
    world.centre.metadata = {
        "token_endpoint": "https://evil.test/token",
        "id_token_signing_alg_values_supported": ["none", "HS256"],
    }
    assert await outcome(world) == "centre-unavailable"
    assert world.centre.hosts == {"sso.hospital.test"}


@pytest.mark.parametrize(("length", "code"), [(60_000, ""), (70_000, "centre-bad-answer")])
async def test_metadata_of_more_than_64_kib_are_not_read(world: World, length: int, code: str) -> None:
    world.centre.metadata = {"padding": "x" * length}
    browser = world.browser()
    await browser.get("/auth/login")
    assert world.reasons()[-1:] == ([code] if code else [])


# refresh


async def tokens(world: World) -> Tokens:
    """Those of a sign-in at a centre that hands out refresh tokens."""
    world.centre.refreshes = True
    browser = world.browser()
    answer = await browser.sign_in()
    session = world.sessions.recognise(answer.headers["Set-Cookie"].split(";")[0])
    assert session is not None
    held = await world.sessions.vault.read(session)
    assert held is not None
    return held.tokens


async def renewed(world: World, held: Tokens) -> Tokens:
    fresh = await world.openid.renew(held)
    assert fresh is not None
    return fresh


async def test_a_refresh_brings_new_tokens(world: World, clock: Clock) -> None:
    held = await tokens(world)
    clock.move(minutes=10)
    fresh = await renewed(world, held)
    assert fresh.refresh_token not in (None, held.refresh_token)
    assert fresh.id_token != held.id_token


async def test_each_refresh_token_is_used_once(world: World) -> None:
    fresh = await renewed(world, await tokens(world))
    assert (await renewed(world, fresh)).refresh_token != fresh.refresh_token


async def test_what_a_refresh_leaves_out_stays_as_it_was(world: World) -> None:
    held = await tokens(world)
    world.centre.renewed_answer = {"id_token": ..., "refresh_token": ...}
    assert await renewed(world, held) == held


async def test_without_a_refresh_token_the_centre_cannot_be_asked(world: World) -> None:
    assert await world.openid.renew(Tokens("id", "access")) is None


async def test_a_person_who_is_gone_from_the_centre_is_refused(world: World) -> None:
    held = await tokens(world)
    world.centre.who = None
    with pytest.raises(SignInRefused, match=r"^renewal-refused$"):
        await world.openid.renew(held)


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"iss": ISSUER + "1"}, "token-issuer"),
        ({"sub": "u-10010"}, "token-subject"),
        ({"aud": "somebody-else"}, "token-audience"),
        ({"aud": ["portal-widgets", "somebody-else"]}, "token-audience"),
        ({"azp": "somebody-else"}, "token-azp"),
        ({"nonce": "another"}, "token-nonce"),
        ({"auth_time": AT}, "token-auth-time"),
        ({"exp": AT - 3600}, "token-expired"),
        ({"events": {}}, "token-type"),
        ({"at_hash": "x"}, "token-at-hash"),
    ],
)
async def test_a_refresh_that_speaks_of_something_else_is_refused(
    world: World, lies: dict[str, Any], code: str
) -> None:
    held = await tokens(world)
    world.centre.renewed_lies = lies
    with pytest.raises(SignInRefused, match=rf"^{code}$"):
        await world.openid.renew(held)


async def test_a_refresh_signed_by_a_stranger_is_refused(world: World) -> None:
    held = await tokens(world)
    world.centre.renewed_answer = {"id_token": held.id_token[:-8] + "AAAAAAAA"}
    with pytest.raises(SignInRefused, match=r"^token-signature$"):
        await world.openid.renew(held)


@pytest.mark.parametrize("answer", [html, lambda: Response(status=503)])
async def test_a_centre_that_cannot_answer_a_refresh_signs_nobody_out(
    world: World, answer: Callable[[], Response]
) -> None:
    held = await tokens(world)
    world.centre.token_answer = answer
    with pytest.raises(CentreError):
        await world.openid.renew(held)


@pytest.mark.parametrize("member", ["access_token", "token_type"])
async def test_a_refresh_without_tokens_signs_nobody_out(world: World, member: str) -> None:
    held = await tokens(world)
    world.centre.renewed_answer = {member: ...}
    with pytest.raises(CentreError, match="bad-answer"):
        await world.openid.renew(held)


async def test_members_that_are_null_are_not_there(world: World) -> None:
    held = await tokens(world)
    world.centre.renewed_answer = {"id_token": None, "refresh_token": None}
    assert await renewed(world, held) == held


async def test_a_refresh_refused_for_another_reason_than_the_person_signs_nobody_out(world: World) -> None:
    held = await tokens(world)
    world.centre.token_answer = lambda: Response('{"error": "invalid_client"}', status=401)
    with pytest.raises(CentreError, match="renewal"):
        await world.openid.renew(held)


# who we are


def pem(*keys: RSAKey | ECKey) -> str:
    return "\n".join(key.as_pem(private=True).decode() for key in keys)


@cache
def ours(text: str) -> ClientKeys:
    """Read once: that takes longer than a sign-in."""
    return ClientKeys.parse(text)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_the_secret_travels_as_it_was_agreed(
    redis: Redis, keys: KeyRing, clock: Clock, method: Method
) -> None:
    world = World(redis, keys, clock, credentials=Credentials(method, "s3cret-of-the-service"))
    assert await outcome(world) == ""


@pytest.mark.parametrize("key", [RSA, ECKey.generate_key("P-256")], ids=["RSA", "EC"])
@pytest.mark.parametrize(("audience", "named"), [("issuer", ISSUER), ("token_endpoint", f"{ISSUER}/token")])
async def test_a_key_of_our_own_proves_who_asks(
    redis: Redis, keys: KeyRing, clock: Clock, key: RSAKey | ECKey, audience: Any, named: str
) -> None:
    own = ours(pem(key))
    credentials = Credentials("private_key_jwt", keys=own, audience=audience)
    world = World(redis, keys, lambda: clock(), credentials=credentials)
    world.centre.client_keys = own.published()["keys"]
    assert await outcome(world) == ""
    assert world.centre.audiences == [named]


async def test_a_key_of_our_own_refreshes_too(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    own = ours(pem(RSA))
    world = World(redis, keys, clock, credentials=Credentials("private_key_jwt", keys=own))
    world.centre.client_keys = own.published()["keys"]
    assert (await renewed(world, await tokens(world))).refresh_token


async def test_a_key_that_the_centre_does_not_know_signs_nobody_in(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    own, other = ours(pem(RSA)), ours(pem(RSA_TWIN))
    world = World(redis, keys, clock, credentials=Credentials("private_key_jwt", keys=own))
    world.centre.client_keys = other.published()["keys"]
    assert await outcome(world) in ("centre-unavailable", "code-refused")


# pushed requests


PAR = {"pushed_authorization_request_endpoint": f"{ISSUER}/par"}
DEMANDED = {**PAR, "require_pushed_authorization_requests": True}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
async def test_a_request_is_pushed_where_the_centre_takes_it(
    redis: Redis, keys: KeyRing, clock: Clock, method: Method
) -> None:
    own = ours(pem(RSA))
    credentials = Credentials(method, "s3cret-of-the-service", own)
    world = World(redis, keys, clock, credentials=credentials)
    world.centre.client_keys, world.centre.metadata = own.published()["keys"], PAR
    away = (await world.browser().get("/auth/login")).headers["Location"]
    assert set(away.partition("?")[2].split("&")[0].split("=")[:1]) == {"client_id"}
    assert "state" not in away
    assert parameter(away, "request_uri").startswith("urn:")
    assert await outcome(world) == ""


async def test_a_request_that_the_centre_does_not_take_goes_the_usual_way(world: World) -> None:
    world.centre.metadata, world.centre.refuses_pushing = PAR, True
    assert await outcome(world) == ""


async def test_a_push_that_leads_elsewhere_goes_the_usual_way(world: World) -> None:
    world.centre.metadata = {"pushed_authorization_request_endpoint": "https://elsewhere.test/par"}
    assert await outcome(world) == ""


async def test_a_centre_that_insists_on_pushing_and_takes_nothing_is_named(world: World) -> None:
    world.centre.metadata, world.centre.refuses_pushing = DEMANDED, True
    await world.browser().get("/auth/login")
    assert world.reasons()[-1] == "centre-pushing"


# what is asked beyond the standard


async def test_how_and_when_a_person_proved_themselves_is_asked_for(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    world = World(redis, keys, clock, wishes=Wishes(acr_values=("urn:smartcard", "urn:otp"), max_age=3600))
    away = (await world.browser().get("/auth/login")).headers["Location"]
    asked = (parameter(away, "acr_values"), parameter(away, "max_age"))
    assert asked == ("urn:smartcard urn:otp", "3600")


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"acr": "urn:otp", "auth_time": AT - 3000}, ""),
        ({"acr": "urn:password", "auth_time": AT - 3000}, "token-acr"),
        ({"auth_time": AT - 3000}, "token-acr"),
        ({"acr": ["urn:otp"], "auth_time": AT - 3000}, "token-acr"),
        ({"acr": "urn:otp"}, "token-auth-time"),
        ({"acr": "urn:otp", "auth_time": AT - 4000}, "token-auth-time"),
        ({"acr": "urn:otp", "auth_time": "yesterday"}, "token-auth-time"),
    ],
)
async def test_the_answer_is_held_to_what_was_asked(
    redis: Redis, keys: KeyRing, clock: Clock, lies: dict[str, Any], code: str
) -> None:
    world = World(redis, keys, clock, wishes=Wishes(acr_values=("urn:smartcard", "urn:otp"), max_age=3600))
    world.centre.lies = lies
    assert await outcome(world) == code


# answers that the browser posts


POSTED = Wishes(response_mode="form_post")


async def posted(world: World) -> tuple[Any, str, dict[str, str]]:
    """A browser at the centre's page, the address of its form, and what stands in it."""
    browser = world.browser()
    away = (await browser.get("/auth/login")).headers["Location"]
    page = (await browser.get(away)).text
    action = re.findall(r'action="([^"]*)"', page)[0]
    return browser, action, dict(re.findall(r'name="([^"]*)" value="([^"]*)"', page))


async def test_an_answer_may_be_posted(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    world = World(redis, keys, clock, wishes=POSTED)
    browser, action, form = await posted(world)
    assert (action, set(form)) == (f"{OURS}/auth/callback", {"state", "iss", "code"})
    assert (await browser.send(action, form)).status_code == 303
    assert (await browser.get("/me")).text == "10086 王芳 auditor"


async def test_the_binding_comes_with_a_form_of_another_site(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    world = World(redis, keys, clock, wishes=POSTED)
    cookie = (await world.browser().get("/auth/login")).headers["Set-Cookie"]
    assert "SameSite=None; Secure" in cookie and "HttpOnly" in cookie


async def test_a_posted_error_is_a_refusal(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    world = World(redis, keys, clock, wishes=POSTED)
    world.centre.error = "access_denied"
    browser, action, form = await posted(world)
    assert (await browser.send(action, form)).status_code == 400
    assert world.reasons()[-1] == "access-denied"


async def test_a_form_posted_from_another_browser_signs_nobody_in(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    world = World(redis, keys, clock, wishes=POSTED)
    _, action, form = await posted(world)
    await world.browser().send(action, form)
    assert world.reasons()[-1] == "browser-other"


async def test_a_silent_answer_always_comes_in_the_address(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    world = World(redis, keys, clock, wishes=POSTED)
    browser = world.browser()
    back = await browser.leave("?silent=1&return=/widgets/todos")
    assert (await browser.get(back)).headers["Location"] == f"{OURS}/widgets/todos"


@pytest.mark.parametrize("body", [b"", b"state=", b"\xff=\xff", b"state=a&state=b", b"code=c"])
async def test_a_posted_answer_that_is_none_is_a_refusal(world: World, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with httpx2.AsyncClient(transport=served(world.app), trust_env=False) as http:
        assert (await http.post(f"{OURS}/auth/callback", content=body, headers=headers)).status_code == 400


# signed userinfo


async def test_signed_userinfo_is_understood(world: World) -> None:
    world.centre.signed_userinfo = {"iss": ISSUER, "aud": "portal-widgets"}
    browser = world.browser()
    await browser.sign_in()
    assert (await browser.get("/me")).text == "10086 王芳 auditor"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, ""),
        ({"iss": ISSUER + "1"}, "token-issuer"),
        ({"aud": "somebody-else"}, "token-audience"),
        ({"exp": AT - 3600}, "token-expired"),
        ({"exp": "soon"}, "token-expired"),
        ({"nonce": "n"}, "token-type"),
        ({"sub": "u-10010"}, "token-userinfo-subject"),
    ],
)
async def test_signed_userinfo_is_checked(world: World, members: dict[str, Any], code: str) -> None:
    world.centre.signed_userinfo = members
    assert await outcome(world) == code
