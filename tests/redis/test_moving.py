"""Redis by Sentinel and as a Cluster: what people see while a master is gone and another takes its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.crc import key_slot

from demo.people import GU, HAN, SHEN, ZHOU, Person
from demo.places import Places, listening, port
from demo.world import World
from tests.redis.valkeys import PATIENCE, Valkeys, address, asked, cluster, says, sentinels
from tests.staff import Staff
from widgets.app import build
from widgets.checkup import redis_answers
from widgets.findings import Unwell
from widgets.redis_client import client
from widgets.settings import load

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SHOWN = {"ok", "starting"}
"""With their list; or with a skeleton, where a busy machine needs too long without Redis, and the list right after."""
PEOPLE = (ZHOU, HAN, GU, SHEN)


@pytest.fixture(scope="module")
def valkeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkeys]:
    with Valkeys.at(tmp_path_factory.mktemp("valkeys")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def masters(valkeys: Valkeys) -> list[int]:
    """Of one Cluster for all: whoever kills one leaves it with a replica in its place."""
    return await cluster(valkeys)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clustered(masters: list[int]) -> AsyncIterator[tuple[World, str]]:
    """A hospital of two instances on that Cluster."""
    async with hospital_at(address("redis+cluster", masters)) as made:
        yield made


@asynccontextmanager
async def hospital_at(url: str) -> AsyncIterator[tuple[World, str]]:
    """Two instances that share this Redis; the address of the second."""
    with Places.take(None) as places, listening(0) as second:
        there = f"http://widgets.hospital.localhost:{port(second)}"
        async with World.start(places=places, service=False) as world:
            settings = load(world.config, {"PORTAL_WIDGETS__REDIS__URL": url})
            for place in (places.widgets, second):
                await world.servers.add(build(settings), place)
            yield world, there


async def card(staff: Staff, instance: str = "") -> str:
    answer = await staff.get(f"{instance}/widgets/todos", headers={"HX-Request": "true"})
    return answer.headers["Widget-State"]


async def can_sign_in(world: World, person: Person) -> bool:
    """That needs Redis, where a card does not."""
    async with Staff.at(world) as staff:
        page = await staff.get("/auth/login")
        if page.is_error:
            return False
        await staff.send_form(page, choosing=person.subject)
        return await card(staff) == "ok"


async def seen_until_all_can_sign_in(world: World, staff: list[Staff]) -> set[str]:
    """Every state that people who are signed in see until everybody could sign in again."""
    seen: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while True:
            seen.update(await asyncio.gather(*map(card, staff)))
            if all([await can_sign_in(world, person) for person in PEOPLE]):
                return seen


@asynccontextmanager
async def everybody(world: World) -> AsyncIterator[list[Staff]]:
    """Signed in, with their lists before them."""
    async with AsyncExitStack() as stack:
        staff = [await stack.enter_async_context(Staff.at(world)) for _ in PEOPLE]
        for one, person in zip(staff, PEOPLE, strict=True):
            await one.sign_in(person)
            async with asyncio.timeout(PATIENCE):
                while "ok" != await card(one):
                    pass  # a card that waits for its list takes its time
        yield staff


async def test_cards_answer_while_sentinels_choose_another_master(valkeys: Valkeys) -> None:
    """The master is killed, one Sentinel hangs: nobody is signed out or has "nothing to do"; signing in comes back."""
    master, watching = await sentinels(valkeys)
    async with (
        hospital_at(address("redis+sentinel", watching, "/hospital/0")) as (world, _),
        everybody(world) as staff,
    ):
        valkeys.silence(watching[0])
        valkeys.kill(master)
        assert SHOWN >= await seen_until_all_can_sign_in(world, staff)
        settings = load(
            world.config, {"PORTAL_WIDGETS__REDIS__URL": address("redis+sentinel", watching, "/other")}
        )
        with pytest.raises(Unwell, match="does not take a write: no Sentinel names a master other"):
            await redis_answers(settings)


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Agrees to everything, and then names a master without a place."""
    while words := await reader.read(4096):
        names = b"*1\r\n%1\r\n$4\r\nname\r\n$8\r\nhospital\r\n"
        writer.write(names if b"MASTERS" in words else b"+OK\r\n" * words.count(b"*"))
    writer.close()


