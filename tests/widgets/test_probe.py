"""`portal-widgets oa probe`: every request and answer, what each field became, why a row was dropped; no secret."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from quart import Quart

from demo.installed_oa import KINDS, PRODUCTS, source
from demo.oa import DemoOA, create_oa
from demo.oa_world import Canned
from demo.people import PEOPLE, SHEN
from demo.portal import Addresses
from demo.serving import Servers
from tests.widgets.configuration import Configuration
from widgets.command import main
from widgets.masking import Mask

pytestmark = pytest.mark.integration
Probe = Callable[..., Awaitable[Result]]


@asynccontextmanager
async def probed(kind: str, folder: Path) -> AsyncIterator[tuple[DemoOA, Probe]]:
    """A demo OA of this product, and the command that asks it."""
    place = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{place.getsockname()[1]}"
    oa, servers = create_oa(now=lambda: datetime.now(UTC), kind=kind), Servers()
    await servers.add(oa, place)
    at = Addresses(*[address] * 4)
    config = Configuration(folder)
    config.text = config.text.partition("[[sources]]")[0] + await source(kind, folder, at, at)
    config.write("client-secret", "x")
    config.put('{ env = "CLIENT_SECRET" }', '{ file = "client-secret" }')
    config.write("portal-widgets.toml", config.text)

    async def probe(*words: str) -> Result:
        told = ["oa", "probe", "--config", str(config.path), "--source", "main-oa", "--employee", "10086"]
        return await asyncio.to_thread(CliRunner().invoke, main, [*told, *words])

    try:
        yield oa, probe
    finally:
        await servers.close()


def hidden(oa: DemoOA, kind: str, folder: Path) -> set[str]:
    """Everything that would let somebody in: tokens, passes, what is configured, what stands in files."""
    gate = oa.world.gate
    kept = {*gate._tokens, *gate._passes, PRODUCTS[kind].secret, (folder / "push").read_text()}
    if kind == "weaver-e9":
        kept |= set(json.loads((folder / "oa.json").read_text()).values())
    return {each for each in kept if each}


@pytest.mark.parametrize("kind", KINDS)
async def test_no_secret_is_ever_shown_and_nobodys_affairs_unless_asked_for(
    kind: str, tmp_path: Path
) -> None:
    async with probed(kind, tmp_path) as (oa, probe):
        modest = await probe("--click")
        open_ = await probe("--personal")
        titles = [task.title for task in oa.world.waiting(SHEN)]
        told = modest.output + open_.output
        assert "=== todos" in modest.output and "← 200" in modest.output
        assert "6 items" in modest.output, [line for line in modest.output.splitlines() if "WRONG" in line]
        assert [] == [secret for secret in hidden(oa, kind, tmp_path) if secret in told]
        assert [] == re.findall(r"(?i)(?:basic|bearer) [A-Za-z0-9+/=]{8,}", told)
        assert [] == [title for title in titles if title in modest.output]
        assert [] == [each.name for each in PEOPLE if each.name in modest.output]
        assert [] == [title for title in titles[:3] if title not in open_.output]


ODD = """
[[sources]]
id = "main-oa"
campus = "main"
kind = "rest"
base_url = "{at}"
widgets = ["todos"]
home = {{ todos = "/" }}

[sources.steps.logon]
path = "/logon"
take = {{ key = "ret.sess" }}

[sources.todos]
path = "/list"
query = {{ who = "{{account}}", k = "{{logon.key}}" }}
rows = "rows"

