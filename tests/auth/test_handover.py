"""A sign-in in a window of its own, handed over to a card on another site's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis

from auth.sealing import KeyRing, new_key
from tests.auth.conftest import Clock
from tests.auth.tokens import ISSUER
from tests.auth.world import FAR_PORTAL, OURS, PORTAL, World, served

FRAMED = {
    "referer": FAR_PORTAL + "/",
    "sec-fetch-dest": "iframe",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
}
Make = Callable[..., World]


@pytest.fixture
def make(redis: Redis, clock: Callable[[], datetime]) -> Make:
    return lambda **options: World(redis, KeyRing.parse(new_key()), clock, **options)


@dataclass
class Card:
    """A signed-out card on another site's page: its ticket, and the pre-session of its jar."""

    world: World
    ticket: str
    cookie: str
    origin: str

    @classmethod
    def drawn(cls, world: World, headers: dict[str, str] | None = None) -> Card:
        offer = world.handover.offer(headers or FRAMED, None, told=False, chained=False)
        assert offer and offer.set_cookie
        origin = (headers or {}).get("origin", OURS)
        return cls(world, offer.url.partition("?t=")[2], offer.set_cookie.partition(";")[0], origin)

    async def redeem(self, **changed: str) -> httpx2.Response:
        """Asks for the session. Headers by their names, all else goes into the body."""
        headers = {"Origin": self.origin, "Cookie": self.cookie}
        headers |= {name: changed.pop(name) for name in list(changed) if name in headers}
        async with httpx2.AsyncClient(transport=served(self.world.app), trust_env=False) as http:
            body = {"ticket": self.ticket, **changed}
            return await http.post(f"{OURS}/auth/redeem", json=body, headers=headers)

    async def window(self) -> list[str]:
        """What the window's last page holds: target, ticket, code, number."""
        browser = self.world.browser()
        away = await browser.get(f"/auth/popup?t={self.ticket}")
        assert away.status_code == 303, away.text
        back = await browser.get(away.headers["Location"])
        page = await browser.get(back.headers["Location"])
        assert page.status_code == 200, page.text
        assert not any("session" in name or "frame" in name for name in browser.cookies)
        return page.text.split(" ")


async def test_the_card_that_opened_the_window_gets_the_session(make: Make) -> None:
    """The session comes in the partitioned cookie, the pre-session goes, and the window itself holds neither."""
    world = make()
    card = Card.drawn(world)
    target, ticket, code, _ = await card.window()
    assert (OURS, card.ticket) == (target, ticket)
    answer = await card.redeem(code=code)
    assert 204 == answer.status_code
    session, gone = answer.headers.get_list("Set-Cookie")
    assert session.startswith("__Host-pw-frame=")
    assert session.endswith("SameSite=None; Secure; Partitioned")
    assert gone.startswith(card.cookie.partition("=")[0] + "=;")
    assert "Max-Age=0" in gone
    found = world.sessions.recognise(session.partition(";")[0])
    assert found and "10086" == found.who.account and found.partitioned


async def test_a_card_in_the_portals_own_page_redeems_from_there(make: Make) -> None:
    """The code is posted to that portal's origin, and only a request from there may redeem."""
    card = Card.drawn(make(), {"origin": FAR_PORTAL})
    target, _, code, _ = await card.window()
    assert FAR_PORTAL == target
    assert "origin-foreign" == (await card.redeem(code=code, Origin=OURS)).text
    assert 204 == (await card.redeem(code=code)).status_code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Cookie": "__Host-pw-pre-0000=" + "x" * 43}, "browser-other"),
        ({"Cookie": "other=1"}, "browser-other"),
        ({"Origin": "https://evil.test"}, "origin-foreign"),
        ({"Origin": PORTAL}, "origin-foreign"),
        ({"Origin": "null"}, "origin-foreign"),
        ({"ticket": "nonsense"}, "ticket-unknown"),
        ({"code": "guessed"}, "handover-unknown"),
        ({"code": ""}, "handover-unknown"),
        ({"number": "000000"}, "handover-unknown"),
    ],
)
async def test_whoever_lacks_a_part_gets_nothing(make: Make, changed: dict[str, str], code: str) -> None:
    """Without the cookie, the origin, the ticket or the code of this card: 400, and no cookie."""
    card = Card.drawn(make())
    _, _, right, _ = await card.window()
    answer = await card.redeem(**{"code": right, **changed})
    assert (400, code) == (answer.status_code, answer.text)
    assert "Set-Cookie" not in answer.headers
    assert "no-store" == answer.headers["Cache-Control"]


