"""A member of a Cluster that nobody hears from, while the others answer."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import httpx2
import pytest
from redis.crc import key_slot

from auth.principal import Principal
from auth.sealing import KeyRing
from auth.session import Tokens
from auth.sessions import Sessions
from demo.places import listening, port
from demo.rig import Clock
from demo.world import World
from tests.redis.valkeys import Valkeys, address, thirds
from widgets.app import build
from widgets.redis_client import client
from widgets.settings import load

pytestmark = pytest.mark.integration


async def somebody(sessions: Sessions, third: int) -> str:
    """The cookie of a person whose keys the first (0), second or last member has."""
    for number in count():
        who = Principal(f"subject-{number}", f"9{number:04}", "", ())
        session, cookie = await sessions.start(who, Tokens("id", "access"), None)
        if key_slot(f"{{{session.slot}}}".encode()) // 5462 == third:
            return cookie.partition(";")[0]
    raise AssertionError


async def reason(at: str, cookie: str) -> str | None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(
            f"{at}/widgets/todos", headers={"Accept": "application/json", "Cookie": cookie}
        )
    told: str | None = answer.json()["reason"]
    return told


async def test_a_member_that_is_away_shows_nobody_a_list_for_more_than_ten_minutes(tmp_path: Path) -> None:
    """Others are heard from all the while: that says nothing about those whose revocations nobody hears."""
    clock = Clock()
    with Valkeys.at(tmp_path) as valkeys, listening(0) as place:
        members = await thirds(valkeys)
        async with World.start(service=False) as world:
            settings = load(world.config, {"PORTAL_WIDGETS__REDIS__URL": address("redis+cluster", members)})
            at = f"http://127.0.0.1:{port(place)}"
            await world.servers.add(build(settings, clock), place)
            redis = client(settings.redis.address)
            keys = KeyRing.parse((world.folder / "keys").read_text("utf-8"))
            sessions = Sessions(redis, keys, clock, secure=False, issuer=settings.identity.issuer)
            heard, unheard = [await somebody(sessions, third) for third in (0, 2)]
            await redis.aclose()
            valkeys.silence(members[2])
            seen = []
            for minutes in (0, 5, 6):
                clock.later(minutes=minutes)
                seen.append([await reason(at, cookie) == "unchecked" for cookie in (unheard, heard)])
    assert [[False, False], [False, False], [True, False]] == seen
