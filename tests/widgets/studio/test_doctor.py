"""The embed doctor: what it finds in a page, and what it never fetches."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from click.testing import CliRunner
from quart import Quart, Response, redirect

from demo.places import listening, port
from demo.world import World
from widgets.app import build
from widgets.command import main
from widgets.settings import load
from widgets.studio.case import Facts
from widgets.studio.doctor import examine
from widgets.studio.host_html import Element, HostPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOADER = '<script src="{w}/embed.js" defer></script>'
FRAME = '<iframe src="{w}/widgets/todos" title="待办"{more}></iframe>'
HTMX = '<div hx-get="{w}/widgets/todos" hx-trigger="load"></div>'
CONFIGURED = '<meta name="htmx-config" content=\'{{"selfRequestsOnly":false,"withCredentials":true}}\'>'
WHOLE = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"


def policy(text: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{text}">'


def frame(more: str = "") -> str:
    return FRAME.replace("{more}", more)


WRONG: list[tuple[str, str]] = [
    (LOADER + frame(f' sandbox="{WHOLE.replace("allow-scripts ", "")}"'), "lacks allow-scripts"),
    (LOADER + frame(f' sandbox="{WHOLE.replace("allow-same-origin ", "")}"'), "lacks allow-same-origin"),
    (LOADER + frame(' sandbox="ALLOW-SCRIPTS allow-same-origin"'), "lacks allow-popups:"),
    (LOADER + frame(f' sandbox="{WHOLE.rpartition(" ")[0]}"'), "lacks allow-popups-to-escape-sandbox"),
    (LOADER + '<IFRAME SRC="{w}/widgets/todos" TITLE=" "></IFRAME>', "has no title"),
    (LOADER + '<iframe title="待办" src="https://old.example/widgets/todos"></iframe>', "is not below"),
    (LOADER + '<iframe title="待办" src="{w}/widgets/todo"></iframe>', "{w}/widgets/todo is ours, but"),
    (
        LOADER + '<iframe title="公告" src="{w}/widgets/notices/"></iframe>',
        "{w}/widgets/notices/ is ours, but",
    ),
    (LOADER + CONFIGURED + '<p hx-get="{w}/todos" hx-trigger="load"></p>', "{w}/todos is ours, but"),
    (LOADER + '<portal-widget name="Todos"></portal-widget>', "has the name “Todos”"),
    (LOADER + '<esi:include src="{w}/widgets/todos/fragment" onerror="continue"/>', "no cache has put"),
    (LOADER + '<!--# include virtual="/pw/widgets/todos/fragment" -->', "web server has not put"),
    ('<portal-widget name="todos"></portal-widget>', "no embed.js: people see a link"),
    (CONFIGURED + HTMX, "no embed.js: it never refreshes"),
    (LOADER + HTMX, "htmx asks no other origin"),
    (LOADER + '<meta name="htmx-config" content="[[["]>' + HTMX, "htmx asks no other origin"),
    (LOADER + CONFIGURED + f'<main hx-target="#x"><p>{HTMX}</p></main>', "has hx-target"),
    (LOADER + CONFIGURED + f"<main data-hx-select='#x'>{HTMX}</main>", "has hx-select"),
    (LOADER + CONFIGURED + f"<main hx-disable>{HTMX}</main>", "has hx-disable"),
    (policy("frame-src 'self'; script-src *") + LOADER + frame(), "does not allow {w} in frame-src"),
    (policy("default-src 'none'") + frame(), "does not allow {w} in frame-src"),
    (policy("script-src 'self'") + LOADER + frame(), "does not allow {w} in script-src"),
    (policy("connect-src {w}0") + LOADER + CONFIGURED + HTMX, "does not allow {w} in connect-src"),
    ('<meta name="renderer" content="ie-comp">' + LOADER + frame(), "Chromium 78"),
]
WELL: list[tuple[str, str]] = [
    (LOADER + frame(), "Nothing to mend"),
    (LOADER + frame(f' sandbox="{WHOLE}"'), "Nothing to mend"),
    (LOADER + CONFIGURED + HTMX, "Nothing to mend"),
    (LOADER + CONFIGURED + f"<main hx-target='#x'></main>{HTMX}", "Nothing to mend"),
    (policy("frame-src http:; script-src {w}") + LOADER + frame(), "is not in the way"),
    (policy("child-src {w} {c}; script-src *") + LOADER + frame(), "is not in the way"),
    (policy("frame-src {w}; script-src *") + LOADER + frame(), "no silent sign-in"),
    ('<meta name="renderer" content="webkit|ie-comp">' + LOADER + frame(), "Nothing to mend"),
    (frame(), "frames keep their height"),
    (LOADER + CONFIGURED + HTMX.replace("todos", "todos/count") + frame(), "Nothing to mend"),
    (
        '<iframe title="新闻" src="/news"></iframe><p hx-get="/more"></p>' + LOADER + frame(),
        "Nothing to mend",
    ),
    ("<p>", "There is no card"),
    ('<meta name="referrer" content="no-referrer">' + LOADER + frame(), "but no count"),
    ("<style>html{{font-size:62.5%}}</style>" + LOADER + frame(), "root font size is 62.5%"),
    ('<link rel="stylesheet" href="theme.css">', "not read: theme.css"),
]


def filled(text: str, hospital: World) -> str:
    for place, value in (
        ("{{", "{"),
        ("}}", "}"),
        ("{w}", hospital.at.widgets),
        ("{c}", hospital.at.identity),
    ):
        text = text.replace(place, value)
    return text


async def examined(http: httpx2.AsyncClient, page: str, address: str) -> str:
    form = {"page": (None, page), "address": (None, address)}
    answer = await http.post("/studio/doctor?ui=en", files=form)
    assert 200 == answer.status_code
    return answer.text.replace("&#39;", "'")


@pytest.mark.parametrize(("page", "said"), WRONG, ids=[said for _, said in WRONG])
async def test_what_would_go_wrong_is_found(
    http: httpx2.AsyncClient, hospital: World, page: str, said: str
) -> None:
    """Each with what to do."""
    text = await examined(http, filled(page, hospital), f"{hospital.at.portal}/")
    found = text.partition(filled(said, hospital))
    assert found[1]
    assert 'data-mark="WRONG"' in found[0][-200:]
    assert 'class="todo"' in found[2][:400]


@pytest.mark.parametrize(("page", "said"), WELL, ids=[f"{n}-{said}" for n, (_, said) in enumerate(WELL)])
async def test_what_is_well_is_no_fault(
    http: httpx2.AsyncClient, hospital: World, page: str, said: str
) -> None:
    text = await examined(http, filled(page, hospital), f"{hospital.at.portal}/")
    assert filled(said, hospital) in text
    assert "Nothing to mend" in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://elsewhere.example/", "is no configured portal"),
        ("https://portal.hospital.localhost/", "browsers block the cards"),
        ("", "Where the page comes from is unknown"),
        ("nonsense", "Where the page comes from is unknown"),
    ],
)
async def test_where_a_page_comes_from_is_judged(
    http: httpx2.AsyncClient, hospital: World, address: str, said: str
) -> None:
    assert said in await examined(http, filled(LOADER + frame(), hospital), address)


@pytest.mark.parametrize(
    ("css", "score"),
    [
        ("a { color: red }", 1),
        ("#portal .col ul li a { color: red; font-size: 20px }", 2),
        ("a, li, .x, #y, td { margin: 0 }", 2),
        ("* { box-sizing: content-box }", 12),
        ("body { color: red; margin: 0 }", 12),
        (".card > a.link, [href], a:hover { color: red }", 1),
        ("@media (min-width: 1px) { a { color: red } } @media print { p { margin: 0 } }", 1),
        ("a { color: red } a { color: blue !important }", 1),
        ("@import 'x'; } } a { color: red", 1),
        (".pw { color: red }", 0),
    ],
)
async def test_the_leak_score_counts_what_reaches_a_card(
    http: httpx2.AsyncClient, hospital: World, css: str, score: int
) -> None:
    """Pairs of an element that cards have and a property that the portal sets on it, classes of its own left out."""
    text = await examined(http, f"<style>{css}</style>", f"{hospital.at.portal}/")
    assert f"Leak score {score}:" in text


ENDLESS = ["<a ", "<a x='", "<!--", "</", "<style>", "<a a=a ", '<a x="<', "<div>", "{", "@media{", "a{b:("]


@pytest.mark.parametrize("unit", ENDLESS)
async def test_a_page_made_to_be_slow_is_not(http: httpx2.AsyncClient, unit: str) -> None:
    """400 KB of what is begun and never ended: the library's parser takes an hour for some of these."""
    page = ("" if unit.startswith("<") else "<style>") + unit * (400_000 // len(unit))
    assert "eak score" in await asyncio.wait_for(examined(http, page, ""), 20)


@pytest.mark.parametrize("fault", ["<portal-widget>", '<iframe src="/widgets/todos">'])
async def test_a_page_of_nothing_but_faults_is_answered_in_few_words(
    http: httpx2.AsyncClient, fault: str
) -> None:
    """The first of each kind, and how many more: ten thousand findings help nobody, and take a second to draw."""
    count = 400_000 // len(fault)
    text = await examined(http, fault * count, "")
    found = text.partition('class="out findings"')[2]
    assert 20 <= found.count("<li ") < 100
    more = re.search(r"([\d,]+) more findings", found)
    assert more and int(more[1].replace(",", "")) >= count - 20


async def test_a_page_that_is_too_long_is_a_sentence(http: httpx2.AsyncClient) -> None:
    assert "more than 500 KB" in await examined(http, "x" * 600_000, "")


@dataclass(frozen=True, slots=True)
class Portal:
    """A configured portal that misbehaves, and a service that knows it."""

    origin: str
    client: Any

    async def looked_at(self, path: str) -> str:
        answer = await self.client.get(f"/studio/doctor?ui=en&url={self.origin}{path}")
        assert 200 == answer.status_code
        text: str = await answer.get_data(as_text=True)
        return text


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def portal(running_hospital: World) -> AsyncIterator[Portal]:
    place = listening(0)
    origin = f"http://strange.hospital.localhost:{port(place)}"
    pages, asked = Quart("strange"), []

    @pages.get("/<name>")
    async def page(name: str) -> Any:
        asked.append(name)
        match name:
            case "away":
                return redirect("http://127.0.0.1:1/secret", 302)
            case "slow":
                await asyncio.sleep(5)
            case "large":
                return Response("x" * 3_000_000)
            case "closed":
                return Response("", 403)
            case "styles.css":
                return Response("a { color: red }", content_type="text/css")
            case "strict":
                headers = {"Content-Security-Policy": "frame-src 'none'"}
                return Response(frame().replace("{w}", running_hospital.at.widgets), headers=headers)
        return Response(
            '<link rel=stylesheet href="/styles.css"><link rel=stylesheet href="http://127.0.0.1:1/x.css">'
        )

    await running_hospital.servers.add(pages, place)
    changed = {"PORTAL_WIDGETS__SERVICE__PORTALS": f'[{{ origin = "{origin}" }}]'}
    app = build(load(running_hospital.config, changed))
    yield Portal(origin, app.test_client())


async def test_a_page_is_fetched_with_its_style_sheets(portal: Portal) -> None:
    """Of its own origin; others are named and not asked."""
    text = await portal.looked_at("/fine")
    assert "Leak score 1:" in text
    assert "not read: http://127.0.0.1:1/x.css" in text


async def test_the_policy_in_the_headers_of_a_page_counts(portal: Portal) -> None:
    assert "in frame-src" in await portal.looked_at("/strict")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/away", "redirects are not followed"),
        ("/slow", "did not"),
        ("/large", "longer than"),
        ("/closed", "HTTP 403"),
    ],
)
async def test_a_page_that_cannot_be_read_is_a_sentence(portal: Portal, path: str, said: str) -> None:
    assert said in await portal.looked_at(path)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://strange.hospital.localhost:{port}@evil.example/",
        "http://evil.example\\@strange.hospital.localhost:{port}/",
        "http://strange.hospital.localhost.evil.example:{port}/",
        "file:///etc/passwd",
        "//strange.hospital.localhost:{port}/",
        "http://[::1]:{port}/",
        "gopher://strange.hospital.localhost:{port}/",
    ],
)
async def test_nothing_but_configured_portals_is_fetched(portal: Portal, address: str) -> None:
    """Neither this machine nor a neighbour, however the address is written."""
    asked = address.replace("{port}", portal.origin.rpartition(":")[2])
    answer = await portal.client.get("/studio/doctor", query_string={"ui": "en", "url": asked})
    text = (await answer.get_data(as_text=True)).replace("&#39;", "'")
    assert "belongs to no configured portal" in text or "no whole http or https address" in text


