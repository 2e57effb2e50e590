"""From "sign in" to a session and out again: real routes, a real store, an identity centre that can lie."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from audit.trail import Action, Outcome
from tests.auth.conftest import Clock
from tests.auth.tokens import ISSUER, RSA_TWIN, STRANGER
from tests.auth.world import OURS, PORTAL, World, parameter, served

SILENT = "?silent=1&return=/widgets/todos"


# the honest way


async def test_a_sign_in_ends_in_a_session(world: World) -> None:
    browser = world.browser()
    answer = await browser.sign_in("?return=/widgets/todos?size=list")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{OURS}/widgets/todos?size=list")
    assert (await browser.get("/me")).text == "10086 王芳 auditor"


async def test_a_sign_in_without_a_return_path_ends_on_its_own_page(world: World) -> None:
    browser = world.browser()
    answer = await browser.sign_in()
    assert (await browser.get(answer.headers["Location"])).text == "signed in"


async def test_a_silent_sign_in_asks_for_no_page(world: World) -> None:
    away = await world.browser().get(f"/auth/login{SILENT}")
    assert parameter(away.headers["Location"], "prompt") == "none"


async def test_the_centre_is_asked_as_the_standards_say(world: World) -> None:
    url = (await world.browser().get("/auth/login")).headers["Location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    shown = {
        name: asked[name] for name in ("response_type", "scope", "redirect_uri", "code_challenge_method")
    }
    assert shown == {
        "response_type": "code",
        "scope": "openid profile",
        "redirect_uri": f"{OURS}/auth/callback",
        "code_challenge_method": "S256",
    }
    assert [len(asked[name]) for name in ("nonce", "code_challenge")] == [43, 43]
    assert 43 < len(asked["state"]) < 80


async def test_the_server_reaches_the_centre_at_its_inner_address_under_its_public_name(world: World) -> None:
    await world.browser().sign_in()
    assert world.centre.hosts == {"sso.hospital.test"}


async def test_a_sign_in_is_recorded_with_account_request_and_peer(world: World) -> None:
    await world.browser().sign_in()
    event = world.trail[-1]
    seen = (event.action, event.outcome, event.actor, event.request_id, event.peer)
    assert seen == (Action.SIGN_IN, Outcome.OK, "10086", "0199-abcdef012345", "10.9.8.7")


async def test_two_tabs_sign_in_beside_each_other(world: World) -> None:
    browser = world.browser()
    first, second = await browser.leave(), await browser.leave()
    assert [(await browser.get(url)).status_code for url in (first, second)] == [303, 303]


async def test_two_frames_that_load_at_once_both_come_back_signed_in(world: World) -> None:
    browser = world.browser()
    backs = await asyncio.gather(browser.leave(SILENT), browser.leave(SILENT))
    answers = await asyncio.gather(*(browser.get(url) for url in backs))
    assert [answer.headers["Location"] for answer in answers] == [f"{OURS}/widgets/todos"] * 2
    cookies = [answer.headers["Set-Cookie"].split(";")[0] for answer in answers]
    sessions = [world.sessions.recognise(cookie) for cookie in cookies]
    assert [(await world.sessions.check(session)).session for session in sessions if session] == sessions


async def test_a_frame_that_comes_back_later_leaves_the_others_session_alone(world: World) -> None:
    browser = world.browser()
    backs = [await browser.leave(SILENT), await browser.leave(SILENT)]
    first = (await browser.get(backs[0])).headers["Set-Cookie"].split(";")[0]
    await browser.get(backs[1])
    session = world.sessions.recognise(first)
    assert session is not None
    assert (await world.sessions.check(session)).session == session


async def test_a_second_sign_in_ends_the_first_session(world: World, clock: Clock) -> None:
    browser = world.browser()
    old = (await browser.sign_in()).headers["Set-Cookie"].split(";")[0]
    clock.move(minutes=5)
    await browser.sign_in()
    assert world.sessions.recognise(old) is None


async def test_a_sign_in_as_somebody_else_ends_the_first_session_at_once(world: World) -> None:
    browser = world.browser()
    old = (await browser.sign_in()).headers["Set-Cookie"].split(";")[0]
    world.centre.who = "10010"
    await browser.sign_in()
    assert world.sessions.recognise(old) is None


async def test_somebody_without_an_account_is_signed_in_but_has_none(world: World) -> None:
    world.centre.lies = {"employee_no": ["10086"]}
    browser = world.browser()
    await browser.sign_in()
    assert (await browser.get("/me")).text == "None 王芳 auditor"


# attacks on the callback


async def refusal(world: World, url: str, browser: Any = None) -> tuple[int, str]:
    answer = await (browser or world.browser()).get(url)
    return answer.status_code, answer.text


async def test_a_callback_works_once(world: World) -> None:
    browser = world.browser()
    back = await browser.leave()
    await browser.get(back)
    assert await refusal(world, back, browser) == (400, "state-unknown EF012345")


async def test_a_state_that_we_never_gave_is_refused(world: World) -> None:
    browser = world.browser()
    await browser.leave()
    foreign = f"/auth/callback?state={'A' * 43}&code=c&iss={ISSUER}"
    assert await refusal(world, foreign, browser) == (400, "state-unknown EF012345")


async def test_a_callback_without_state_is_refused(world: World) -> None:
    assert await refusal(world, "/auth/callback?code=c") == (400, "state-missing EF012345")


async def test_a_callback_in_another_browser_is_refused(world: World) -> None:
    back = await world.browser().leave()
    other = world.browser()
    await other.leave()
    assert await refusal(world, back, other) == (400, "browser-other EF012345")


@pytest.mark.parametrize("silent", ["", "?silent=1&return=/widgets/todos"])
async def test_a_link_scanner_that_asks_first_costs_nobody_their_sign_in(world: World, silent: str) -> None:
    """A gateway that looks at addresses before it lets the browser go there has no cookie, and uses nothing up."""
    browser = world.browser()
    back = await browser.leave(silent)
    async with httpx2.AsyncClient(transport=served(world.app), trust_env=False) as scanner:
        looks = [(await scanner.request(method, back)).status_code for method in ("HEAD", "GET")]
    assert [200, 303 if silent else 400] == looks
    await browser.get(back)
    assert 200 == (await browser.get("/me")).status_code


async def test_a_planted_copy_of_the_binding_cookie_does_not_help(world: World) -> None:
    browser = world.browser()
    back = await browser.leave()
    pairs = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    doubled = {"Cookie": f"{pairs}; {pairs}"}
    answer = await world.browser().get(back, headers=doubled)
    assert answer.text == "browser-other EF012345"


async def test_a_parameter_given_twice_is_refused(world: World) -> None:
    browser = world.browser()
    back = await browser.leave()
    assert await refusal(world, f"{back}&code=other", browser) == (400, "parameter-duplicated EF012345")


async def test_an_attempt_older_than_five_minutes_is_over(world: World) -> None:
    browser = world.browser()
    back = await browser.leave()
    names = await world.redis.keys("pw:login:*")
    assert [await world.redis.ttl(name) in range(290, 301) for name in names] == [True]
    await world.redis.delete(*names)
    assert await refusal(world, back, browser) == (400, "state-unknown EF012345")


async def late(world: World, clock: Clock, browser: Any, back: str) -> Any:
    """The answer to a callback ten minutes later: Redis has forgotten the attempt."""
    clock.move(minutes=10)
    await world.redis.flushall()
    return await browser.get(back)


async def test_an_attempt_that_comes_back_too_late_begins_anew_once(world: World, clock: Clock) -> None:
    """Somebody was called away from the centre's page: no error, and no endless circle either."""
    browser = world.browser()
    away = await late(world, clock, browser, await browser.leave())
    assert away.headers["Location"].startswith(f"{ISSUER}/authorize?")
    back = (await browser.get(away.headers["Location"])).headers["Location"]
    answer = await late(world, clock, browser, back)
    assert (answer.status_code, answer.text) == (400, "state-unknown EF012345")


