"""The kind `rest` says what each built-in dialect says: what a mapping must express, against five real interfaces.

The mappings in `mappings/` are also worth reading as examples: RSA-sealed headers (E9), JSON in texts and an odd empty
list (EKP), 64-bit owners and summed counts (V5), signed bodies (V8), a person's own token (O2OA).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from demo import oa_ekp, oa_o2oa, oa_seeyon, oa_seeyon8
from demo.oa import DemoOA
from demo.oa_browser import HOME
from demo.oa_world import Canned
from demo.people import GU, SHEN, WEN, ZHOU, Person
from tests.widgets.oa.conftest import Clock, Installed, who, wire
from tests.widgets.oa.dialects import E9, EKP, O2, OA, V5, V8, Dialect, common, mapped
from widgets.items import Reference
from widgets.oa import OAClient, OADenied, OAError, OAForeign
from widgets.oa.outbound import HttpClient, client
from widgets.tickets import Tickets

MAPPINGS = Path(__file__).parent / "mappings"
SECRETS: dict[str, Callable[[DemoOA], dict[str, str]]] = {
    "weaver-e9": lambda oa: dict(zip(("spk", "secret"), oa.world.gate.register(), strict=True)),
    "landray-ekp": lambda oa: {"password": oa_ekp.PASSWORD},
    "seeyon-v5": lambda oa: {"password": oa_seeyon.PASSWORD},
    "seeyon-v8": lambda oa: {"app": oa_seeyon8.APP_SECRET},
    "o2oa": lambda oa: {"key": oa_o2oa.KEY},
}
EVERY = (E9, EKP, V5, V8, O2)


def of(*chosen: Dialect) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("dialect", chosen, ids=lambda each: each.kind)


@pytest.fixture
def oa(dialect: Dialect, installed: Installed) -> DemoOA:
    return installed(dialect.kind)


@pytest.fixture
async def http(oa: DemoOA) -> AsyncIterator[HttpClient]:
    async with client([OA], deadline=30.0, transport=wire(oa)) as made:
        yield made


@pytest.fixture
def by_mapping(dialect: Dialect, oa: DemoOA, http: HttpClient, clock: Clock) -> Callable[[], OAClient]:
    """E9 forgets its former keys at each registration, so clients are made when they are wanted."""
    text = (MAPPINGS / f"{dialect.kind}.toml").read_text("utf-8")
    return lambda: mapped(text, common(http, clock, dialect.context), **SECRETS[dialect.kind](oa))


@pytest.fixture
def built_in(
    dialect: Dialect, oa: DemoOA, http: HttpClient, clock: Clock, tickets: Tickets
) -> Callable[[], OAClient]:
    return lambda: dialect.connect(oa, common(http, clock, dialect.context), tickets)


Make = Callable[[], OAClient]


@of(*EVERY)
@pytest.mark.parametrize("person", [SHEN, GU], ids=lambda person: person.login)
async def test_a_mapping_gives_the_same_to_dos_as_the_built_in_dialect(
    built_in: Make, by_mapping: Make, person: Person
) -> None:
    expected = await built_in().todos(who(person))
    assert await by_mapping().todos(who(person)) == expected


@of(E9, V5, O2)
async def test_a_mapping_gives_the_same_notices_as_the_built_in_dialect(
    built_in: Make, by_mapping: Make
) -> None:
    expected = await built_in().notices(who(GU))
    assert await by_mapping().notices(who(GU)) == expected


@of(*EVERY)
async def test_nothing_to_do_is_an_empty_list_with_total_zero(oa: DemoOA, by_mapping: Make) -> None:
    oa.world.waiting(SHEN).clear()
    listing = await by_mapping().todos(who(SHEN))
    assert (listing.items, listing.total) == ((), 0)


@of(*EVERY)
async def test_what_the_product_says_when_it_gives_no_list_is_never_nothing_to_do(
    dialect: Dialect, oa: DemoOA, by_mapping: Make
) -> None:
    source, path = by_mapping(), dialect.todos.format(account=SHEN.account, login=SHEN.login)
    for body in (*dialect.bad_lists, b"", b"null", b"{}", b"-1", b"<html>"):
        oa.world.canned[path] = Canned(body)
        with pytest.raises(OAError):
            await source.todos(who(SHEN))


@of(E9, V5, O2)
async def test_what_a_step_got_is_asked_for_anew_when_the_oa_says_that_it_is_over(
    oa: DemoOA, by_mapping: Make
) -> None:
    source = by_mapping()
    await source.todos(who(SHEN))
    oa.world.gate.expire()
    assert len((await source.todos(who(SHEN))).items) == 6


@of(E9, EKP, O2)
async def test_a_click_arrives_signed_in(oa: DemoOA, by_mapping: Make) -> None:
    source = by_mapping()
    item = (await source.todos(who(SHEN))).items[0]
    link = urlsplit(await source.link(who(SHEN), Reference("main-oa", "todos", item.id, item.url or "")))
    visitor = oa.test_client()
    await visitor.get(f"{link.path}?{link.query}")
    assert item.title in await (await visitor.get(HOME)).get_data(as_text=True)


@of(V5, V8, O2)
async def test_another_persons_row_is_dropped_and_counted(
    dialect: Dialect, oa: DemoOA, by_mapping: Make
) -> None:
    assert dialect.owner is not None
    oa.world.odd_rows = [{**dialect.row, dialect.owner: "-1"}]
    listing = await by_mapping().todos(who(SHEN))
    assert (len(listing.items), listing.dropped, listing.foreign, listing.total) == (6, 1, 1, None)


@of(E9, V5)
async def test_a_look_up_that_finds_somebody_else_is_an_alarm(oa: DemoOA, by_mapping: Make) -> None:
    oa.world.mode = "someone-else"
    with pytest.raises(OAForeign):
        await by_mapping().todos(who(ZHOU))


@of(E9, O2)
async def test_a_locked_person_is_denied(by_mapping: Make) -> None:
    with pytest.raises(OADenied):
        await by_mapping().todos(who(WEN))


@of(*EVERY)
async def test_the_ping_of_a_mapping_needs_no_person(oa: DemoOA, by_mapping: Make) -> None:
    source = by_mapping()
    await source.ping()
    oa.world.mode = "down"
    if oa.world.calls:  # without a step for all there is only the front page to look at
        with pytest.raises(OAError):
            await by_mapping().ping()
