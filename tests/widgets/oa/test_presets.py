"""The mappings that come along, each against a demo of the interface that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from demo import oa_engines, oa_jeecg
from demo.oa import DemoOA
from demo.oa_world import Canned
from demo.people import GU, SHEN, ZHOU, Person
from tests.widgets.oa.conftest import Clock, Installed, who, wire
from tests.widgets.oa.dialects import OA, OPEN, common, mapped
from widgets.oa import OABadAnswer, OADenied, OAForeign, OAUnavailable
from widgets.oa.outbound import HttpClient, client
from widgets.oa.rest import Rest
from widgets.settings_rest import presets

HEAD = '[[sources]]\nid = "main-oa"\ncampus = "main"\nkind = "rest"\n'


@dataclass(frozen=True)
class Preset:
    """What an integrator adds to one, and where it asks."""

    name: str
    context: str
    path: str
    added: str
    secrets: dict[str, str]
    id: str = ""
    """What stands before the number of a task in its id."""


FLOWABLE = Preset(
    "flowable",
    oa_engines.FLOWABLE,
    "/runtime/tasks",
    """values = { user = "rest-admin" }
[sources.todos.fields]
url = { text = "/bpm/task.html?id={row.id}" }
""",
    {"password": oa_engines.PASSWORD},
    "a1b2c3d4-",
)
CAMUNDA = Preset(
    "camunda7",
    oa_engines.CAMUNDA,
    "/task",
    """values = { user = "rest-admin" }
compute = { basic = "{value.user}:{secret.password}" }
headers = { Authorization = "Basic {basic|base64}" }
[sources.todos.fields]
url = { text = "/bpm/task.html?id={row.id}" }
""",
    {"password": oa_engines.PASSWORD},
    "f3a0b1c2-",
)
JEECG = Preset(
    "jeecg-notices",
    oa_jeecg.CONTEXT,
    "/openapi/call/listByUser",
    'values = { appkey = "ak-portal-widgets", api = "listByUser" }\n',
    {"secret": oa_jeecg.SECRET},
)
EVERY = (FLOWABLE, CAMUNDA, JEECG)
ENGINES = pytest.mark.parametrize("preset", [FLOWABLE, CAMUNDA], ids=lambda each: each.name)
ALL = pytest.mark.parametrize("preset", EVERY, ids=lambda each: each.name)


@pytest.fixture
def oa(preset: Preset, installed: Installed) -> DemoOA:
    return installed(preset.name)


@pytest.fixture
def usual(preset: Preset, http: HttpClient, clock: Clock) -> dict[str, Any]:
    return common(http, clock, preset.context)


@pytest.fixture
def source(preset: Preset, usual: dict[str, Any]) -> Rest:
    return mapped(f'{HEAD}preset = "{preset.name}"\n{preset.added}', usual, **preset.secrets)


def test_every_preset_is_proven_here() -> None:
    assert [each.name for each in sorted(EVERY, key=lambda each: each.name)] == presets()


@ENGINES
@pytest.mark.parametrize("person", [SHEN, GU], ids=lambda person: person.login)
async def test_an_engines_tasks_are_the_persons_to_dos(
    preset: Preset, oa: DemoOA, source: Rest, person: Person
) -> None:
    levels = {"0": "normal", "1": "high", "2": "critical"}
    waiting = sorted(oa.world.waiting(person), key=lambda task: task.received, reverse=True)
    listing = await source.todos(who(person))
    assert listing.total == len(waiting)
    assert [
        (item.id, item.title, item.step, item.process, item.urgency, item.received_at, item.url)
        for item in listing.items
    ] == [
        (
            preset.id + task.id,
            task.title,
            task.step,
            task.process,
            levels[task.level],
            task.received.replace(microsecond=0),
            f"{OPEN}/bpm/task.html?id={preset.id}{task.id}",
        )
        for task in waiting
    ]


@ENGINES
async def test_nobodys_tasks_are_an_empty_list(oa: DemoOA, source: Rest) -> None:
    oa.world.waiting(ZHOU).clear()
    listing = await source.todos(who(ZHOU))
    assert (listing.items, listing.total) == ((), 0)


@ENGINES
async def test_an_engine_that_ignores_the_assignee_shows_nobody_anything(
    preset: Preset, oa: DemoOA, source: Rest
) -> None:
    oa.world.waiting(SHEN).clear()
    oa.world.odd_rows = [{"id": "1", "name": "别人的", "assignee": "10012"}]
    with pytest.raises(OAForeign):
        await source.todos(who(SHEN))


async def test_flowable_without_a_title_variable_shows_the_tasks_name(
    installed: Installed, clock: Clock
) -> None:
    oa = installed("flowable")
    oa.world.odd_rows = [{"id": "1", "name": "主任审批", "assignee": "10086", "variables": []}]
    async with client([OA], deadline=30.0, transport=wire(oa)) as http:
        text = f'{HEAD}preset = "flowable"\n{FLOWABLE.added}'
        source = mapped(text, common(http, clock, FLOWABLE.context), **FLOWABLE.secrets)
        titles = {item.id: item.title for item in (await source.todos(who(SHEN))).items}
    assert titles["1"] == "主任审批"


@pytest.mark.parametrize("preset", [JEECG], ids=["jeecg-notices"])
async def test_jeecgs_notices_have_every_field(oa: DemoOA, source: Rest) -> None:
    listing = await source.notices(who(SHEN))
    everybodys = [each for each in oa.world.documents if each.readers is None]
    assert (listing.total, len(listing.items)) == (len(everybodys), len(everybodys))
    found = {item.title: item for item in listing.items}[everybodys[0].title]
    assert (found.department, found.category, found.pinned, found.unread) == ("院办", "公告", False, True)
    assert found.published_at == everybodys[0].published.replace(microsecond=0)
    assert found.url == f"{OPEN}/jeecg-boot/sys/annountCement/show/{everybodys[0].id}"


@pytest.mark.parametrize("preset", [JEECG], ids=["jeecg-notices"])
async def test_jeecgs_gateway_with_another_clock_denies(oa: DemoOA, source: Rest, clock: Clock) -> None:
    oa.world.now = Clock()
    clock.pass_(minutes=6)
    with pytest.raises(OADenied, match="签名验证失败"):
        await source.notices(who(SHEN))


@ALL
async def test_a_wrong_secret_is_denied(preset: Preset, usual: dict[str, Any]) -> None:
    wrong = dict.fromkeys(preset.secrets, "guessed")
    source = mapped(f'{HEAD}preset = "{preset.name}"\n{preset.added}', usual, **wrong)
    with pytest.raises(OADenied):
        await (source.notices if preset is JEECG else source.todos)(who(SHEN))


@ALL
async def test_the_ping_passes_and_fails_with_the_interface(oa: DemoOA, source: Rest) -> None:
    await source.ping()
    oa.world.mode = "down"
    with pytest.raises(OAUnavailable):
        await source.ping()


@ALL
@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"data":{}}', b'{"success":true}', b"<html>"])
async def test_what_is_no_list_is_never_nothing(
    preset: Preset, oa: DemoOA, source: Rest, body: bytes
) -> None:
    oa.world.canned[preset.context + preset.path] = Canned(body)
    with pytest.raises(OABadAnswer):
        await (source.notices if preset is JEECG else source.todos)(who(SHEN))