async def test_the_new_attempt_signs_in(world: World, clock: Clock) -> None:
    browser = world.browser()
    away = await late(world, clock, browser, await browser.leave())
    back = (await browser.get(away.headers["Location"])).headers["Location"]
    assert (await browser.get(back)).headers["Location"] == f"{OURS}/auth/done"
    assert (await browser.get("/me")).status_code == 200


async def test_a_frame_that_comes_back_too_late_begins_nothing(world: World, clock: Clock) -> None:
    browser = world.browser()
    answer = await late(world, clock, browser, await browser.leave(SILENT))
    assert (answer.status_code, answer.text) == (400, "state-unknown EF012345")


async def test_a_state_of_somebody_else_begins_nothing_however_old(world: World, clock: Clock) -> None:
    browser = world.browser()
    back = await browser.leave()
    state = parameter(back, "state")
    changed = state[:-1] + ("A" if state[-1] != "A" else "B")
    answer = await late(world, clock, browser, back.replace(state, changed))
    assert answer.status_code == 400


async def test_a_late_answer_of_the_day_before_begins_nothing(world: World, clock: Clock) -> None:
    browser = world.browser()
    back = await browser.leave()
    clock.move(hours=24)
    assert (await late(world, clock, browser, back)).status_code == 400


async def test_redis_names_no_state(world: World) -> None:
    """It is looked up by its hash: how long the look-up takes tells nobody a letter of it."""
    state = parameter(await world.browser().leave(), "state")
    names = [name.decode() for name in await world.redis.keys("*")]
    values = [bytes(await world.redis.get(name)) for name in names]
    assert names
    assert not any(state[:8] in name for name in names) and not any(state.encode() in each for each in values)


