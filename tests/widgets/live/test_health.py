"""`/readyz` and `/metrics`: what operations is told, of whom, and what nobody is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from demo.people import HAN, PEOPLE
from tests.staff import Staff
from tests.widgets.live.ear import Ear
from tests.widgets.live.pair import Pair

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def readiness(pair: Pair, at: str) -> dict[str, Any]:
    answer = await pair.http.get(f"{at}/readyz")
    assert 200 == answer.status_code
    told: dict[str, Any] = answer.json()
    return told


async def test_an_instance_is_ready_and_says_how_each_party_is(pair: Pair, staff: Staff) -> None:
    """Redis, identity centre, trail and every source, each with its state."""
    await staff.sign_in(HAN)
    await pair.card(staff, pair.here)
    told = await readiness(pair, pair.here)
    states = {name: told[name]["state"] for name in ("redis", "identity", "trail")}
    assert (True, {"redis": "up", "identity": "up", "trail": "up"}) == (told["ready"], states)
    source = told["sources"]["main-oa"]
    assert {"up"} == {source["state"]}
    assert source["answered"]


async def test_a_failing_oa_is_named_and_the_instance_stays_ready(pair: Pair, staff: Staff) -> None:
    """Taking the instance away would help nobody: people see their last lists."""
    await staff.sign_in(HAN)
    async with Ear.at(staff, pair.here) as ear:
        pair.world.oa.mode = "garbage"
        await pair.push(HAN)
        await ear.hears("todos")
    told = await readiness(pair, pair.here)
    source = told["sources"]["main-oa"]
    assert (True, "failing", True) == (told["ready"], source["state"], bool(source["since"]))


async def test_a_centre_that_is_down_is_named(pair: Pair, staff: Staff) -> None:
    """As it was at the last call: nobody is asked for the sake of a probe."""
    page = await staff.get(f"{pair.here}/auth/login")
    staff.client.follow_redirects = False
    back = (await staff.send_form(page, choosing=HAN.subject)).headers["Location"]
    pair.world.switches.down = True
    await staff.get(back)
    assert "down" == (await readiness(pair, pair.here))["identity"]["state"]


async def test_the_metrics_are_prometheus_text(pair: Pair, staff: Staff) -> None:
    """Read by Prometheus' own parser; every name begins alike, but for those of the process."""
    await staff.sign_in(HAN)
    await pair.card(staff, pair.here)
    answer = await pair.http.get(f"{pair.here}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {each.name: each for each in parsed(answer.text)}
    strange = [name for name in families if not name.startswith(("portal_widgets_", "process_"))]
    assert ([], []) == (strange, [name for name, each in families.items() if not each.documentation])
    wanted = (
        "portal_widgets_calls",
        "portal_widgets_call_seconds",
        "portal_widgets_cards",
        "portal_widgets_lists",
        "portal_widgets_events",
        "portal_widgets_streams",
        "portal_widgets_trail_waiting",
        "process_resident_memory_bytes",
    )
    assert [] == [name for name in wanted if not families[name].samples]


async def test_cards_are_counted_by_what_people_saw(pair: Pair, staff: Staff) -> None:
    """Widget and state, unchanged ones too."""
    name = 'portal_widgets_cards_total{state="ok",widget="todos"}'
    before = await pair.figure(name)
    await staff.sign_in(HAN)
    version = (await pair.card(staff, pair.here)).json()["version"]
    assert 204 == (await pair.card(staff, pair.here, v=version)).status_code
    assert before + 2 == await pair.figure(name)


async def test_no_number_tells_of_a_person(pair: Pair, staff: Staff) -> None:
    """No 工号, name, title, address or session in any label or help."""
    await staff.sign_in(HAN)
    await pair.card(staff, pair.here)
    text = (await pair.http.get(f"{pair.here}/metrics")).text + (
        await pair.http.get(f"{pair.here}/readyz")
    ).text
    labels = " ".join(re.findall(r"\{(.*?)\}", text))
    found = [each.name for each in PEOPLE if each.name in text or (each.account or each.subject) in labels]
    assert ([], []) == (found, [t.title for t in pair.world.oa.waiting(HAN) if t.title in text])


async def test_nobody_from_outside_is_told(pair: Pair) -> None:
    """Whoever comes through the gateway is refused; the gateway itself may ask."""
    trusting = {"PORTAL_WIDGETS__SERVICE__TRUSTED_PROXIES": '["127.0.0.0/8"]'}
    async with pair.beside(trusting) as at:
        for path in ("/healthz", "/readyz", "/metrics"):
            seen = await pair.http.get(at + path, headers={"X-Forwarded-For": "10.9.8.7"})
            assert (403, b"", 200) == (
                seen.status_code,
                seen.content,
                (await pair.http.get(at + path)).status_code,
            )
