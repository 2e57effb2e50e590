"""The service as the demo hospital installs it: keys, OA credentials, one TOML file in its own folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template

from auth.sealing import new_key
from demo.grants import Client
from demo.oa_gate import APP_ID, SSO_APP_ID
from demo.oa_seed import DIRECTORIES
from demo.portal import Addresses
from widgets.oa.outbound import client as outbound
from widgets.oa.weaver_token import register

THEMES = Path(__file__).parent / "theme"
THEME = "hospital"
PATTERN = Path(__file__).parent / "portal-widgets.toml"
"""The configuration with `$names` for what differs from run to run."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The identity centre that the service is pointed at: its public name, and how the service reaches it."""

    public: str
    local: str


async def install(
    folder: Path, at: Addresses, local: Addresses, issuer: Issuer, client: Client, redis_url: str
) -> Path:
    """Writes everything below `folder`, registers at the OA once, and gives the path of the configuration."""
    private(folder / "keys", new_key() + "\n")
    private(folder / "oidc-secret", client.secret)
    async with outbound([local.oa]) as http:
        private(folder / "oa.json", (await register(http, local.oa, APP_ID)).dump())
    config = folder / "portal-widgets.toml"
    config.write_text(toml(folder, at, local, issuer, client, redis_url), encoding="utf-8")
    return config


def private(path: Path, text: str) -> None:
    """A file that only this account may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def toml(
    folder: Path, at: Addresses, local: Addresses, issuer: Issuer, client: Client, redis_url: str
) -> str:
    """The configuration file, every value quoted: JSON strings are TOML basic strings."""
    values = {
        "widgets": at.widgets,
        "portal": at.portal,
        "keys": str(folder / "keys"),
        "theme": THEME if (THEMES / THEME).is_dir() else "default",
        "themes": str(THEMES),
        "redis": redis_url,
        "issuer": issuer.public,
        "issuer_here": issuer.local,
        "client": client.id,
        "secret": str(folder / "oidc-secret"),
        "audit": f"sqlite:///{folder / 'audit.db'}",
        "oa": at.oa,
        "oa_here": local.oa,
        "app": APP_ID,
        "credentials": str(folder / "oa.json"),
        "sso": SSO_APP_ID,
    }
    directories = (f"{{ id = {quoted(id)}, department = {quoted(name)} }}" for id, name in DIRECTORIES)
    words = {name: quoted(value) for name, value in values.items()}
    return Template(PATTERN.read_text(encoding="utf-8")).substitute(words, directories=", ".join(directories))


def quoted(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False)