@pytest.mark.parametrize(
    ("names_itself", "code"), [("https://evil.test", "issuer-other"), (None, "issuer-missing")]
)
async def test_an_answer_of_another_issuer_is_refused(
    world: World, names_itself: str | None, code: str
) -> None:
    world.centre.names_itself = names_itself
    browser = world.browser()
    assert (await browser.sign_in()).text == f"{code} EF012345"


async def test_a_wrong_issuer_is_refused_before_its_error_is_read(world: World) -> None:
    world.centre.names_itself, world.centre.error = "https://evil.test", "access_denied"
    assert (await world.browser().sign_in()).text == "issuer-other EF012345"


async def test_an_issuer_that_is_not_advertised_need_not_be_there(world: World) -> None:
    world.centre.metadata = {"authorization_response_iss_parameter_supported": False}
    world.centre.names_itself = None
    assert (await world.browser().sign_in()).status_code == 303


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"nonce": "other"}, "token-nonce"),
        ({"aud": "other"}, "token-audience"),
        ({"iss": "https://evil.test"}, "token-issuer"),
        ({"exp": 1}, "token-expired"),
        ({"at_hash": "AAAA"}, "token-at-hash"),
    ],
)
async def test_a_bad_id_token_signs_nobody_in_and_asks_for_no_userinfo(
    world: World, lies: dict[str, Any], code: str
) -> None:
    world.centre.lies = lies
    answer = await world.browser().sign_in()
    assert (answer.status_code, answer.text) == (400, f"{code} EF012345")
    assert "Set-Cookie" not in answer.headers
    assert "/userinfo" not in world.centre.asked


async def test_userinfo_of_somebody_else_signs_nobody_in(world: World) -> None:
    world.centre.userinfo = {"sub": "u-1"}
    assert (await world.browser().sign_in()).text == "token-userinfo-subject EF012345"


@pytest.mark.parametrize(
    "answer",
    [
        {"id_token": None},
        {"access_token": 7},
        {"access_token": "two words"},
        {"access_token": "line\r\nbreak"},
        {"token_type": "mac"},
    ],
)
async def test_a_token_answer_of_another_shape_is_refused(world: World, answer: dict[str, Any]) -> None:
    world.centre.answer = answer
    assert (await world.browser().sign_in()).text == "tokens-malformed EF012345"


@pytest.mark.parametrize(
    ("expires_in", "status"), [("soon", 503), ([7], 503), (1e999, 503), (-5, 303), (None, 303)]
)
async def test_a_hostile_lifetime_in_the_token_answer_never_escapes(
    world: World, expires_in: Any, status: int
) -> None:
    world.centre.answer = {"expires_in": expires_in}
    assert (await world.browser().sign_in()).status_code == status


async def test_a_code_that_the_centre_refuses_is_a_refusal(world: World) -> None:
    browser = world.browser()
    back = await browser.leave()
    world.centre.codes.clear()
    assert await refusal(world, back, browser) == (400, "code-refused EF012345")


async def test_every_refusal_is_recorded(world: World) -> None:
    world.centre.lies = {"nonce": "other"}
    await world.browser().sign_in()
    assert [(event.outcome, event.reason) for event in world.trail] == [(Outcome.REFUSED, "token-nonce")]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?state=",
        "?state=%ff%00",
        "?state=%ED%A0%80",
        "?%00=%00",
        "?state[]=a&&&=",
        "?error=" + "x" * 9000,
    ],
)
async def test_garbage_at_the_callback_is_a_refusal(world: World, query: str) -> None:
    assert (await world.browser().get(f"/auth/callback{query}")).status_code == 400


