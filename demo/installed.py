"""The service as the demo hospital installs it: keys, OA credentials, one TOML file in its own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

from auth.sealing import new_key
from demo.grants import Client
from demo.installed_oa import private, quoted, source
from demo.portal import Addresses

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
    folder: Path,
    at: Addresses,
    local: Addresses,
    issuer: Issuer,
    client: Client,
    redis_url: str,
    kind: str = "weaver-e9",
    more: str = "",
) -> Path:
    """Writes everything below `folder`, and gives the path of the configuration; `kind` is the OA's product.

    `more` are further `[[sources]]`.
    """
    private(folder / "keys", new_key() + "\n")
    private(folder / "oidc-secret", client.secret)
    config = folder / "portal-widgets.toml"
    tables = await source(kind, folder, at, local) + more
    config.write_text(toml(folder, at, issuer, client, redis_url, tables), encoding="utf-8")
    return config


def toml(folder: Path, at: Addresses, issuer: Issuer, client: Client, redis_url: str, table: str) -> str:
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
    }
    words = {name: quoted(value) for name, value in values.items()}
    return Template(PATTERN.read_text(encoding="utf-8")).substitute(words, source=table)