async def test_servers_that_are_no_sentinels_are_passed_over(valkeys: Valkeys) -> None:
    """A plain Valkey and one that talks nonsense are named first: somebody signs in and sees their list."""
    master = valkeys.start()
    await says(master, "PONG", "PING")
    sentinel = valkeys.start(f"sentinel monitor hospital 127.0.0.1 {master} 1", sentinel=True)
    await says(sentinel, "status=ok", "INFO", "sentinel")
    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as odd:
        asking = [master, odd.sockets[0].getsockname()[1], sentinel]
        async with hospital_at(address("redis+sentinel", asking, "/hospital/0")) as (world, _):
            async with asyncio.timeout(PATIENCE):
                while not await can_sign_in(world, ZHOU):
                    pass  # the list was late


async def test_cards_answer_while_a_member_of_a_cluster_is_replaced(
    valkeys: Valkeys, masters: list[int], clustered: tuple[World, str]
) -> None:
    """A third of the slots is away: nobody is signed out or has "nothing to do", signing in comes back."""
    async with everybody(clustered[0]) as staff:
        valkeys.kill(masters[2])
        assert SHOWN >= await seen_until_all_can_sign_in(clustered[0], staff)


async def test_a_sign_out_is_felt_at_another_instance_of_a_cluster(clustered: tuple[World, str]) -> None:
    """Whichever member has the person's keys: both instances ask that one."""
    world, there = clustered
    async with everybody(world) as staff:
        assert ["ok"] * len(staff) == [await card(one, there) for one in staff]
        for one in staff:
            cookies = httpx2.Cookies(one.client.cookies)
            await one.client.post(f"{world.at.widgets}/auth/logout", headers={"Origin": world.at.widgets})
            one.client.cookies = cookies
        assert ["signed-out"] * len(staff) == [await card(one, there) for one in staff]


async def test_check_says_whether_a_cluster_takes_writes(
    masters: list[int], clustered: tuple[World, str]
) -> None:
    url = address("redis+cluster", masters)
    settings = load(clustered[0].config, {"PORTAL_WIDGETS__REDIS__URL": url})
    assert f"Redis at {url} takes writes." == await redis_answers(settings)


async def test_check_says_that_nobody_is_a_cluster(clustered: tuple[World, str]) -> None:
    url = address("redis+cluster", [clustered[0].valkey.port])
    with pytest.raises(Unwell, match="does not take a write: no member of the Cluster says who has what"):
        await redis_answers(load(clustered[0].config, {"PORTAL_WIDGETS__REDIS__URL": url}))


async def test_a_slot_is_followed_on_its_way_to_another_member(masters: list[int]) -> None:
    """While it moves its owner says ASK, afterwards MOVED: both are answers, in pipelines too."""
    slot = key_slot(b"{moved}")
    numbers = {await asked(each, "CLUSTER", "MYID"): each for each in masters[:2]}
    (giver, giving), (taker, taking) = sorted(numbers.items(), key=lambda each: each[1] != masters[0])
    assert slot <= 5460, "the first master has it"
    redis = client(address("redis+cluster", masters[:2]))
    try:
        assert await redis.set("{moved}1", b"here")
        await says(taking, "OK", "CLUSTER", "SETSLOT", slot, "IMPORTING", giver)
        await says(giving, "OK", "CLUSTER", "SETSLOT", slot, "MIGRATING", taker)
        await says(giving, "OK", "MIGRATE", "127.0.0.1", taking, "{moved}1", 0, 5000)
        during = await both(redis)
        for each in (taking, giving):
            await says(each, "OK", "CLUSTER", "SETSLOT", slot, "NODE", taker)
        assert [during, await both(redis)] == [[b"here", b"here", b"here"]] * 2
    finally:
        await redis.aclose()


async def both(redis: Redis) -> list[object]:
    """By a single command and by a pipeline."""
    async with redis.pipeline(transaction=False) as steps:
        steps.get("{moved}1")
        steps.get("{moved}1")
        return [await redis.get("{moved}1"), *await steps.execute()]