@pytest.mark.parametrize(
    "query", ["?return=//evil.test", "?return=%5C%5Cevil.test", "?return=https://evil.test"]
)
async def test_a_foreign_return_path_becomes_our_own_page(world: World, query: str) -> None:
    assert (await world.browser().sign_in(query)).headers["Location"] == f"{OURS}/auth/done"


# silent attempts, and people who say no


async def test_a_silent_attempt_that_finds_nobody_goes_back_without_a_word(world: World) -> None:
    world.centre.who = None
    answer = await world.browser().sign_in(SILENT)
    assert (answer.headers["Location"], world.trail) == (f"{OURS}/widgets/todos", [])


async def test_a_silent_attempt_that_fails_goes_back_and_is_recorded(world: World) -> None:
    world.centre.lies = {"nonce": "other"}
    answer = await world.browser().sign_in(SILENT)
    assert (answer.headers["Location"], world.reasons()) == (f"{OURS}/widgets/todos", ["token-nonce"])


async def test_a_person_who_cancels_gets_a_page(world: World) -> None:
    world.centre.error = "access_denied"
    answer = await world.browser().sign_in()
    assert (answer.status_code, answer.text) == (400, "access-denied EF012345")


async def test_login_required_is_a_refusal_where_nothing_was_silent(world: World) -> None:
    world.centre.error = "login_required"
    assert (await world.browser().sign_in()).text == "declined EF012345"


# the centre away, wrong, or changing its keys


async def test_no_sign_in_begins_while_the_centre_is_away(world: World) -> None:
    world.centre.down = True
    answer = await world.browser().get("/auth/login")
    assert (answer.status_code, answer.text) == (503, "centre-unavailable EF012345")


async def test_a_silent_attempt_goes_back_while_the_centre_is_away(world: World) -> None:
    world.centre.down = True
    answer = await world.browser().get(f"/auth/login{SILENT}")
    assert answer.headers["Location"] == f"{OURS}/widgets/todos"


async def test_sign_in_works_again_as_soon_as_the_centre_is_back(world: World, clock: Clock) -> None:
    world.centre.down = True
    await world.browser().get("/auth/login")
    world.centre.down = False
    clock.move(seconds=6)
    assert (await world.browser().sign_in()).status_code == 303


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": ISSUER + "/"}, "centre-issuer"),
        ({"issuer": ISSUER.replace("sso", "SSO")}, "centre-issuer"),
        ({"issuer": ISSUER + ":443"}, "centre-issuer"),
        ({"code_challenge_methods_supported": ["plain"]}, "centre-pkce"),
        ({"token_endpoint": None}, "centre-endpoint"),
        ({"token_endpoint": "http://10.0.0.1/token"}, "centre-endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "centre-endpoint"),
        ({"jwks_uri": "file:///etc/passwd"}, "centre-endpoint"),
        ({"userinfo_endpoint": "https://user@sso.hospital.test/"}, "centre-endpoint"),
    ],
)
async def test_metadata_that_must_not_be_trusted_starts_no_sign_in(
    world: World, metadata: dict[str, Any], code: str
) -> None:
    world.centre.metadata = metadata
    answer = await world.browser().get("/auth/login")
    assert (answer.status_code, answer.text) == (503, f"{code} EF012345")


async def test_a_new_signing_key_is_fetched_within_the_same_sign_in(world: World) -> None:
    await world.browser().sign_in()
    world.centre.key = RSA_TWIN
    assert (await world.browser().sign_in()).status_code == 303


async def test_a_key_exchanged_under_its_old_id_is_fetched_too(world: World) -> None:
    await world.browser().sign_in()
    world.centre.key = STRANGER
    assert (await world.browser().sign_in()).status_code == 303


async def test_strange_keys_make_us_ask_once_a_minute_at_most(world: World) -> None:
    await world.browser().sign_in()
    world.centre.answer = {"id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.AAAA"}
    for _ in range(3):
        assert (await world.browser().sign_in()).text == "token-key-unknown EF012345"
    assert world.centre.asked.count("/jwks") == 2


