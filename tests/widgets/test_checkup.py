"""`portal-widgets check` about the identity centre and the portals: a sentence for everything that would go wrong."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.world import World
from tests.widgets.configuration import Configuration
from widgets.checkup import examine, redis_answers
from widgets.checkup_portals import addresses, portals
from widgets.findings import Finding, Unwell
from widgets.settings import load

OURS = "https://widgets.hospital.example"


async def examined(hospital: World, ahead: float = 0, **identity: str) -> list[Finding]:
    """What is found at the demo hospital when our clock is so many seconds ahead, without trying its themes."""
    none = hospital.folder / "no-themes"
    none.mkdir(exist_ok=True)
    environ = {f"PORTAL_WIDGETS__IDENTITY__{name.upper()}": value for name, value in identity.items()}
    environ |= {"PORTAL_WIDGETS__SERVICE__THEME": "default", "PORTAL_WIDGETS__SERVICE__THEMES_DIR": str(none)}
    now = datetime.now(UTC) + timedelta(seconds=ahead)
    return await examine(load(hospital.config, environ), lambda: now)


def about(findings: list[Finding], word: str) -> list[str]:
    return [each.mark for each in findings if word in each.sentence]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_hospital_that_is_well_needs_nothing_but_registration(hospital: World) -> None:
    """Whatever is no `ok` says what to register."""
    findings = await examine(load(hospital.config, {}), lambda: datetime.now(UTC))
    marks = {each.mark for each in findings if not each.sentence.startswith("Register")}
    assert {"ok"} == marks


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("ahead", "mark"), [(0, "ok"), (30, "note"), (-30, "note"), (90, "WRONG"), (-90, "WRONG")]
)
async def test_clocks_that_differ_are_found(hospital: World, ahead: float, mark: str) -> None:
    """Tokens are refused beyond a minute; half a minute is worth a word."""
    assert [mark] == about(await examined(hospital, ahead), "clock")


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("silent", "mark"), [("auto", "note"), ("always", "WRONG")])
async def test_a_centre_that_shows_its_page_to_silent_frames_is_found(
    hospital: World, silent: str, mark: str
) -> None:
    """It costs a press of a button, unless the operator claimed otherwise: then frames would be empty."""
    with hospital.switches.only("ignores_prompt_none"):
        assert [mark] == about(await examined(hospital, silent=silent), "prompt=none")


@pytest.mark.asyncio(loop_scope="session")
async def test_keys_that_do_not_fit_are_found(hospital: World) -> None:
    """The centre signs with RS256, and we would take nothing but ES256."""
    assert ["WRONG"] == about(await examined(hospital, algorithms='["ES256"]'), "identity.algorithms")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_client_that_the_centre_does_not_know_is_found(hospital: World) -> None:
    """It answers our sign-in with an error page."""
    assert ["WRONG"] == about(await examined(hospital, client_id="nobody"), "identity.client_id")


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("switch", ["down", "html_discovery", "foreign_metadata"])
async def test_a_centre_that_is_no_use_is_told_once(hospital: World, switch: str) -> None:
    """Nothing that depends on its answers is said besides."""
    with hospital.switches.only(switch):
        findings = await examined(hospital)
    assert ["WRONG"] == about(findings, "identity centre")
    assert [] == about(findings, "prompt=none") + about(findings, "clock")


@pytest.mark.parametrize(
    ("base_url", "portal", "mark"),
    [
        (OURS, '"https://portal.hospital.example"', "ok"),
        (OURS, '"https://widgets.hospital.example"', "ok"),
        (OURS, '"https://portal.elsewhere.example"', "note"),
        ("http://10.1.1.1", '"http://10.1.1.2"', "WRONG"),
        (OURS, '"https://portal.elsewhere.example", relation = "same-site"', "WRONG"),
        (OURS, '"http://portal.hospital.example"', "note"),
    ],
)
def test_what_browsers_make_of_a_portal(tmp_path: Path, base_url: str, portal: str, mark: str) -> None:
    """Same site, another site, another site without https, and a relation that is not so."""
    config = Configuration(tmp_path)
    config.put(OURS, base_url)
    config.put('origin = "https://portal.hospital.example"', f"origin = {portal}")
    assert [mark] == [each.mark for each in portals(config.load())]


def test_what_to_register_is_written_out(tmp_path: Path) -> None:
    """Letter for letter, below the path prefix that the service has."""
    config = Configuration(tmp_path)
    config.put(OURS, f"{OURS}/pw")
    said = [each.sentence.rpartition(" ")[2] for each in addresses(config.load())]
    expected = ("callback", "logout", "backchannel-logout", "frontchannel-logout", "initiate")
    assert [f"{OURS}/pw/auth/{name}" for name in expected] == said


async def quote(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that knows no command, and repeats what it was asked, as Redis before 6 does with HELLO."""
    while asked := await reader.read(4096):
        for words in re.split(rb"^[*]", asked, flags=re.MULTILINE)[1:]:
            name, *rest = words.split(b"\r\n")[2::2]
            quoted = b" ".join(b"`%s`," % each for each in rest)
            writer.write(b"-ERR unknown command `%s`, with args beginning with: %s\r\n" % (name, quoted))
    writer.close()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("url", ["redis://{}/0", "redis+sentinel://{}/hospital", "redis+cluster://{}"])
async def test_a_redis_that_quotes_its_password_is_not_quoted(hospital: World, url: str) -> None:
    """What it says goes into logs and onto an operator's screen; what it does not know is told all the same."""
    async with await asyncio.start_server(quote, "127.0.0.1", 0) as server:
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        secrets = {
            f"PORTAL_WIDGETS__REDIS__{name}": '{ env = "QUOTED" }'
            for name in ("PASSWORD", "SENTINEL_PASSWORD")
        }
        environ = {"PORTAL_WIDGETS__REDIS__URL": url.format(place), "QUOTED": "Geheim", **secrets}
        with pytest.raises(Unwell, match="unknown command `HELLO`") as told:
            await redis_answers(load(hospital.config, environ))
    assert "Geheim" not in str(told.value)
