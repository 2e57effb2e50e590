"""The ways in once more in Firefox, whose cookies of other sites are partitioned by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from demo.oa_push import Pusher
from demo.people import HAN, Person
from demo.ways import WAYS
from demo.world import World
from tests.browser.far import far_hospital, one_name_hospital
from tests.browser.firefox import FOUND, Firefox
from tests.browser.tls import https_hospital
from tests.browser.visitor import FRAMED, Clock, streams, waiting

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(FOUND is None, reason="no Firefox here: apt-get install firefox-esr"),
]
every_way = pytest.mark.parametrize("way", [way.path for way in WAYS])
SHADOW = "document.querySelector('#slot-{name} portal-widget').shadowRoot"
CHOOSE = "document.querySelector(\"button[value='{subject}']\").click()"
BUTTON = "{root}.querySelector(\".pw[data-state='signed-out'] [data-pw-sign-in='popup']\")?.href"
TITLES = "[...{root}.querySelectorAll('.pw-text')].map(each => each.title).join('|')"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def far_world(one_clock: Clock) -> AsyncIterator[World]:
    async with far_hospital(one_clock) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def one_name(one_clock: Clock) -> AsyncIterator[World]:
    async with one_name_hospital(one_clock) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def secure(one_clock: Clock) -> AsyncIterator[World]:
    """On https; the centre answers by a form that is posted, but for silent attempts."""
    async with https_hospital(one_clock, response_mode="form_post") as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def secure_far(one_clock: Clock) -> AsyncIterator[World]:
    async with https_hospital(one_clock, far=True) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def started() -> AsyncIterator[Firefox]:
    async with Firefox.open() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def firefox(started: Firefox) -> Firefox:
    """Somebody's Firefox, empty."""
    await started.fresh()
    return started


async def card(firefox: Firefox, page: str, way: str, name: str = "todos") -> tuple[str, str]:
    """The context that holds the card, and the script for its root."""
    if way not in FRAMED:
        return page, SHADOW.format(name=name)

    async def frame() -> str | None:
        return next((id for id, url in await firefox.contexts() if f"/widgets/{name}" in url), None)

    return await firefox.until(frame), "document"


async def shows(firefox: Firefox, page: str, way: str, person: Person, world: World) -> None:
    """Returns when the to-do card shows this person's list."""
    expected = "|".join(waiting(world, person))

    async def listed() -> bool:
        context, root = await card(firefox, page, way)
        return expected == await firefox.run(context, TITLES.format(root=root))

    await firefox.until(listed)


async def choose(firefox: Firefox, person: Person) -> None:
    """At the centre, in whichever tab or window shows its page."""

    async def chosen() -> bool:
        for context, url in await firefox.contexts():
            if "/authorize" in url:
                await firefox.run(context, CHOOSE.format(subject=person.subject))
                return True
        return False

    await firefox.until(chosen)


async def is_at(firefox: Firefox, place: str) -> bool:
    """Whether a tab has come there from the centre."""
    return any(url == f"{place}/" for _, url in await firefox.contexts())


async def signs_in_silently(firefox: Firefox, world: World, way: str) -> None:
    page = await firefox.page(f"{world.at.portal}/sign-in?next={way}")
    await choose(firefox, HAN)
    await shows(firefox, page, way, HAN, world)


async def signs_in_by_the_button(firefox: Firefox, world: World, way: str) -> None:
    page = await firefox.page(world.at.portal + way)

    async def pressed() -> bool:
        context, root = await card(firefox, page, way)
        ready = f"!{root}.querySelector('[data-pw-needs]') || window.portalWidgets.signsIn === true"
        button = f"{root}.querySelector('[data-pw-sign-in]')"
        if not await firefox.run(
            context, f"{root}.querySelector('.pw').dataset.state === 'signed-out' && ({ready})"
        ):
            return False
        await firefox.run(context, f"{button}.click()")
        return True

    await firefox.until(pressed)
    await choose(firefox, HAN)
    await shows(firefox, page, way, HAN, world)


@every_way
async def test_same_site_silent(firefox: Firefox, hospital: World, way: str) -> None:
    """Whoever the centre knows sees the list without a press."""
    await signs_in_silently(firefox, hospital, way)


@every_way
async def test_same_site_button(firefox: Firefox, hospital: World, way: str) -> None:
    """One press, one choice, and the card follows."""
    await signs_in_by_the_button(firefox, hospital, way)


@every_way
async def test_cross_site_window(firefox: Firefox, far_world: World, way: str) -> None:
    """The window hands over to the card in its own jar."""
    await signs_in_by_the_button(firefox, far_world, way)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_cross_site_silent_ends_at_the_button(firefox: Firefox, far_world: World, way: str) -> None:
    """Our redirect makes the way to the centre cross-site, and its cookies stay behind: no list, and no circles."""
    await firefox.page(f"{far_world.at.portal}/sign-in")
    await choose(firefox, HAN)
    await firefox.until(partial(is_at, firefox, far_world.at.portal))
    page = await firefox.page(far_world.at.portal + way)

    async def offered() -> bool:
        context, root = await card(firefox, page, way)
        return bool(await firefox.run(context, BUTTON.format(root=root)))

    await firefox.until(offered)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_behind_the_portals_name(firefox: Firefox, one_name: World, way: str) -> None:
    """Reverse proxy, silently."""
    await signs_in_silently(firefox, one_name, way)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_behind_the_portals_name_by_the_button(firefox: Firefox, one_name: World, way: str) -> None:
    await signs_in_by_the_button(firefox, one_name, way)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_https(firefox: Firefox, secure: World, way: str) -> None:
    """Same site, silently, with `__Host-` cookies."""
    await firefox.page(f"{secure.at.portal}/sign-in")
    await choose(firefox, HAN)
    await firefox.until(partial(is_at, firefox, secure.at.portal))
    await shows(firefox, await firefox.page(secure.at.portal + way), way, HAN, secure)


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_https_by_the_button(firefox: Firefox, secure: World, way: str) -> None:
    await signs_in_by_the_button(firefox, secure, way)


async def test_https_window(firefox: Firefox, secure_far: World) -> None:
    """From another site, `Secure` and `Partitioned` as outside of tests."""
    await signs_in_by_the_button(firefox, secure_far, "/")


@pytest.mark.parametrize("way", ["/", "/htmx2"])
async def test_an_item_that_arrives_in_the_oa_is_there(firefox: Firefox, hospital: World, way: str) -> None:
    """Its stream of wake-ups: no look of the card's own would come so soon."""
    await signs_in_silently(firefox, hospital, way)
    page = next(id for id, url in await firefox.contexts() if url == hospital.at.portal + way)
    await streams(hospital, 1)  # a tab that is not seen has none
    await hospital.oa.add_urgent(HAN)
    await Pusher(f"{hospital.local.widgets}/push/main-oa")([HAN])
    await shows(firefox, page, way, HAN, hospital)
