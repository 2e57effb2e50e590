"""A centre that speaks CAS 3: tickets, silent and renewed sign-ins, single logout, and answers that are none."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
from redis.asyncio import Redis

from auth.cas import Cas
from auth.cas_xml import Failure, Success, read_logout_request, read_validation
from auth.sealing import KeyRing
from auth.silence import Choice
from demo.cas import CasServer, told
from demo.people import GU, SHEN, XU, Person
from tests.auth.conftest import Clock
from tests.auth.tokens import ISSUER
from tests.auth.world import OURS, World, served

NAMES = {"name": "displayName", "campuses": "campus", "roles": "role"}


class Hospital(World):
    """One service and one CAS server."""

    def __init__(
        self,
        redis: Redis,
        keys: KeyRing,
        clock: Clock,
        account_claim: str = "employeeNumber",
        deadline: float = 2.5,
        renew: bool = False,
        silent: Choice = "always",
    ) -> None:
        self.cas = CasServer()
        super().__init__(
            redis,
            keys,
            clock,
            other=self.cas.app(),
            speaks=lambda outside: Cas(
                outside,
                issuer=f"{ISSUER}/cas",
                base_url=OURS,
                account_claim=account_claim,
                names=NAMES,
                renew=renew,
            ),
            deadline=deadline,
            silent=silent,
        )
        self.cas.transport = served(self.app)


@pytest.fixture
def hospital(redis: Redis, keys: KeyRing, clock: Clock) -> Hospital:
    return Hospital(redis, keys, clock)


async def arrive(hospital: Hospital, person: Person = SHEN, query: str = "") -> tuple[Any, str]:
    """A browser that picks a person at the server, and the address it is sent back to."""
    browser = hospital.browser()
    page = (await browser.get(f"/auth/login{query}")).headers["Location"]
    answer = await browser.send(page, {"person": person.subject})
    return browser, answer.headers["Location"]


async def sign_in(hospital: Hospital, person: Person = SHEN) -> tuple[Any, httpx2.Response]:
    browser, back = await arrive(hospital, person)
    return browser, await browser.get(back)


# the honest way


async def test_a_ticket_signs_a_person_in(hospital: Hospital) -> None:
    browser, answer = await sign_in(hospital)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{OURS}/auth/done")
    assert (await browser.get("/me")).text == "10086 沈知远 designer,auditor"


async def test_the_name_that_cas_gives_can_be_the_account(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    hospital = Hospital(redis, keys, clock, account_claim="user")
    browser, _ = await sign_in(hospital)
    assert (await browser.get("/me")).text.startswith("u-1f86 ")


async def test_older_servers_write_attributes_another_way(hospital: Hospital) -> None:
    hospital.cas.switches.old_attributes = True
    browser, _ = await sign_in(hospital)
    assert (await browser.get("/me")).text == "10086 沈知远 designer,auditor"


async def test_somebody_without_an_account_is_signed_in_but_has_none(hospital: Hospital) -> None:
    browser, _ = await sign_in(hospital, XU)
    assert (await browser.get("/me")).text == "None 许念 "


async def test_the_state_rides_in_the_path_of_the_service(hospital: Hospital) -> None:
    away = (await hospital.browser().get("/auth/login")).headers["Location"]
    asked = parse_qs(urlsplit(away).query)
    assert list(asked) == ["service"]
    service = urlsplit(asked["service"][0])
    assert (f"{service.scheme}://{service.netloc}", service.query) == (OURS, "")
    assert service.path.startswith("/auth/callback/") and 15 + 43 < len(service.path) < 15 + 80


async def test_a_silent_attempt_shows_no_page_and_comes_back_alone(hospital: Hospital) -> None:
    browser = hospital.browser()
    away = (await browser.get("/auth/login?silent=1&return=/widgets/todos")).headers["Location"]
    assert "gateway=true" in away
    back = (await browser.get(away)).headers["Location"]
    answer = await browser.get(back)
    assert answer.headers["Location"] == f"{OURS}/widgets/todos"
    assert hospital.trail == []


async def test_a_silent_attempt_signs_in_whoever_is_there(hospital: Hospital) -> None:
    browser, _ = await sign_in(hospital)
    away = (await browser.get("/auth/login?silent=1&return=/widgets/todos")).headers["Location"]
    back = (await browser.get(away)).headers["Location"]
    await browser.get(back)
    assert hospital.trail[-1].actor == "10086"


async def test_whether_silence_is_honoured_is_tried(hospital: Hospital) -> None:
    assert await hospital.spoken.honours_silence()


@pytest.fixture
def strict(redis: Redis, keys: KeyRing, clock: Clock) -> Hospital:
    """A service whose people prove themselves at each sign-in."""
    return Hospital(redis, keys, clock, renew=True)


async def test_people_may_have_to_prove_themselves_at_each_sign_in(strict: Hospital) -> None:
    """The server has their session, and shows its page all the same; the ticket that it brings signs them in."""
    browser, _ = await sign_in(strict)
    page = await browser.get((await browser.get("/auth/login")).headers["Location"])
    assert (page.status_code, "Location" in page.headers) == (200, False)
    answer = await browser.send(str(page.url), {"person": SHEN.subject})
    assert (await browser.get(answer.headers["Location"])).status_code == 303


async def test_a_ticket_without_a_fresh_proof_signs_nobody_in_there(strict: Hospital) -> None:
    """Whoever cuts `renew` off the address that we send people to gains nothing."""
    browser, _ = await sign_in(strict)
    away = (await browser.get("/auth/login")).headers["Location"].replace("&renew=true", "")
    await browser.get((await browser.get(away)).headers["Location"])
    assert strict.reasons()[-1] == "code-refused"


async def test_frames_never_ask_silently_there(redis: Redis, keys: KeyRing, clock: Clock) -> None:
    strict = Hospital(redis, keys, clock, renew=True, silent="auto")
    answer = await strict.browser().get("/auth/login?silent=1&return=/widgets/todos")
    assert answer.headers["Location"] == f"{OURS}/widgets/todos"


async def test_leaving_goes_on_to_the_server(hospital: Hospital) -> None:
    browser, _ = await sign_in(hospital)
    answer = await browser.post("/auth/logout", Origin=OURS)
    landing = quote(f"{OURS}/auth/logout", safe="")
    assert answer.headers["Location"] == f"{ISSUER}/cas/logout?service={landing}"


# single logout


async def test_a_sign_out_at_the_server_ends_the_session_here(hospital: Hospital) -> None:
    browser, _ = await sign_in(hospital)
    (entered,) = hospital.cas.entered.values()
    assert await hospital.cas.tell(entered) == [200]
    assert (await browser.get("/me")).status_code == 303


async def test_a_sign_out_ends_no_other_session(hospital: Hospital) -> None:
    browser, _ = await sign_in(hospital)
    other, _ = await sign_in(hospital, GU)
    first, _ = hospital.cas.entered.values()
    await hospital.cas.tell(first)
    assert [(await each.get("/me")).status_code for each in (browser, other)] == [303, 200]


async def test_a_logout_request_for_a_ticket_that_nobody_has_is_heard_and_does_nothing(
    hospital: Hospital,
) -> None:
    browser, _ = await sign_in(hospital)
    assert await hospital.cas.tell([(f"{OURS}/auth/callback/x", "ST-unknown")]) == [200]
    assert (await browser.get("/me")).status_code == 200


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "ST-1",
        "<a>",
        told("ST-1").replace("LogoutRequest", "AuthnRequest"),
        told("ST-1").replace("ST-1", "&x;"),
        "<!DOCTYPE a [<!ENTITY x 'ST-1'>]>" + told("ST-1").replace("ST-1", "&x;"),
        told("ST-1").replace("<saml:NameID>", "<samlp:SessionIndex>ST-2</samlp:SessionIndex><saml:NameID>"),
        told(""),
        "\ud800",
    ],
)
async def test_what_is_no_logout_request_is_refused(hospital: Hospital, request_text: str) -> None:
    assert read_logout_request(request_text) is None
    form = {"logoutRequest": request_text.encode(errors="replace")}
    async with httpx2.AsyncClient(transport=served(hospital.app), trust_env=False) as http:
        answer = await http.post(f"{OURS}/auth/callback/x", data=form)
    assert answer.status_code == 400


# attacks and accidents


async def outcome(hospital: Hospital) -> str:
    await sign_in(hospital)
    return hospital.reasons()[-1]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("down", "centre-unavailable"),
        ("html", "centre-bad-answer"),
        ("redirects", "centre-unavailable"),
        ("huge", "centre-unavailable"),
        ("doctype", "centre-bad-answer"),
        ("two_users", "centre-bad-answer"),
        ("both", "centre-bad-answer"),
        ("nobody", "centre-bad-answer"),
        ("deep", "centre-bad-answer"),
    ],
)
async def test_an_answer_that_is_none_signs_nobody_in(hospital: Hospital, fault: str, code: str) -> None:
    browser, back = await arrive(hospital)
    with hospital.cas.switches.only(fault):
        await browser.get(back)
    assert hospital.reasons()[-1] == code
    assert (await browser.get("/me")).status_code == 303


async def test_a_server_that_drags_ends_within_the_deadline(
    redis: Redis, keys: KeyRing, clock: Clock
) -> None:
    hospital = Hospital(redis, keys, clock, deadline=0.5)
    with hospital.cas.switches.only("slow"):
        assert await outcome(hospital) == "centre-unavailable"


async def test_a_callback_works_once(hospital: Hospital) -> None:
    browser, back = await arrive(hospital)
    assert [(await browser.get(back)).status_code for _ in range(2)] == [303, 400]
    assert hospital.reasons()[-1] == "state-unknown"


async def test_another_browser_cannot_use_the_ticket(hospital: Hospital) -> None:
    _, back = await arrive(hospital)
    await hospital.browser().get(back)
    assert hospital.reasons()[-1] == "browser-other"


async def test_a_ticket_for_another_service_is_refused(hospital: Hospital) -> None:
    """Whoever runs another system of the hospital cannot sign in here with its tickets."""
    browser, _ = await sign_in(hospital)
    stolen = await browser.get(f"{ISSUER}/cas/login?service=https://other.hospital.test/")
    ticket = parse_qs(urlsplit(stolen.headers["Location"]).query)["ticket"][0]
    away = (await browser.get("/auth/login")).headers["Location"]
    service = parse_qs(urlsplit(away).query)["service"][0]
    await browser.get(f"{service}?ticket={ticket}")
    assert hospital.reasons()[-1] == "code-refused"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "code-missing"),
        ("?ticket=", "code-missing"),
        ("?ticket=ST-1", "code-refused"),
        ("?ticket=ST%0a1", "code-missing"),
        ("?ticket=" + "x" * 600, "code-missing"),
        ("?ticket=ST-1&ticket=ST-2", "parameter-duplicated"),
        ("?ticket=ST-1&state=x", "parameter-duplicated"),
    ],
)
async def test_garbage_at_the_callback_is_a_refusal(hospital: Hospital, query: str, code: str) -> None:
    browser = hospital.browser()
    away = (await browser.get("/auth/login")).headers["Location"]
    service = parse_qs(urlsplit(away).query)["service"][0]
    assert (await browser.get(service + query)).status_code == 400
    assert hospital.reasons()[-1] == code


async def test_a_logout_token_is_no_message_of_cas(hospital: Hospital) -> None:
    async with httpx2.AsyncClient(transport=served(hospital.app), trust_env=False) as http:
        answer = await http.post(f"{OURS}/auth/backchannel-logout", data={"logout_token": "a.b.c"})
    assert answer.status_code == 400


# reading XML

HEAD = '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">'
TAIL = "</cas:serviceResponse>"


def success(inside: str) -> bytes:
    return f"{HEAD}<cas:authenticationSuccess>{inside}</cas:authenticationSuccess>{TAIL}".encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (success("<cas:user>u</cas:user>"), Success("u", {})),
        (success("\n <cas:user> u\n</cas:user>"), Success("u", {})),
        (success("<cas:user>u<!-- x -->v</cas:user>"), Success("uv", {})),
        (success("<cas:user><![CDATA[<u>]]></cas:user>"), Success("<u>", {})),
        (
            success(
                "<cas:user>u</cas:user><cas:attributes><cas:a>1</cas:a><cas:a>2</cas:a></cas:attributes>"
            ),
            Success("u", {"a": ["1", "2"]}),
        ),
        (success("<cas:attributes><cas:user>u</cas:user></cas:attributes>"), None),
        (success("<x><cas:user>u</cas:user></x>"), None),
        (
            f'{HEAD}<cas:authenticationFailure code="X">no</cas:authenticationFailure>{TAIL}'.encode(),
            Failure("X"),
        ),
        (f"{HEAD}<cas:authenticationFailure>no</cas:authenticationFailure>{TAIL}".encode(), Failure("")),
        (b"<authenticationSuccess><user>u</user></authenticationSuccess>", None),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', None),
        (b"", None),
        (b"\x00", None),
        (b"yes\nu\n", None),
    ],
)
def test_only_what_stands_in_its_place_counts(body: bytes, expected: Success | Failure | None) -> None:
    assert read_validation(body) == expected