async def test_the_command_says_that_it_read_some_of_the_tags(hospital: World, tmp_path: Path) -> None:
    """Of a page of 5 MB that is nothing but tags: what was read is kept small, and soon done."""
    page = tmp_path / "portal.html"
    page.write_text("<a>" * 1_600_000 + filled(HTMX, hospital), "utf-8")
    _, told = await asyncio.wait_for(asyncio.to_thread(run, hospital, str(page)), 20)
    assert "the first 100,000 were read" in told
    assert "There is no card" in told


async def test_the_command_says_that_it_read_a_part(hospital: World, tmp_path: Path) -> None:
    """A page with more styles than half a second reads."""
    page = tmp_path / "portal.html"
    page.write_text(f"<style>{'a { color: red } ' * 10_000}</style>", "utf-8")
    _, told = await asyncio.to_thread(run, hospital, str(page))
    assert "the first 150,000 characters were read" in told


class Counted(dict[str, str]):
    """Attributes that count how often they are looked at."""

    looks = 0

    def __contains__(self, name: object) -> bool:
        Counted.looks += 1
        return super().__contains__(name)


async def test_what_stands_around_many_cards_is_looked_at_once() -> None:
    """Half a megabyte of them, two hundred deep, held a processor for sixteen seconds."""
    every: list[Element] = []
    for _ in range(200):
        every.append(Element("div", Counted({"hx-target": "#x"}), every[-1] if every else None))
    asking = Counted({"hx-get": "https://w.example/widgets/todos"})
    every += [Element("i", asking, every[199]) for _ in range(2000)]
    Counted.looks = 0
    found = examine(HostPage(tuple(every), ()), Facts("https://w.example", "https://sso.example", {}))
    assert "htmx-inherits" in {each.code for each in found}
    assert 20 * len(every) > Counted.looks