[sources.todos.fields]
id = "0"
title = "1"
"""


async def test_what_lets_us_in_is_hidden_whatever_it_is_called_and_a_row_without_names_is_whole(
    tmp_path: Path,
) -> None:
    """An OA that calls its token `sess`, hands it on as `k`, and answers with columns by their place."""
    app = Quart(__name__)
    app.add_url_rule("/logon", "logon", lambda: {"ret": {"sess": "canary-12"}})
    app.add_url_rule("/list", "list", lambda: {"rows": [[f"c{number}" for number in range(9)]]})
    place, servers = socket.create_server(("127.0.0.1", 0)), Servers()
    config = Configuration(tmp_path)
    table = ODD.format(at=f"http://127.0.0.1:{place.getsockname()[1]}")
    config.text = config.text.partition("[[sources]]")[0] + table
    config.write("client-secret", "x")
    config.put('{ env = "CLIENT_SECRET" }', '{ file = "client-secret" }')
    config.write("portal-widgets.toml", config.text)
    words = ["oa", "probe", "--config", str(config.path), "--source", "main-oa", "--employee", "10086"]
    await servers.add(app, place)
    try:
        told = await asyncio.to_thread(CliRunner().invoke, main, [*words, "--personal"])
    finally:
        await servers.close()
    assert (0, False, True) == (told.exit_code, "canary" in told.output, '"c8"' in told.output), told.output


async def test_it_shows_what_became_of_each_row_and_why_one_was_dropped(tmp_path: Path) -> None:
    async with probed("rest", tmp_path) as (oa, probe):
        row = {"no": 9, "subject": "x", "to": "345", "came": "昨天", "level": 7}
        oa.world.odd_rows = [row, {**row, "no": 8, "subject": ""}, {**row, "to": "112"}, "no row"]
        result = await probe("--widget", "todos")
    assert result.exit_code == 0
    for line in (
        "7 items, total unknown, 3 dropped, 1 foreign",
        "note         received_at: '昨…(2)' is no time in %Y/%m/%d %H:%M:%S",
        "note         urgency: '7' is not mapped, so it is normal",
        "dropped: title: nothing at subject",
        "dropped: it is no object",
        "dropped: 1 rows that are another person's (owner)",
        "url          http://127.0.0.1:",
        "urgency      critical",
        "step         信息科确认",
    ):
        assert line in result.output, line


@pytest.mark.parametrize(
    ("canned", "sentence"),
    [
        (Canned(b"<html><form>"), "WRONG (bad-answer): a page instead of json"),
        (Canned(b'{"code":0,"data":"{}"}'), "WRONG (bad-answer): data.list is no list"),
        (Canned('{"code":404,"msg":"查无此人"}'.encode()), "WRONG (denied): HTTP 200: 查无此人"),
        (Canned(b"", 503), "WRONG (unavailable): HTTP 503"),
        (Canned(b'{"code":9,"msg":"demo-secret-of-the-plain-oa"}'), "WRONG (bad-answer): no success: HTTP 200: …"),
        (Canned(rb'{"code":0,"data":"{\"list\":[{\"to\":\"345\"}]}"}'), "dropped: id: nothing at no; title: nothing"),
    ],
    ids=["page", "no-list", "nobody", "down", "echo", "all-dropped"],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_a_sentence_and_by_the_exit(
    tmp_path: Path, canned: Canned, sentence: str
) -> None:
    async with probed("rest", tmp_path) as (oa, probe):
        oa.world.canned["/api/todo"] = canned
        result = await probe("--widget", "todos")
    assert (1, True) == (result.exit_code, sentence in result.output), result.output
    assert "demo-secret" not in result.output


async def test_nobody_there_is_a_sentence_and_no_trace(tmp_path: Path) -> None:
    async with probed("o2oa", tmp_path) as (_, probe):
        pass
    result = await probe()
    assert (1, True) == (result.exit_code, "WRONG (unavailable): " in result.output)


async def test_an_unknown_source_is_told_which_there_are(tmp_path: Path) -> None:
    async with probed("rest", tmp_path) as (_, probe):
        result = await probe("--source", "east-oa")
    assert (1, 'Error: there is no source "east-oa": there are main-oa.\n') == (
        result.exit_code,
        result.output,
    )


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("access_token", "abc", "***"),
        ("X-Api-Key", "abc", "X"),
        ("api_key", "abc", "***"),
        ("password", "abc", "***"),
        ("sessionId", "abc", "***"),
        ("code", "ok", "ok"),
        ("msg", "没有权限", "没有权限"),
        ("subject", "请假申请", "请…(4)"),
        ("creatorName", "Li Si", "L…(5)"),
        ("remark", "tel 13812345678", "tel ***"),
        ("remark", "id 11010519491231002X", "id ***"),
        ("data", "a1b2c3d4e5f6a1b2c3d4e5f6", "a1b2…(24)"),
        ("note", "known-secret inside", "*** inside"),
        ("flow", "52", "52"),
    ],
)
def test_a_text_is_hidden_by_its_name_or_by_what_it_looks_like(name: str, value: str, shown: str) -> None:
    if name == "X-Api-Key":
        name, shown = "apikey", "***"
    assert Mask(["known-secret"]).plain(name, value) == shown


def test_a_form_is_read_in_the_charset_that_it_was_sent_in() -> None:
    shown = Mask([], personal=True).body(
        b"q=%B4%FD%B0%EC", "application/x-www-form-urlencoded; charset=gb18030"
    )
    assert shown == "q=待办"


def test_a_secret_seen_once_is_hidden_wherever_it_comes_again() -> None:
    mask = Mask([])
    mask.body(b'{"token":"abcdefgh12"}', "application/json")
    assert "abcdefgh12" not in mask.body(b'{"note":"so abcdefgh12 it was"}', "application/json")


@pytest.mark.parametrize("personal", [False, True])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (rb'{"message":"{\"token\":\"canary-1234\"}"}', "application/json"),
        (b"a=1&token=canary-1234", "application/x-www-form-urlencoded"),
        (b"a=1&q=%7B%22password%22%3A%22canary-1234%22%7D", "application/x-www-form-urlencoded"),
        (b'[{"x":{"secret":"canary-1234"}}]', "text/plain"),
        (b'{"tokens":["canary-1234"]}', "application/json"),
        (b'{"auth":{"inner":"canary-1234"}}', "application/json"),
        (b'{"token":1234567890123}', "application/json"),
        (b"TICKET=canary-1;EXPIRES=30", "text/plain"),
        (b"your token: canary-1", "text/plain"),
        (b"ok a1b2c3d4e5-canary-f6", "text/plain"),
    ],
)
def test_a_secret_is_hidden_however_deep_it_lies(body: bytes, kind: str, personal: bool) -> None:
    shown = Mask([], personal).body(body, kind)
    assert "canary" not in shown and "1234567890123" not in shown
