"""Redis by TLS: one server, the master that Sentinels name, and a Cluster, under certificates of the hospital's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from redis.exceptions import RedisError

from demo.people import ZHOU
from demo.places import listening, port
from demo.world import World
from tests.redis.test_moving import can_sign_in, hospital_at
from tests.redis.tls import Authority, Fronts
from tests.redis.valkeys import PATIENCE, Valkeys, address, says, sentinels, thirds
from tests.widgets.configuration import Configuration
from widgets.checkup import redis_answers
from widgets.findings import Unwell
from widgets.redis_client import client, hearing

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def valkeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkeys]:
    with Valkeys.at(tmp_path_factory.mktemp("valkeys")) as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authorities") / "hospital")


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> str:
    """What an address says of the hospital's own authority."""
    return f"?ssl_ca_certs={authority.file}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fronts(authority: Authority) -> AsyncIterator[Fronts]:
    async with Fronts.under(authority.server("127.0.0.1")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def single(valkeys: Valkeys, fronts: Fronts) -> int:
    number = valkeys.start()
    await says(number, "PONG", "PING")
    return fronts.before(number)


@asynccontextmanager
async def staffed(url: str) -> AsyncIterator[World]:
    """Somebody has signed in and seen their list."""
    async with hospital_at(url) as (world, _):
        await signed_in(world)
        yield world


async def signed_in(world: World) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await can_sign_in(world, ZHOU):
            pass  # nobody names a master yet, or the list was late


async def test_staff_sign_in_while_sentinels_behind_tls_choose_another_master(
    valkeys: Valkeys, fronts: Fronts, trusted: str
) -> None:
    """They are asked by TLS themselves, and so is whom they name, before and after."""
    master, watching = await sentinels(valkeys, fronts.before)
    url = address("rediss+sentinel", [fronts.before(each) for each in watching], f"/hospital/0{trusted}")
    async with staffed(url) as world:
        valkeys.kill(master)
        await signed_in(world)


async def test_staff_sign_in_with_a_cluster_behind_tls(
    valkeys: Valkeys, fronts: Fronts, trusted: str
) -> None:
    """One member is named, which tells of the others."""
    members = await thirds(valkeys)
    places = [fronts.before(each) for each in members]
    for each, place in zip(members, places, strict=True):
        await says(each, "OK", "CONFIG", "SET", "cluster-announce-client-port", place)
    for place in places:
        await says(members[0], str(place), "CLUSTER", "SLOTS")
    url = address("rediss+cluster", places[:1], trusted)
    async with staffed(url):
        redis = client(url)
        assert [True] * 30 == [await redis.set(f"key-{number}", b"") for number in range(30)]
        await redis.aclose()


@pytest.mark.parametrize("scheme", ["rediss://{}", "rediss+sentinel://{}/hospital", "rediss+cluster://{}"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_whoever_cannot_prove_to_be_redis_is_refused_and_check_says_why(
    authority: Authority, tmp_path: Path, scheme: str, wrong: str
) -> None:
    """Signed by somebody else, or for another name: it is asked for nothing, not even for wake-ups."""
    signer = Authority(tmp_path / "stranger") if wrong == "authority" else authority
    name = "127.0.0.1" if wrong == "authority" else "cache.test"
    why = (
        "unable to get local issuer certificate|self-signed"
        if wrong == "authority"
        else "IP address mismatch"
    )
    with listening(0) as nobody:
        async with Fronts.under(signer.server(name)) as strangers:
            place = f"127.0.0.1:{strangers.before(port(nobody))}"
            url = f"{scheme.format(place)}?ssl_ca_certs={authority.file}"
            config = Configuration(tmp_path)
            config.text += f'[redis]\nurl = "{url}"\n'
            with pytest.raises(Unwell, match=why):
                await redis_answers(config.load())
            redis = hearing(url)
            with pytest.raises(RedisError, match=why):
                await redis.ping()
            await redis.aclose()


async def test_authorities_are_read_once_and_not_for_each_connection(
    single: int, authority: Authority, tmp_path: Path
) -> None:
    """Reading them takes 50 ms, in which nobody is answered: a crowd would wait for seconds."""
    copy = tmp_path / "authority.pem"
    copy.write_bytes(authority.file.read_bytes())
    redis = client(address("rediss", [single], f"/0?ssl_ca_certs={copy}"))
    await redis.ping()
    copy.unlink()
    async with asyncio.timeout(PATIENCE):
        assert [True] * 4 == await asyncio.gather(*(redis.ping() for _ in range(4)))
    await redis.aclose()