async def test_metadata_is_kept_for_an_hour(world: World, clock: Clock) -> None:
    await world.browser().sign_in()
    clock.move(minutes=59)
    await world.browser().sign_in()
    assert world.centre.asked.count("/.well-known/openid-configuration") == 1


async def test_metadata_stays_in_use_for_a_day_while_the_centre_cannot_be_asked(
    world: World, clock: Clock
) -> None:
    await world.browser().sign_in()
    world.centre.down = True
    clock.move(hours=23)
    assert (await world.browser().get("/auth/login")).status_code == 303


async def test_metadata_older_than_a_day_is_not_used(world: World, clock: Clock) -> None:
    await world.browser().sign_in()
    world.centre.down = True
    clock.move(hours=25)
    assert (await world.browser().get("/auth/login")).status_code == 503


async def test_no_sign_in_begins_without_the_store(away: Any, keys: Any, clock: Clock) -> None:
    answer = await World(away, keys, clock).browser().get("/auth/login")
    assert (answer.status_code, answer.text) == (503, "store-away EF012345")


async def test_no_log_line_carries_a_secret_of_the_attempt(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = world.browser()
    back = await browser.leave()
    await browser.get(back)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx2")]
    assert not any(parameter(back, "code") in line or "verifier" in line for line in ours)


# leaving


async def signed_in(world: World) -> Any:
    browser = world.browser()
    await browser.sign_in()
    return browser


async def test_signing_out_ends_the_session_and_goes_on_to_the_centre(world: World) -> None:
    browser = await signed_in(world)
    answer = await browser.post("/auth/logout", Origin=OURS)
    target = answer.headers["Location"]
    assert target.startswith(f"{ISSUER}/end?")
    assert parameter(target, "post_logout_redirect_uri") == f"{OURS}/auth/logout"
    assert parameter(target, "client_id") == "portal-widgets"
    assert len(parameter(target, "id_token_hint").split(".")) == 3
    assert (await browser.get("/me")).status_code == 303


async def test_a_cookie_kept_aside_is_worth_nothing_after_signing_out(world: World) -> None:
    browser = await signed_in(world)
    cookie = {"Cookie": f"__Host-pw-session={browser.cookies['__Host-pw-session']}"}
    await browser.post("/auth/logout", Origin=OURS)
    assert (await world.browser().get("/me", headers=cookie)).status_code == 303


async def test_a_sign_out_is_recorded(world: World) -> None:
    browser = await signed_in(world)
    await browser.post("/auth/logout", Origin=OURS)
    event = world.trail[-1]
    assert (event.action, event.outcome, event.actor) == (Action.SIGN_OUT, Outcome.OK, "10086")


@pytest.mark.parametrize(
    "headers", [{"Origin": PORTAL}, {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "same-site"}]
)
async def test_our_portals_may_sign_out(world: World, headers: dict[str, str]) -> None:
    browser = await signed_in(world)
    assert (await browser.post("/auth/logout", **headers)).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": OURS + ".evil.test"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.test", "Sec_Fetch_Site": "same-site"},
    ],
)
async def test_nobody_else_may_sign_a_person_out(world: World, headers: dict[str, str]) -> None:
    browser = await signed_in(world)
    answer = await browser.post("/auth/logout", **headers)
    assert (answer.status_code, answer.text) == (403, "origin-foreign EF012345")
    assert (await browser.get("/me")).status_code == 200


async def test_a_script_that_signs_out_is_not_sent_to_another_origin(world: World) -> None:
    browser = await signed_in(world)
    answer = await browser.post("/auth/logout", Origin=OURS, Sec_Fetch_Mode="cors")
    assert (answer.status_code, "Location" in answer.headers) == (204, False)


async def test_without_a_centre_the_sign_out_ends_on_our_page(world: World) -> None:
    world.centre.metadata = {"end_session_endpoint": None}
    browser = await signed_in(world)
    answer = await browser.post("/auth/logout", Origin=OURS)
    assert answer.headers["Location"] == f"{OURS}/auth/logout"


async def test_the_landing_page_signs_nobody_out(world: World) -> None:
    browser = await signed_in(world)
    assert (await browser.get("/auth/logout?state=whatever")).text == "signed out"
    assert (await browser.get("/me")).status_code == 200


async def test_nobody_signing_out_is_not_recorded(world: World) -> None:
    answer = await world.browser().post("/auth/logout", Origin=OURS)
    assert (answer.headers["Location"], world.trail) == (f"{OURS}/auth/logout", [])
