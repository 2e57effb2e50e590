"""The demo OA's pages: what a click on an item opens, and what its buttons do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from demo.oa import DemoOA, create_oa
from demo.oa_browser import ITEM
from demo.people import HAN, SHEN, ZHOU, Person
from tests.widgets.oa.conftest import Clock, Connect, who


async def signed_in(oa: DemoOA, person: Person) -> object:
    visitor = oa.test_client()
    await visitor.get(f"{ITEM}?ssoToken={oa.world.gate.mint(person)}")
    return visitor


async def page(visitor: object, path: str) -> str:
    return str(await (await visitor.get(path)).get_data(as_text=True))  # type: ignore[attr-defined]


async def test_a_link_with_a_token_opens_the_item(oa: DemoOA) -> None:
    visitor = await signed_in(oa, SHEN)
    task = oa.world.waiting(SHEN)[0]
    assert task.title in await page(visitor, f"/oa/item/{task.id}")


async def test_the_address_goes_on_without_the_token(oa: DemoOA) -> None:
    token = oa.world.gate.mint(SHEN)
    answer = await oa.test_client().get(f"/spa/document/index.jsp?id=1&ssoToken={token}&router=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/spa/document/index.jsp?id=1&router=1")


async def test_a_token_works_once(oa: DemoOA) -> None:
    token = oa.world.gate.mint(SHEN)
    await oa.test_client().get(f"{ITEM}?ssoToken={token}")
    visitor = oa.test_client()
    await visitor.get(f"{ITEM}?ssoToken={token}")
    assert "请登录" in await page(visitor, ITEM)


async def test_without_a_token_the_sign_in_page_offers_people(oa: DemoOA) -> None:
    visitor = oa.test_client()
    assert SHEN.name in await page(visitor, ITEM)
    answer = await visitor.post("/login", form={"account": SHEN.account or "", "back": ITEM})
    assert (answer.status_code, answer.headers["Location"]) == (303, ITEM)
    assert oa.world.waiting(SHEN)[0].title in await page(visitor, "/wui/index.html")


@pytest.mark.parametrize("decision", ["approve", "return"])
async def test_a_decision_takes_the_item_off_the_list(oa: DemoOA, connect: Connect, decision: str) -> None:
    visitor, task = await signed_in(oa, ZHOU), oa.world.waiting(ZHOU)[0]
    await visitor.post(f"/oa/item/{task.id}", form={"decision": decision})  # type: ignore[attr-defined]
    listing = await connect().todos(who(ZHOU))
    assert task.id not in {item.id for item in listing.items}


async def test_nobody_opens_or_decides_somebody_elses_item(oa: DemoOA) -> None:
    visitor, task = await signed_in(oa, HAN), oa.world.waiting(ZHOU)[0]
    await visitor.post(f"/oa/item/{task.id}", form={"decision": "approve"})  # type: ignore[attr-defined]
    assert task in oa.world.waiting(ZHOU)
    assert task.title not in await page(visitor, f"/oa/item/{task.id}")


async def test_the_control_page_adds_an_urgent_item_and_tells_about_it(key: object, clock: Clock) -> None:
    told: list[Person] = []

    async def changed(people: Sequence[Person]) -> None:
        told.extend(people)

    oa = create_oa(now=clock, key=key, changed=changed)  # type: ignore[arg-type]
    await oa.test_client().post("/control", form={"urgent": SHEN.account or ""})
    assert ([task.level for task in oa.world.waiting(SHEN)][-1], told) == ("2", [SHEN])


async def test_the_control_page_turns_the_switch_and_resets_it(oa: DemoOA) -> None:
    visitor = oa.test_client()
    modes = []
    for form in ({"mode": "down"}, {"reset": "1"}, {"mode": "nonsense"}):
        await visitor.post("/control", form=form)
        modes.append(oa.world.mode)
    assert modes == ["down", "ok", "ok"]


async def test_every_page_draws(oa: DemoOA) -> None:
    visitor = await signed_in(oa, SHEN)
    document = oa.world.readable(SHEN)[0]
    paths = ["/", "/control", ITEM, f"/spa/document/index.jsp?id={document.id}", "/oa/item/none"]
    assert ["</" in await page(visitor, path) for path in paths] == [True] * len(paths)
