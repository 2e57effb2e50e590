"""The files that put the service on a machine: Hypercorn's, the image's, and what starts every test."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest
from hypercorn.config import Config

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config() -> Config:
    return Config.from_toml(ROOT / "hypercorn.toml")


def test_hypercorn_knows_every_key_of_its_file() -> None:
    """It takes an unknown key without a word."""
    keys = tomllib.loads((ROOT / "hypercorn.toml").read_text("utf-8"))
    assert [] == [key for key in keys if not hasattr(Config, key)]


def test_one_instance_is_one_process(config: Config) -> None:
    assert 0 == config.workers


def test_what_has_begun_may_finish(config: Config) -> None:
    assert 15 == config.graceful_timeout


def test_nothing_tells_what_serves(config: Config) -> None:
    assert [b"date"] == [name for name, _ in config.response_headers("h11")]


def test_the_image_holds_only_what_runs() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.M)
    expected = {"requirements/service.txt", "pyproject.toml", "hypercorn.toml", "audit", "auth", "widgets"}
    assert expected == {name for line in copied for name in line.split()}


def test_the_image_is_let_see_only_what_it_holds() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    expected = {"requirements/service.txt", "pyproject.toml", "hypercorn.toml", "audit", "auth", "widgets"}
    assert expected == {line[1:] for line in lines if line.startswith("!")}


def test_the_port_of_the_image_is_the_one_that_is_bound(config: Config) -> None:
    port = config.bind[0].rpartition(":")[2]
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert [port, port] == [*re.findall(r"^EXPOSE (\d+)$", text, re.M), *re.findall(r":(\d+)/healthz", text)]


def test_the_image_runs_as_nobody_special() -> None:
    assert ["10001:10001"] == re.findall(r"^USER (.+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.M)


def test_the_test_run_can_be_started() -> None:
    path = ROOT / ".ci" / "run"
    assert (True, "exec make test") == (
        bool(path.stat().st_mode & stat.S_IXUSR),
        path.read_text().splitlines()[-1],
    )
