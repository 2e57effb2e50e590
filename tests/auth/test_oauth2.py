"""A centre with an OAuth 2.0 of its own: envelopes, mapped answers, entry by the callback, sign-out calls."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis

from auth.credentials import Credentials
from auth.oauth2 import OAuth2, Shape
from auth.sealing import KeyRing
from auth.session import Tokens
from demo.oauth2 import EXTRA, OAuth2Server
from demo.people import GU
from tests.auth.centre import SECRET
from tests.auth.conftest import Clock
from tests.auth.tokens import CLIENT, ISSUER
from tests.auth.world import OURS, World, parameter, served

PORTAL = Shape(
    authorize="/oauth/authorize",
    token="/oauth/token",
    userinfo="/oauth/user",
    logout="/oauth/logout",
    token_method="GET",
    userinfo_token="parameter",
    token_parameter="accessToken",
    access_token="data.accessToken",
    success=("code", ("100",)),
    claims={
        "sub": "data.user.0.id",
        "employee_no": "data.user.0.empNo",
        "name": "data.user.0.realName",
        "roles": "data.user.0.roles",
    },
    extra=EXTRA,
)
PLAIN = Shape(
    authorize="/oauth/authorize",
    token="/oauth/token",
    userinfo="/oauth/user",
    claims={"sub": "id", "employee_no": "empNo", "name": "realName", "roles": "roles"},
    scope="login",
)
POST = Credentials("client_secret_post", SECRET)


class Hospital(World):
    """One service and one such centre."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        clock: Clock,
        *,
        server: OAuth2Server | None = None,
        shape: Shape = PORTAL,
        credentials: Credentials = POST,
        heard_from: str = "10.9.8.7/32",
        **options: Any,
    ) -> None:
        self.server = server or OAuth2Server()
        super().__init__(
            redis,
            keys,
            clock,
            other=self.server.app(),
            speaks=lambda outside: OAuth2(
                outside,
                shape,
                issuer=ISSUER,
                base_url=OURS,
                client_id=CLIENT,
                credentials=credentials,
                account_claim="employee_no",
                heard_from=[ip_network(heard_from)],
            ),
            **options,
        )
        self.server.transport = served(self.app)


@pytest.fixture
def hospital(redis: Redis, keys: KeyRing, clock: Clock) -> Hospital:
    return Hospital(redis, keys, clock)


async def outcome(hospital: Hospital) -> str:
    await hospital.browser().sign_in()
    return hospital.reasons()[-1]


# the honest way


async def test_a_portal_with_envelopes_signs_a_person_in(hospital: Hospital) -> None:
    browser = hospital.browser()
    answer = await browser.sign_in("?return=/widgets/todos")
    assert answer.headers["Location"] == f"{OURS}/widgets/todos"
    assert (await browser.get("/me")).text == "10086 沈知远 designer,auditor"
    assert ("GET", "/oauth/token") in hospital.server.asked


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_plain_centre_signs_a_person_in(
    redis: Redis, keys: KeyRing, clock: Clock, method: Any
) -> None:
    hospital = Hospital(
        redis,
        keys,
        clock,
        server=OAuth2Server("plain"),
        shape=PLAIN,
        credentials=Credentials(method, SECRET),
    )
    browser = hospital.browser()
    away = (await browser.get("/auth/login")).headers["Location"]
    assert (parameter(away, "scope"), parameter(away, "code_challenge_method")) == ("login", "S256")
    await browser.get((await browser.get(away)).headers["Location"])
    assert (await browser.get("/me")).text == "10086 沈知远 designer,auditor"
    assert ("POST", "/oauth/token") in hospital.server.asked


async def test_the_callback_that_the_centre_sees_has_no_query(hospital: Hospital) -> None:
    away = (await hospital.browser().get("/auth/login")).headers["Location"]
    assert parameter(away, "redirect_uri") == f"{OURS}/auth/callback"


async def test_an_access_token_in_an_address_signs_nobody_in(hospital: Hospital) -> None:
    browser = hospital.browser()
    await browser.sign_in()
    (token,) = hospital.server.tokens
    other = hospital.browser()
    await other.get(f"/auth/callback?accessToken={token}&access_token={token}")
    assert (await other.get("/me")).status_code == 303


async def test_a_number_is_a_subject_but_no_account(hospital: Hospital) -> None:
    hospital.server.fault = "number"
    browser = hospital.browser()
    await browser.sign_in()
    assert (await browser.get("/me")).text.startswith("None ")


async def test_leaving_goes_on_to_the_centre(hospital: Hospital) -> None:
    browser = hospital.browser()
    await browser.sign_in()
    target = (await browser.post("/auth/logout", Origin=OURS)).headers["Location"]
    assert target.startswith(f"{ISSUER}/oauth/logout?")
    assert parameter(target, "redirect_uri") == f"{OURS}/auth/logout"


