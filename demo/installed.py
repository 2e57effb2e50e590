"""The service as the demo hospital installs it: keys, OA credentials, one TOML file in its own folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from auth.sealing import new_key
from demo.grants import Client
from demo.oa_gate import APP_ID, SSO_APP_ID
from demo.oa_seed import DIRECTORIES
from demo.portal import Addresses
from widgets.oa.outbound import client as outbound
from widgets.oa.weaver_token import register

THEMES = Path(__file__).parent / "theme"
THEME = "hospital"


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
    """The configuration file. JSON strings are TOML basic strings."""
    quote = json.dumps
    themed = (THEMES / THEME).is_dir()
    theme = f"theme = {quote(THEME)}\nthemes_dir = {quote(str(THEMES))}" if themed else 'theme = "default"'
    directories = ", ".join(
        f"{{ id = {quote(id)}, department = {json.dumps(name, ensure_ascii=False)} }}"
        for id, name in DIRECTORIES
    )
    return f"""\
[service]
base_url = {quote(at.widgets)}
portals = [{{ origin = {quote(at.portal)} }}]
keys = {{ file = {quote(str(folder / "keys"))} }}
{theme}

[redis]
url = {quote(redis_url)}

[identity]
protocol = "oidc"
issuer = {quote(issuer.public)}
base_url = {quote(issuer.local)}
client_id = {quote(client.id)}
client_secret = {{ file = {quote(str(folder / "oidc-secret"))} }}
account_claim = "employee_no"
algorithms = ["RS256"]

[audit]
url = {quote(f"sqlite:///{folder / 'audit.db'}")}

[[campuses]]
id = "main"
name = "总院区"

[[campuses]]
id = "east"
name = "东院区"

[[sources]]
id = "main-oa"
campus = "main"
kind = "weaver-e9"
base_url = {quote(local.oa)}
open_url = {quote(at.oa)}
widgets = ["todos", "notices"]
app_id = {quote(APP_ID)}
credentials = {{ file = {quote(str(folder / "oa.json"))} }}
notice_directories = [{directories}]
sso_app_id = {quote(SSO_APP_ID)}
"""