async def test_an_attackers_card_gains_nothing_from_a_victims_sign_in(make: Make) -> None:
    """The victim follows the attacker's link: the code is worth nothing in any card but the attacker's own, and it is
    posted to our own origin only, where the attacker's page cannot hear it."""
    world = make()
    attacker, victim = Card.drawn(world), Card.drawn(world)
    target, _, code, _ = await attacker.window()
    assert OURS == target
    assert "handover-unknown" == (await victim.redeem(code=code)).text


async def test_a_code_works_once_and_for_a_minute(make: Make, clock: Clock, redis: Redis) -> None:
    """A second time it is unknown; Redis forgets it after 60 seconds."""
    card = Card.drawn(make())
    _, _, code, _ = await card.window()
    keys = [key async for key in redis.scan_iter("pw:handover:*")]
    assert [True] == [0 < await redis.ttl(key) <= 60 for key in keys]
    assert 204 == (await card.redeem(code=code)).status_code
    assert "handover-unknown" == (await card.redeem(code=code)).text


async def test_a_ticket_is_good_for_a_day(make: Make, clock: Clock) -> None:
    """A card that nobody drew anew for longer has to be reloaded, and a page says so."""
    world = make()
    card = Card.drawn(world)
    clock.move(hours=24)
    assert 303 == (await world.browser().get(f"/auth/popup?t={card.ticket}")).status_code
    clock.move(hours=3)
    answer = await world.browser().get(f"/auth/popup?t={card.ticket}")
    assert 400 == answer.status_code
    assert answer.text.startswith("ticket-unknown")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"ticket": 1, "code": []}', b"{", b"ticket=x&code=y", b"\xff", b"[" * 20_000],
)
async def test_what_is_no_request_is_refused_in_a_word(make: Make, body: bytes) -> None:
    """Bodies that are no JSON object, no text at all, nested without end, or hold no texts."""
    async with httpx2.AsyncClient(transport=served(make().app), trust_env=False) as http:
        headers = {"Content-Type": "application/json", "Origin": OURS}
        answer = await http.post(f"{OURS}/auth/redeem", content=body, headers=headers)
    assert (400, "ticket-unknown") == (answer.status_code, answer.text)


async def test_six_digits_take_the_codes_place(make: Make) -> None:
    """Where the hospital wants them: shown in the window, typed into the card, worth one session, once."""
    card = Card.drawn(make(numbers=True))
    *_, number = await card.window()
    assert 6 == len(number) and number.isdigit()
    assert 204 == (await card.redeem(number=number)).status_code
    assert "handover-unknown" == (await card.redeem(number=number)).text


async def test_digits_are_guessed_five_times_at_most(make: Make) -> None:
    """After five wrong ones the right one is worth nothing either."""
    card = Card.drawn(make(numbers=True))
    *_, number = await card.window()
    wrong = f"{(int(number) + 1) % 1_000_000:06}"
    told = [(await card.redeem(number=wrong)).text for _ in range(5)]
    assert ["number-wrong"] * 5 == told
    assert "handover-unknown" == (await card.redeem(number=number)).text


async def test_digits_are_worth_nothing_in_another_card(make: Make) -> None:
    """They belong to the card that opened the window."""
    world = make(numbers=True)
    card, other = Card.drawn(world), Card.drawn(world)
    *_, number = await card.window()
    assert "handover-unknown" == (await other.redeem(number=number)).text


async def test_without_the_setting_there_are_no_digits(make: Make) -> None:
    """The window gives a code alone."""
    assert "" == (await Card.drawn(make()).window())[-1]


async def test_redis_away_is_said(make: Make, away: Redis) -> None:
    """503, and nothing begins."""
    world = make()
    card = Card.drawn(world)
    _, _, code, _ = await card.window()
    world.handover._redis = away
    answer = await card.redeem(code=code)
    assert (503, "store-away") == (answer.status_code, answer.text)


