"""The studio: every state as a link, nobody's list, a policy without exceptions, and who may come in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio
from quart.typing import TestClientProtocol as Client

from demo.people import SHEN, ZHOU, Person
from demo.world import World
from tests.staff import Staff
from widgets.app import build
from widgets.settings import load
from widgets.themes.colour import contrast
from widgets.themes.samples import KINDS, REASONED, STATES

pytestmark = pytest.mark.asyncio(loop_scope="session")
BROWSER = {"Accept": "text/html"}


def of(hospital: World, themes: Path, **service: str) -> Client:
    """Another instance of the hospital's service, with a folder of themes of its own."""
    changed = {"themes_dir": str(themes), "theme": "default", **service}
    named = {f"PORTAL_WIDGETS__SERVICE__{name.upper()}": value for name, value in changed.items()}
    return build(load(hospital.config, named)).test_client()


@pytest.fixture(scope="module")
def designers(running_hospital: World, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """An instance whose studio is for designers."""
    return of(running_hospital, tmp_path_factory.mktemp("none"), studio="designers")


@pytest.fixture(scope="module")
def themed(running_hospital: World, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """An instance with three themes: a slip in the one, a variant in another, a raw colour in the last."""
    folder = tmp_path_factory.mktemp("themes")
    files = {
        "broken/tokens.json": '{"color": {"acent": {"$value": "#112233"}}}',
        "river/theme.json": '{"campuses": {"east": "blue"}}',
        "river/variants/blue.tokens.json": '{"color": {"link": {"$value": "#123456"}}}',
        "river/messages/zh-CN.json": '{"title-todos": "我的待办", "urgency-critical": "火急"}',
        "mine/theme.css": ".pw-item { color: #112233; }",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return of(running_hospital, folder)


@pytest_asyncio.fixture(loop_scope="session")
async def links(http: httpx2.AsyncClient) -> AsyncIterator[list[str]]:
    """Where the gallery's pictures lead."""
    page = (await http.get("/studio")).text
    yield [
        link.replace("&amp;", "&") for link in re.findall(r'<a href="[^"]*?(/studio/[^"]*)" data-view>', page)
    ]


async def test_every_state_of_both_cards_is_a_link_to_a_view(
    http: httpx2.AsyncClient, links: list[str]
) -> None:
    """The gallery leads to each of the contract's states and to those that say why, and each view answers."""
    wanted = {f"/studio/hospital/{kind}/{state}" for kind in KINDS for state in (*STATES, *REASONED)}
    assert wanted <= set(links)
    assert {200} == {(await http.get(link)).status_code for link in wanted}


@pytest.mark.parametrize(
    ("reason", "state", "said"),
    [
        ("elsewhere", "signed-out", "You have signed in elsewhere"),
        ("asking", "starting", 'data-reason="asking"'),
        ("unchecked", "failed", "It cannot be confirmed now that you are still signed in."),
    ],
)
@pytest.mark.parametrize("name", KINDS)
async def test_a_frame_holds_the_card_that_says_why(
    http: httpx2.AsyncClient, name: str, reason: str, state: str, said: str
) -> None:
    """In the language that is asked for, as the contract's states are."""
    answer = await http.get(f"/studio/frame/default/{name}/{reason}?lang=en")
    assert state == answer.headers["widget-state"]
    assert said in answer.text


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("state", STATES)
async def test_a_frame_holds_the_card_in_that_state(http: httpx2.AsyncClient, name: str, state: str) -> None:
    """Drawn as asked, marked as a sample outside the card, with no way to the stream of anybody's wake-ups."""
    answer = await http.get(f"/studio/frame/default/{name}/{state}?scheme=dark&lang=en&size=compact")
    for part in (f'data-state="{state}"', 'data-scheme="dark"', 'lang="en"', 'data-size="compact"'):
        assert part in answer.text
    card, _, outside = answer.text.partition("</section>")
    assert ("示例数据" in card, "示例数据" in outside) == (False, True)
    assert "/widgets/events" not in answer.text


async def test_no_link_of_a_sample_leaves_the_studio(http: httpx2.AsyncClient, hospital: World) -> None:
    """Rows, 全部, the sign-in button and the refresh lead to pages of the studio."""
    for name in KINDS:
        for state in STATES:
            page = (await http.get(f"/studio/frame/default/{name}/{state}")).text
            found = re.findall(r'(?:href|data-src)="([^"]*)"', page)
            assert [] == [link for link in found if not link.startswith(f"{hospital.at.widgets}/studio/")]


async def test_a_sample_refreshes_as_a_card_does(http: httpx2.AsyncClient) -> None:
    """The version that it names is answered 204, another with the fragment."""
    address = "/studio/frame/default/todos/ok"
    version = (await http.get(address)).headers["Widget-Version"]
    same = await http.get(address, params={"as": "fragment", "v": version})
    other = await http.get(address, params={"as": "fragment", "v": "older"})
    assert (204, 200, "ok") == (same.status_code, other.status_code, other.headers["Widget-State"])
    assert other.text.startswith("<portal-widget")


@pytest.mark.parametrize(
    "address", ["/studio", "/studio/default/todos/ok?ui=en", "/studio/page/default/todos/ok"]
)
async def test_a_page_of_the_studio_has_nothing_inline(http: httpx2.AsyncClient, address: str) -> None:
    """No inline script, style or handler, and a policy that would refuse each of them."""
    answer = await http.get(address)
    assert [] == re.findall(r"<style|<script(?![^>]*\ssrc=)|\s(?:style|on\w+)=", answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


async def test_frames_of_the_studio_stand_in_the_studio_alone(http: httpx2.AsyncClient) -> None:
    """A portal cannot frame a sample, and nobody at all the studio's own pages."""
    for address in ("/studio/frame/default/todos/ok", "/studio/page/default/todos/ok"):
        assert (await http.get(address)).headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert (await http.get("/studio")).headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


async def test_the_studio_shows_nothing_of_whoever_is_signed_in(staff: Staff) -> None:
    """Signed in or not, the same page and the same card."""
    addresses = ("/studio", "/studio/frame/default/todos/ok")
    before = [(await staff.get(address)).text for address in addresses]
    await staff.sign_in(ZHOU)
    assert before == [(await staff.get(address)).text for address in addresses]


async def test_a_state_that_does_not_exist_is_a_page_that_says_so(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/studio/default/todos/nonsense")
    assert (404, True) == (answer.status_code, "没有这个视图" in answer.text)
    assert 404 == (await http.get("/studio/frame/default/todos/nonsense")).status_code


async def test_a_theme_that_is_not_there_is_named(http: httpx2.AsyncClient) -> None:
    """A slip in an address must not look like the theme."""
    assert "没有名为 hospitla 的主题" in (await http.get("/studio/hospitla/todos/ok")).text


async def test_what_somebody_types_is_judged_at_once(http: httpx2.AsyncClient) -> None:
    """A tone that is too faint is shown with its ratio, and with the nearest that passes on every ground."""
    told = (await http.get("/studio/default/tokens?scheme=light&link=8AB4E8")).json()
    link = next(each for each in told if each["name"] == "link")
    assert [pair["passes"] for pair in link["pairs"]] == [False, False]
    assert link["pairs"][0]["ratio"] == pytest.approx(contrast("#8AB4E8", "#F1F5FA"), abs=0.01)
    assert all(contrast(link["nearest"], back) >= 4.5 for back in ("#FFFFFF", "#F1F5FA"))


async def test_a_ground_that_somebody_types_is_under_all_texts(http: httpx2.AsyncClient) -> None:
    told = (await http.get("/studio/default/tokens?scheme=light&surface=000000")).json()
    text = next(each for each in told if each["name"] == "text")
    assert {"back": "surface", "ratio": 1.33, "least": 4.5, "passes": False} == text["pairs"][0]


@pytest.mark.parametrize("typed", ["red", "12", "%22%3E", "gggggg", "0A58A8FF"])
async def test_what_is_no_colour_changes_nothing(http: httpx2.AsyncClient, typed: str) -> None:
    ours = (await http.get("/studio/default/tokens?scheme=dark")).json()
    assert ours == (await http.get(f"/studio/default/tokens?scheme=dark&link={typed}")).json()


async def test_a_theme_that_is_refused_is_shown_with_the_reason(themed: Client) -> None:
    """A designer who waits for a change to appear reads why it does not."""
    refused = (await (await themed.get("/studio/changes")).get_json())["refused"]
    assert "color.accent is the nearest" in refused["broken"]
    page = await (await themed.get("/studio/broken/todos/ok")).get_data(as_text=True)
    assert "color.accent is the nearest" in page


async def test_a_variant_of_a_campus_can_be_looked_at(themed: Client) -> None:
    """A theme with variants has a knob for them, and the frame is drawn by the variant's tokens."""
    page = await (await themed.get("/studio/river/todos/ok?campus=east")).get_data(as_text=True)
    assert 'aria-current="true">东院区' in page
    address = "/studio/frame/river/todos/ok"
    plain, east = [
        await (await themed.get(address + query)).get_data(as_text=True) for query in ("", "?campus=east")
    ]
    assert ["#123456" in each for each in (plain, east)] == [False, True]


async def test_a_sample_speaks_the_words_of_its_theme(themed: Client) -> None:
    """Those too that come with the rows: the title of the card and the urgencies."""
    card = await (await themed.get("/studio/frame/river/todos/ok")).get_data(as_text=True)
    assert "我的待办</h" in card and ">火急</span>" in card and ">特急</span>" not in card


async def test_theme_check_is_told_beside_the_card(themed: Client) -> None:
    """Of the theme as it is on disk; it is begun by the first who asks."""
    for _ in range(100):
        told = await (await themed.get("/studio/mine/check?ui=en")).get_json()
        if told["state"] != "pending":
            break
        await asyncio.sleep(0.2)
    assert "done" == told["state"]
    assert "K04" in [each["rule"] for each in told["findings"]]
    assert {"state": "none"} == await (await themed.get("/studio/default/check")).get_json()


async def test_the_studio_can_be_switched_off(hospital: World, tmp_path: Path) -> None:
    assert 404 == (await of(hospital, tmp_path, studio="off").get("/studio")).status_code


async def test_whoever_is_not_signed_in_is_asked_to(designers: Client) -> None:
    """A person is sent to sign in and back; a script gets its status; a frame of the studio is closed as well."""
    answer = await designers.get("/studio?theme=default", headers=BROWSER)
    assert 303 == answer.status_code
    assert answer.headers["Location"].endswith("/auth/login?return=%2Fstudio%3Ftheme%3Ddefault")
    for address in ("/studio/frame/default/todos/ok", "/studio/changes", "/studio/default/tokens"):
        assert 401 == (await designers.get(address)).status_code


@pytest.mark.parametrize(("person", "status"), [(SHEN, 200), (ZHOU, 403)])
async def test_the_studio_is_for_designers(
    staff: Staff, designers: Client, person: Person, status: int
) -> None:
    """The role `designer` of the identity centre opens it; without it a page says whom to ask."""
    await staff.sign_in(person)
    cookies = "; ".join(f"{each.name}={each.value}" for each in staff.client.cookies.jar)
    answer = await designers.get("/studio", headers={**BROWSER, "Cookie": cookies})
    assert status == answer.status_code
    assert (status == 403) == ("只对设计人员开放" in await answer.get_data(as_text=True))


async def test_the_words_of_the_studio_exist_in_both_languages() -> None:
    """The same keys, none empty."""
    folder = Path(__file__).parents[3] / "widgets" / "studio" / "messages"
    zh, en = (
        re.findall(r'^  "([^"]+)": "[^"]', (folder / f"{lang}.json").read_text("utf-8"), re.M)
        for lang in ("zh-CN", "en")
    )
    assert zh == en


HOSTILE = [
    "",
    "../../etc",
    "%00",
    "x" * 600,
    "<script>",
    "{{w}}",
    "{0}",
    "%ff",
    "٣",
    "-1",
    "1e9",
    "a&b=c",
    "\u202e",
]
NAMES = [
    "theme",
    "w",
    "page",
    "vision",
    "ui",
    "limit",
    "scheme",
    "campus",
    "way",
    "widget",
    "portal",
    "link",
    "mask",
]
PLACES = [
    "/studio",
    "/studio/{value}/todos/ok",
    "/studio/default/todos/{value}",
    "/studio/frame/default/todos/ok",
    "/studio/frame/{value}/notices/{value}",
    "/studio/page/default/todos/ok",
    "/studio/{value}/tokens",
    "/studio/{value}/check",
    "/studio/embed",
    "/studio/doctor",
    "/studio/static/{value}",
]


@pytest.mark.parametrize("place", PLACES)
async def test_no_address_breaks_the_studio(http: httpx2.AsyncClient, place: str) -> None:
    """Whatever stands in it: an answer without a fault, and nothing of it comes back as markup."""
    for value in HOSTILE:
        said = quote(value, safe="%")
        query = "&".join(f"{name}={said}" for name in ("url", *NAMES))
        answer = await http.get(f"{place.format(value=said)}?{query}")
        assert answer.status_code < 500, value
        assert "<script>" not in answer.text
