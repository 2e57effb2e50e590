"""Who gets to a view, and what happens to everybody else."""

from __future__ import annotations

import pytest

from auth.paths import own_path
from tests.auth.world import OURS, World


async def test_a_signed_in_view_gets_the_session_as_an_argument(world: World) -> None:
    browser = world.browser()
    await browser.sign_in()
    assert (await browser.get("/open/abc")).text == "abc for 10086"


async def test_a_navigation_of_nobody_is_sent_to_sign_in_and_back(world: World) -> None:
    answer = await world.browser().get("/open/a%20b?x=1&y=2")
    expected = f"{OURS}/auth/login?return=%2Fopen%2Fa%2520b%3Fx%3D1%26y%3D2"
    assert (answer.status_code, answer.headers["Location"]) == (303, expected)


async def test_the_way_back_leads_to_the_page_that_was_asked_for(world: World) -> None:
    browser = world.browser()
    away = await browser.get("/open/a%20b?x=1&y=2")
    query = away.headers["Location"].removeprefix(f"{OURS}/auth/login")
    assert (await browser.sign_in(query)).headers["Location"] == f"{OURS}/open/a%20b?x=1&y=2"


@pytest.mark.parametrize(
    "headers",
    [{"Accept": "application/json"}, {"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}],
)
async def test_a_script_of_nobody_gets_a_status(world: World, headers: dict[str, str]) -> None:
    assert (await world.browser().get("/open/abc", headers=headers)).status_code == 401


async def test_anyone_may_ask_for_a_card(world: World) -> None:
    assert (await world.browser().get("/widgets/todos")).text == "card"


async def test_operations_are_closed_to_the_rest(world: World) -> None:
    assert (await world.browser().get("/metrics")).status_code == 403


async def test_operations_are_open_to_their_network(world: World) -> None:
    assert (await world.browser().get("/metrics", headers={"X-Operations": "1"})).text == "numbers"


async def test_a_view_without_a_declaration_is_closed(world: World) -> None:
    assert (await world.browser().get("/forgotten")).status_code == 403


async def test_an_unknown_address_is_simply_not_there(world: World) -> None:
    assert (await world.browser().get("/nowhere")).status_code == 404


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/widgets/todos?size=list", "/widgets/todos?size=list"),
        ("/widgets/待办", "/widgets/%E5%BE%85%E5%8A%9E"),
        ("/open/a%2Fb", "/open/a%2Fb"),
        ("/open/a b", "/open/a%20b"),
    ],
)
def test_a_path_of_ours_is_kept(path: str, kept: str) -> None:
    assert own_path(path) == kept


@pytest.mark.parametrize(
    "path",
    [
        None, "", "widgets", "//evil.test", "/\\evil.test", "\\/evil.test", "https://evil.test",
        "javascript:alert(1)", "/\t/evil.test", "/\n/evil.test", "/a\r\nSet-Cookie: x=1", "/%2f/evil.test",
        "/%5cevil.test", "/../admin", "/a/%2E%2e/admin", "/a/..", "/auth/login", "/AUTH/login?silent=1",
        "/" + "a" * 2048, "/a\u202eb", "/\x00",
    ],
)  # fmt: skip
def test_any_other_path_is_not(path: str | None) -> None:
    assert own_path(path) is None