@pytest.mark.parametrize(
    ("headers", "cookie", "offered"),
    [
        (FRAMED, None, True),
        ({"origin": FAR_PORTAL}, None, True),
        ({"origin": PORTAL}, None, False),
        ({"referer": PORTAL + "/", "sec-fetch-dest": "iframe", "sec-fetch-site": "same-site"}, None, False),
        ({"sec-fetch-dest": "document", "sec-fetch-site": "cross-site"}, None, False),
        ({"sec-fetch-site": "same-origin", "sec-fetch-dest": "empty"}, None, False),
        ({"sec-fetch-site": "same-origin", "sec-fetch-dest": "empty"}, "__Host-pw-frame=old", True),
        (
            {"sec-fetch-site": "same-origin", "sec-fetch-dest": "empty"},
            "__Host-pw-pre-ab12=" + "a" * 43,
            True,
        ),
    ],
)
def test_only_cards_on_another_sites_page_are_offered_a_window(
    make: Make, headers: dict[str, str], cookie: str | None, offered: bool
) -> None:
    """A frame's own refreshes name no portal: its cookies tell where it stands."""
    assert offered == (make().handover.offer(headers, cookie, told=False, chained=False) is not None)


def test_a_card_keeps_its_pre_session(make: Make) -> None:
    """Drawn again, it has the same one, and with it the same ticket."""
    world = make()
    card = Card.drawn(world)
    again = world.handover.offer(FRAMED, card.cookie, told=False, chained=False)
    assert again and again.set_cookie is None
    assert again.url.endswith(card.ticket)


async def silent(world: World, headers: dict[str, str]) -> tuple[Any, httpx2.Response]:
    """A silent sign-in from a frame, and our answer to the callback."""
    browser = world.browser()
    away = await browser.get("/auth/login?silent=1&return=/widgets/todos%3Fsilent=0", headers=headers)
    back = await browser.get(away.headers["Location"])
    return away, await browser.get(back.headers["Location"])


async def test_a_silent_sign_in_on_another_sites_page_uses_its_own_jar(make: Make) -> None:
    """Binding and session cookie are partitioned, and the way back says whose page it is."""
    away, answer = await silent(make(), FRAMED)
    assert "; SameSite=None; Secure; Partitioned" in away.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-pw-frame=")
    assert f"{OURS}/widgets/todos?silent=0&cross=1" == answer.headers["Location"]


async def test_a_silent_sign_in_on_our_own_site_keeps_the_strict_cookies(make: Make) -> None:
    """SameSite=Lax for both."""
    headers = {"referer": PORTAL + "/", "sec-fetch-dest": "iframe", "sec-fetch-site": "same-site"}
    away, answer = await silent(make(), headers)
    assert "SameSite=Lax" in away.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-pw-session=")
    assert f"{OURS}/widgets/todos?silent=0" == answer.headers["Location"]


async def test_the_centres_page_is_never_put_into_a_frame(make: Make) -> None:
    """Whoever frames the sign-in address gets a page of ours, and the centre is not asked."""
    answer = await make().browser().get("/auth/login", headers=FRAMED)
    assert 400 == answer.status_code
    assert answer.text.startswith("framed")


async def test_the_centre_announces_somebody(make: Make) -> None:
    """OIDC Core §4: the sign-in begins, with the hint, and ends where the centre wanted it, below our own address."""
    world = make()
    browser = world.browser()
    target = f"{OURS}/widgets/todos%3Fx=1"
    away = await browser.get(f"/auth/initiate?iss={ISSUER}&login_hint=10086&target_link_uri={target}")
    assert 303 == away.status_code
    assert "login_hint=10086" in away.headers["Location"]
    back = await browser.get(away.headers["Location"])
    assert f"{OURS}/widgets/todos?x=1" == (await browser.get(back.headers["Location"])).headers["Location"]


@pytest.mark.parametrize("issuer", ["", ISSUER + "/", "https://other.test", ISSUER.upper()])
async def test_another_centre_announces_nobody(make: Make, issuer: str) -> None:
    """The issuer is compared letter for letter."""
    answer = await make().browser().get(f"/auth/initiate?iss={issuer}")
    assert 400 == answer.status_code
    assert answer.text.startswith("initiator-other")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test",
        "javascript:alert(1)",
        OURS + ".evil.test/",
        OURS + "/auth/logout",
        "x",
    ],
)
async def test_a_target_that_is_not_ours_is_left_out(make: Make, target: str) -> None:
    """The sign-in ends on our own last page then."""
    browser = make().browser()
    away = await browser.get(f"/auth/initiate?iss={ISSUER}&target_link_uri={target}")
    back = await browser.get(away.headers["Location"])
    assert f"{OURS}/auth/done" == (await browser.get(back.headers["Location"])).headers["Location"]
