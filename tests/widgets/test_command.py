"""The operator's command: what it says, what it writes, and how it exits."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx2
import pytest
from click.testing import CliRunner, Result

from audit.store import Store
from audit.trail import Action, AuditEvent, Outcome
from auth.sealing import KeyRing
from demo.oa import create_oa
from demo.oa_gate import APP_ID
from demo.serving import Servers
from demo.world import World
from tests.widgets.configuration import CREDENTIALS, Configuration
from widgets.command import main
from widgets.oa.weaver_token import Credentials


@pytest.fixture
def config(tmp_path: Path) -> Configuration:
    """Written, and with its one secret of the environment in a file instead."""
    config = Configuration(tmp_path)
    config.write("client-secret", "x")
    config.put('{ env = "CLIENT_SECRET" }', '{ file = "client-secret" }')
    config.put("sqlite:///audit.db", f"sqlite:///{tmp_path}/audit.db")
    config.write("portal-widgets.toml", config.text)
    return config


def told(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


async def told_meanwhile(*words: object) -> Result:
    """The same while the servers of this test's loop go on."""
    return await asyncio.to_thread(told, *words)


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


@pytest.mark.parametrize("words", [(), *commands(main)], ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    result = told(*words, "--help")
    assert (0, True) == (result.exit_code, len(result.output.splitlines()) > 4)


# Any command that needs the configuration


@pytest.mark.parametrize(
    "words", [("serve",), ("check",), ("audit", "list"), ("oa", "register", "--source", "a")]
)
def test_every_mistake_of_the_configuration_is_told(config: Configuration, words: tuple[str, ...]) -> None:
    path = config.write("portal-widgets.toml", "[service]\nbase_url = 1\n[redis]\nurl = 2")
    result = told(*words, "--config", path)
    assert (1, 1, 1) == (
        result.exit_code,
        result.output.count("service.base_url is 1"),
        result.output.count("redis.url is 2"),
    )


def test_the_variable_names_the_configuration(config: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_WIDGETS_CONFIG", str(config.path))
    assert 0 == told("audit", "list").exit_code


def test_without_a_configuration_it_says_where_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_WIDGETS_CONFIG", raising=False)
    result = told("check")
    assert (1, True) == (result.exit_code, "PORTAL_WIDGETS_CONFIG is not set" in result.output)


# check


@pytest.mark.asyncio(loop_scope="session")
async def test_check_is_content_with_a_hospital_that_is_well(hospital: World) -> None:
    result = await told_meanwhile("check", "--config", hospital.config)
    marks = {line.split()[0] for line in result.output.splitlines() if "Register" not in line}
    assert (0, {"ok"}) == (result.exit_code, marks)


def test_check_names_everybody_who_is_away(config: Configuration) -> None:
    gone = f"http://127.0.0.1:{_free_port()}"
    config.put("https://sso.hospital.example", gone)
    config.put("https://oa.hospital.example", gone)
    config.put("audit.db", "nowhere/audit.db")
    config.text += f'[redis]\nurl = "{gone.replace("http", "redis")}"\n'
    config.write("portal-widgets.toml", config.text)
    result = told("check", "--config", config.path)
    expected = [
        "ok    The configuration",
        "ok    The theme default",
        "WRONG Redis at redis://",
        "WRONG The audit store",
        "WRONG The identity centre",
        "WRONG The OA main-oa",
    ]
    lines = result.output.splitlines()[: len(expected)]
    assert (1, expected) == (
        result.exit_code,
        [line[: len(e)] for line, e in zip(lines, expected, strict=True)],
    )


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


# audit list


@pytest.fixture
def trail(config: Configuration) -> Configuration:
    store = Store(f"sqlite:///{config.folder}/audit.db")
    store.append(
        [
            AuditEvent(
                datetime(2026, 11, 22, 16, n, tzinfo=UTC),
                Action.SIGN_IN if n == 0 else Action.OPEN_ITEM,
                None if n == 0 else f"1000{n}",
                Outcome.REFUSED if n == 0 else Outcome.OK,
                "state-unknown" if n == 0 else "",
                "" if n == 0 else f"main-oa/todos/张{n}",
                peer="10.1.2.3",
            )
            for n in range(3)
        ]
    )
    store.close()
    return config


def test_the_trail_is_a_table_in_the_configured_zone(trail: Configuration) -> None:
    expected = """\
time                 action     who    campus  object             outcome  reason         peer      request
2026-11-23 00:00:00  sign-in    -      -       -                  refused  state-unknown  10.1.2.3  -
2026-11-23 00:01:00  open-item  10001  -       main-oa/todos/张1  ok       -              10.1.2.3  -
2026-11-23 00:02:00  open-item  10002  -       main-oa/todos/张2  ok       -              10.1.2.3  -
"""
    assert expected == told("audit", "list", "--config", trail.path).output


def test_the_trail_as_json_has_one_object_a_line(trail: Configuration) -> None:
    line = told("audit", "list", "--config", trail.path, "--json", "--limit", 1).output
    expected = {
        "id": 3,
        "at": "2026-11-22T16:02:00+00:00",
        "action": "open-item",
        "actor": "10002",
        "campus": "",
        "object": "main-oa/todos/张2",
        "outcome": "ok",
        "reason": "",
        "request_id": "",
        "peer": "10.1.2.3",
    }
    assert expected == json.loads(line)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--limit", "2"], [2, 3]),
        (["--actor", "10001"], [2]),
        (["--action", "sign-in"], [1]),
        (["--since", "2026-11-23"], [1, 2, 3]),
        (["--since", "2026-11-23 00:01"], [2, 3]),
        (["--until", "2026-11-23T00:01:00"], [1]),
        (["--actor", "10001", "--action", "sign-in"], []),
    ],
)
def test_the_trail_is_filtered(trail: Configuration, words: list[str], expected: list[int]) -> None:
    lines = told("audit", "list", "--config", trail.path, "--json", *words).output.splitlines()
    assert expected == [json.loads(line)["id"] for line in lines]