def run(hospital: World, *arguments: str) -> tuple[int, str]:
    told = CliRunner().invoke(main, ["embed", "doctor", "--config", str(hospital.config), *arguments])
    return told.exit_code, told.output


async def test_the_command_examines_a_saved_page(hospital: World, tmp_path: Path) -> None:
    """Where it was saved from is read in it; what is wrong comes first and ends the command with 1."""
    page = tmp_path / "portal.html"
    page.write_text(f"<!-- saved from url=(0030){hospital.at.portal}/ -->" + filled(HTMX, hospital), "utf-8")
    status, told = await asyncio.to_thread(run, hospital, str(page))
    assert 1 == status
    assert told.startswith("WRONG ")
    assert "is a configured portal" in told


async def test_the_command_fetches_the_portal(hospital: World) -> None:
    """The demo's own portal needs nothing."""
    status, told = await asyncio.to_thread(run, hospital, f"{hospital.at.portal}/", "--lang", "zh-CN")
    assert (0, True) == (status, "页面里有 2 张卡片" in told)


async def test_the_command_says_what_it_cannot_read(hospital: World, tmp_path: Path) -> None:
    status, told = await asyncio.to_thread(run, hospital, str(tmp_path / "nowhere.html"))
    assert (1, True) == (status, "cannot be read" in told)
    status, told = await asyncio.to_thread(run, hospital, "https://elsewhere.example/")
    assert (1, True) == (status, "belongs to no configured portal" in told)