async def test_a_centre_without_a_sign_out_address_leaves_people_here(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    hospital = Hospital(redis, keys, clock, shape=replace(PORTAL, logout=None))
    browser = hospital.browser()
    await browser.sign_in()
    assert (await browser.post("/auth/logout", Origin=OURS)).headers["Location"] == f"{OURS}/auth/logout"


async def test_such_a_centre_cannot_be_asked_again(hospital: Hospital) -> None:
    assert await hospital.spoken.renew(Tokens("", "access")) is None


# the callback as the entry


async def test_an_entry_without_an_answer_begins_a_sign_in(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    hospital = Hospital(redis, keys, clock, entry="/widgets/todos")
    browser = hospital.browser()
    away = await browser.get("/auth/callback")
    back = await browser.get(away.headers["Location"])
    answer = await browser.get(back.headers["Location"])
    assert answer.headers["Location"] == f"{OURS}/widgets/todos"
    assert (await browser.get("/me")).status_code == 200


async def test_a_code_that_comes_with_the_entry_is_not_used(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    """Whoever lures somebody there with a code of their own does not sign them in as themselves."""
    hospital = Hospital(redis, keys, clock, entry="/widgets/todos")
    hospital.server.codes["planted"] = (GU, f"{OURS}/auth/callback")
    away = await hospital.browser().get("/auth/callback?code=planted")
    assert away.headers["Location"].startswith(f"{ISSUER}/oauth/authorize?")
    assert "planted" in hospital.server.codes


async def test_a_centre_that_loses_the_state_brings_no_endless_circle(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    hospital = Hospital(redis, keys, clock, entry="/widgets/todos", server=OAuth2Server(fault="no-state"))
    browser = hospital.browser()
    answer, steps = await browser.get("/auth/callback"), 0
    while answer.status_code in (302, 303) and steps < 50:
        answer, steps = await browser.get(answer.headers["Location"]), steps + 1
    assert (answer.status_code, hospital.reasons()[-1]) == (400, "too-many")


async def test_without_the_setting_the_callback_is_no_entry(hospital: Hospital) -> None:
    assert (await hospital.browser().get("/auth/callback?code=x")).status_code == 400
    assert hospital.reasons()[-1] == "state-missing"


# sign-out calls


async def test_a_sign_out_call_ends_the_session_of_its_token(hospital: Hospital) -> None:
    browser = hospital.browser()
    await browser.sign_in()
    assert await hospital.server.tell(f"{OURS}/auth/token-logout") == [200]
    assert (await browser.get("/me")).status_code == 303


async def test_a_sign_out_call_from_elsewhere_is_not_believed(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    hospital = Hospital(redis, keys, clock, heard_from="10.1.0.0/16")
    browser = hospital.browser()
    await browser.sign_in()
    assert await hospital.server.tell(f"{OURS}/auth/token-logout") == [400]
    assert (await browser.get("/me")).status_code == 200


@pytest.mark.parametrize("query", ["", "?accessToken=", "?access_token=x", "?accessToken[]=x"])
async def test_a_sign_out_call_without_a_token_is_refused(hospital: Hospital, query: str) -> None:
    async with httpx2.AsyncClient(transport=served(hospital.app), trust_env=False) as http:
        assert (await http.get(f"{OURS}/auth/token-logout{query}")).status_code == 400


# accidents


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("html", "centre-bad-answer"),
        ("redirect", "centre-unavailable"),
        ("huge", "centre-unavailable"),
        ("refused", "code-refused"),
        ("no-token", "tokens-malformed"),
        ("no-person", "person-unnamed"),
        ("person-refused", "person-refused"),
    ],
)
async def test_an_answer_that_is_none_signs_nobody_in(hospital: Hospital, fault: str, code: str) -> None:
    hospital.server.fault = fault
    assert await outcome(hospital) == code


async def test_a_centre_that_drags_ends_within_the_deadline(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    hospital = Hospital(redis, keys, clock, deadline=0.5, server=OAuth2Server(fault="slow"))
    assert await outcome(hospital) == "centre-unavailable"


async def test_a_person_whom_the_centre_refuses_gets_a_page(hospital: Hospital) -> None:
    hospital.server.who = None
    assert await outcome(hospital) == "access-denied"


async def test_a_secret_that_the_centre_does_not_know_signs_nobody_in(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    wrong = Credentials("client_secret_post", "wrong")
    assert await outcome(Hospital(redis, keys, clock, credentials=wrong)) == "code-refused"


async def test_a_plain_centre_that_refuses_is_understood(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    server = OAuth2Server("plain", fault="refused")
    assert await outcome(Hospital(redis, keys, clock, server=server, shape=PLAIN)) == "code-refused"
