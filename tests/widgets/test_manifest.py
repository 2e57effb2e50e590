"""The manifests: what they promise of addresses and parameters is so."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import pytest_asyncio

from demo.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
JSON = {"Accept": "application/json"}


@pytest_asyncio.fixture(loop_scope="session")
async def told(http: httpx2.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await http.get("/widgets.json")).json()
    return answer


def path(address: str, hospital: World) -> str:
    assert address.startswith(f"{hospital.at.widgets}/")
    return address.removeprefix(hospital.at.widgets)


async def test_every_address_of_the_manifest_answers(
    http: httpx2.AsyncClient, hospital: World, told: dict[str, Any]
) -> None:
    """200 each, for somebody whom nobody knows."""
    named = [
        widget[key]
        for widget in told["widgets"]
        for key in ("address", "fragment", "count", "fallback", "podium")
    ]
    answers = [await http.get(path(address, hospital)) for address in (told["script"], *named)]
    assert [200] * 11 == [answer.status_code for answer in answers]


@pytest.mark.parametrize("name", ["todos", "notices"])
async def test_a_server_that_passes_the_browsers_headers_on_gets_the_card(
    http: httpx2.AsyncClient, name: str
) -> None:
    """Varnish and nginx send an include with the page's own Accept: it is no person who could be sent to sign in."""
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
    answer = await http.get(f"/widgets/{name}/fragment", headers=page)
    assert (200, "signed-out") == (answer.status_code, answer.headers["widget-state"])
    assert answer.text.startswith(f'<portal-widget name="{name}"')


async def test_the_manifest_names_the_parameters_that_a_card_reads(
    http: httpx2.AsyncClient, told: dict[str, Any]
) -> None:
    """Every value that it offers is taken, and a card reads no parameter that it does not offer."""
    for name, about in told["widgets"][0]["parameters"].items():
        for value in about.get("values") or (about["minimum"], about["maximum"]):
            card = (await http.get("/widgets/todos", params={name: value}, headers=JSON)).json()
            read = dict(parse_qsl(urlsplit(card["src"]).query))
            assert str(value) == read[name]
            assert read.keys() <= told["widgets"][0]["parameters"].keys()


async def test_the_manifest_has_the_titles_of_each_language(told: dict[str, Any]) -> None:
    titles = [{"zh-CN": "待办", "en": "To-do"}, {"zh-CN": "公告", "en": "Notices"}]
    assert titles == [widget["title"] for widget in told["widgets"]]


@pytest.mark.parametrize(("lang", "title"), [("zh-CN", "公告"), ("en", "Notices")])
async def test_the_fallback_is_a_link_that_the_script_turns_into_the_card(
    http: httpx2.AsyncClient, hospital: World, lang: str, title: str
) -> None:
    page = (await http.get("/widgets/notices/fallback", params={"lang": lang})).text
    link = f'<a href="{hospital.at.widgets}/widgets/notices" target="_blank" rel="noopener">{title}</a>'
    assert page.startswith('<portal-widget name="notices"')
    assert link in page