def test_a_trail_that_cannot_be_read_is_a_failure(config: Configuration) -> None:
    config.write("audit.db", "this is no database, but it is long enough to be taken for one" * 20)
    result = told("audit", "list", "--config", config.path)
    assert (1, True) == (result.exit_code, result.output.startswith("Error: the audit store at sqlite"))


# keys new


def test_a_new_key_is_a_line_of_the_ring() -> None:
    result = told("keys", "new")
    KeyRing.parse(result.output)
    assert (0, 1) == (result.exit_code, len(result.output.splitlines()))


def test_a_new_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    told("keys", "new", "--file", path)
    KeyRing.parse(path.read_text())
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("mine")
    result = told("keys", "new", "--file", path)
    assert (1, "mine") == (result.exit_code, path.read_text())


def test_a_key_written_to_a_file_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    result = told("keys", "new", "--file", path)
    assert path.read_text().split()[1] not in result.output


# oa register


async def _registered(config: Configuration, *words: str) -> Result:
    """The command against an OA of its own, because registering locks others out."""
    place = socket.create_server(("127.0.0.1", 0))
    config.put("https://oa.hospital.example", f"http://127.0.0.1:{place.getsockname()[1]}")
    config.put('app_id = "portal-widgets"', f'app_id = "{APP_ID}"')
    config.write("portal-widgets.toml", config.text)
    servers = Servers()
    await servers.add(create_oa(now=lambda: datetime.now(UTC)), place)
    result = await told_meanwhile("oa", "register", "--config", config.path, "--source", "main-oa", *words)
    await servers.close()
    return result


async def test_registering_keeps_what_the_oa_hands_out(config: Configuration) -> None:
    path = config.folder / "main-oa.json"
    path.unlink()
    result = await _registered(config)
    assert (0, 0o600, []) == (result.exit_code, stat.S_IMODE(path.stat().st_mode), config.mistakes())


async def test_registering_shows_no_secret(config: Configuration) -> None:
    path = config.folder / "main-oa.json"
    path.unlink()
    result = await _registered(config)
    assert Credentials.parse(path.read_text()).secret not in result.output


async def test_registering_twice_is_refused(config: Configuration) -> None:
    result = await _registered(config)
    assert (1, CREDENTIALS) == (result.exit_code, (config.folder / "main-oa.json").read_text())


async def test_registering_twice_on_purpose_warns_and_replaces(config: Configuration) -> None:
    result = await _registered(config, "--replace")
    replaced = (config.folder / "main-oa.json").read_text() != CREDENTIALS
    assert (0, True, True) == (result.exit_code, "locked out" in result.stderr, replaced)


def test_a_refused_registration_leaves_everything_as_it_was(config: Configuration) -> None:
    config.put("https://oa.hospital.example", f"http://127.0.0.1:{_free_port()}")
    config.write("portal-widgets.toml", config.text)
    before = {path.name: path.read_text() for path in config.folder.iterdir()}
    result = told("oa", "register", "--config", config.path, "--source", "main-oa", "--replace")
    after = {path.name: path.read_text() for path in config.folder.iterdir()}
    assert (1, before) == (result.exit_code, after)


def test_an_unknown_source_is_told_which_there_are(config: Configuration) -> None:
    result = told("oa", "register", "--config", config.path, "--source", "east")
    assert (1, 'Error: there is no source "east" of kind weaver-e9: there are main-oa.\n') == (
        result.exit_code,
        result.output,
    )


# docs


def test_the_pages_are_written(tmp_path: Path) -> None:
    told("docs", tmp_path)
    assert (tmp_path / "settings.md").read_text("utf-8").startswith("# Settings\n")


# serve


@pytest.mark.asyncio(loop_scope="session")
async def test_serve_runs_one_process_until_it_is_told_to_stop(hospital: World, tmp_path: Path) -> None:
    port = _free_port()
    server = tmp_path / "hypercorn.toml"
    server.write_text(f'bind = "127.0.0.1:{port}"\nworkers = 4\n')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "widgets.command", "serve", "--config", hospital.config, "--server", server
    )
    status = await _status(f"http://127.0.0.1:{port}/healthz", process)
    children = _children(process.pid)
    process.send_signal(signal.SIGTERM)
    assert (200, [], 0) == (status, children, await process.wait())


@pytest.mark.asyncio(loop_scope="session")
async def test_serve_says_in_a_sentence_that_its_port_is_taken(hospital: World, tmp_path: Path) -> None:
    """No trace: whoever starts two instances on one machine has forgotten to give the second a port."""
    server = tmp_path / "hypercorn.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        server.write_text(f'bind = "{bind}"\n')
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "widgets.command",
                "serve",
                "--config",
                hospital.config,
                "--server",
                server,
            ),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
    assert (1, f"Error: cannot listen at {bind}: address already in use.") == (
        process.returncode,
        said.decode().strip().splitlines()[-1],
    )


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


async def _status(url: str, process: asyncio.subprocess.Process) -> int:
    async with httpx2.AsyncClient(trust_env=False) as client:
        for _ in range(400):
            try:
                return (await client.get(url)).status_code
            except httpx2.TransportError:
                assert process.returncode is None
                await asyncio.sleep(0.025)
    raise TimeoutError


def test_serve_says_when_its_server_file_is_not_there(config: Configuration) -> None:
    result = told("serve", "--config", config.path, "--server", config.folder / "none.toml")
    assert (1, True) == (result.exit_code, "none.toml cannot be used" in result.output)
