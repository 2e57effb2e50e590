"""What goes over the wire for a card weighs no more than was promised, with a real day's list and its real links.

Bodies are compressed as a gateway does it (gzip, level 6). 1 KB is 1,024 bytes.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from demo.people import PEOPLE, XU, Person
from demo.world import World
from tests.staff import Staff

pytestmark = pytest.mark.asyncio(loop_scope="session")
KB = 1024
both = pytest.mark.parametrize("name", ["todos", "notices"])
FOREVER = "public, max-age=31536000, immutable"


def weight(answer: httpx2.Response) -> int:
    """Bytes of the body as they go over the wire."""
    return len(gzip.compress(answer.content, 6))


@pytest.fixture(params=[person for person in PEOPLE if person is not XU], ids=lambda person: person.name)
def person(request: pytest.FixtureRequest) -> Person:
    found: Person = request.param
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def entered(staff: Staff, person: Person) -> AsyncIterator[Staff]:
    """Each of the cast who has a 工号: few items and many, and an OA that knows nobody of the name."""
    await staff.sign_in(person)
    yield staff


def parts(document: str) -> list[str]:
    """The addresses that a browser loads with a document or because a card of it asks for it."""
    return re.findall(
        r'(?:\bsrc|data-pw-needs|<link[^>]* href)="([^"]+\.(?:js|css|svg|png|woff2))"', document
    )


@both
async def test_a_document_is_at_most_14_kb_with_its_styles(entered: Staff, name: str) -> None:
    """The first window of TCP: with a full list of 20 rows, too."""
    for query in ("", "?size=full", "?lang=en"):
        assert weight(await entered.get(f"/widgets/{name}{query}")) <= 14 * KB


@both
async def test_a_fragment_is_at_most_8_kb_with_its_styles(entered: Staff, name: str) -> None:
    assert weight(await entered.get(f"/widgets/{name}?as=fragment")) <= 8 * KB


@both
async def test_a_refresh_is_at_most_2_and_a_half_kb(entered: Staff, name: str) -> None:
    """Six rows in the place of others: neither styles nor words come again. Unchanged: nothing at all."""
    first = await entered.get(f"/widgets/{name}?as=fragment")
    version = first.headers["Widget-Version"]
    changed = await entered.get(f"/widgets/{name}?as=fragment&v=0.{version.rpartition('.')[2]}")
    assert 200 == changed.status_code and "<section" in changed.text and "<style" not in changed.text
    assert weight(changed) <= 2.5 * KB
    if first.headers["Widget-State"] == "ok":
        same = await entered.get(f"/widgets/{name}?as=fragment&v={version}")
        assert (204, b"") == (same.status_code, same.content)


async def test_the_scripts_are_as_small_as_promised(staff: Staff) -> None:
    """A portal's loader 1.5 KB, a frame's runtime 4 KB, the wake-ups 1 KB; cards in the page itself 5 KB together."""
    await staff.sign_in(PEOPLE[0])
    wakeups, runtime = parts((await staff.get("/widgets/todos")).text)
    loader = await staff.get("/embed.js")
    [in_page] = re.findall(r"'(\S+/static/fragment\S+\.js)'", loader.text)
    limits = {"/embed.js": 1.5, runtime: 4, wakeups: 1, in_page: 5}
    assert [] == [where for where, limit in limits.items() if weight(await staff.get(where)) > limit * KB]


@both
async def test_a_frame_makes_at_most_three_requests_and_two_of_them_once_for_all(
    entered: Staff, name: str
) -> None:
    """The document, the runtime, and what this card needs beside it; both are kept for good."""
    loaded = parts((await entered.get(f"/widgets/{name}")).text)
    assert 1 <= len(loaded) <= 2
    for address in loaded:
        assert FOREVER == (await entered.get(address)).headers["Cache-Control"]


async def test_every_card_on_a_page_loads_the_same_files(staff: Staff, hospital: World) -> None:
    """Two frames, and the second one's scripts are there already."""
    await staff.sign_in(PEOPLE[1])
    todos, notices = [parts((await staff.get(f"/widgets/{name}")).text) for name in ("todos", "notices")]
    assert todos == notices
