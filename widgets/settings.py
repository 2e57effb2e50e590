"""Every knob of the service: its name, its default and what it is for. All mistakes are reported at once.

This is the only module that reads the environment, and only `app.py` and the command read this module.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError
from sqlalchemy import make_url

from widgets.redis_address import with_passwords
from widgets.settings_checks import crossed
from widgets.settings_identity import Identity
from widgets.settings_mistakes import sentences
from widgets.settings_overlay import overlaid
from widgets.settings_secrets import Ring, Secret, Surroundings
from widgets.settings_sources import AnySource
from widgets.settings_values import (
    Address,
    DatabaseURL,
    Folder,
    Name,
    Network,
    Origin,
    RedisURL,
    Table,
    Text,
    Zone,
)

CONFIG: Final = "PORTAL_WIDGETS_CONFIG"
PREFIX: Final = "PORTAL_WIDGETS__"


class SettingsError(Exception):
    """The configuration cannot be used; each of `mistakes` is a sentence: which key, what would be right."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Portal(Table):
    origin: Origin
    """Scheme, host and port of a page that embeds widgets: it alone may frame and read them."""
    relation: Literal["auto", "same-site", "cross-site", "same-origin"] = "auto"
    """How the portal stands to `service.base_url`: `auto` works it out as browsers do."""


class Service(Table):
    base_url: Address
    """Public address of this service; it may carry a path prefix for reverse-proxy mode."""
    portals: tuple[Portal, ...] = Field(min_length=1)
    """The portals that embed widgets."""
    trusted_proxies: tuple[Network, ...] = ()
    """The only peers whose `X-Forwarded-*` headers are believed, as networks."""
    operations: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1"))
    """Who may ask `/healthz`, `/readyz` and `/metrics`, besides the trusted proxies themselves."""
    keys: Ring
    """The key ring, one `<id> <key>` a line: the first seals, all open. `keys new` makes a line."""
    timezone: Zone = ZoneInfo("Asia/Shanghai")
    """The zone in which people are shown times."""
    language: Literal["zh-CN", "en"] = "zh-CN"
    """The language where the portal asks for none."""
    theme: Name = "default"
    """The folder in `themes_dir` that is drawn; `default` is built in."""
    themes_dir: Folder | None = None
    """Where the hospital's own themes are kept."""
    mask: bool = False
    """Whether titles are hidden until pointed at or focused, where the portal does not say (`mask=on`, `mask=off`)."""
    studio: Literal["designers", "anyone", "off"] = "designers"
    """Who may open `/studio`: people with the role `designer`, anyone (where designers work), or nobody."""


class Redis(Table):
    url: RedisURL = "redis://127.0.0.1:6379/0"
    """Address of Redis or Valkey, without a password: `redis://`, `rediss://`, `unix://`;
    `redis+sentinel://host:26379,host:26379/mymaster/0`; `redis+cluster://host:6379,host:6379`.
    The last two with TLS as `rediss+…`."""
    password: Secret | None = None
    """Its password, if it asks for one."""
    sentinel_password: Secret | None = None
    """That of the Sentinels themselves, if they ask for one."""

    @property
    def address(self) -> str:
        """The URL with the passwords in it: for the client, never for a log."""
        password, sentinels = self.password, self.sentinel_password
        return with_passwords(
            self.url,
            password.get_secret_value() if password else None,
            sentinels.get_secret_value() if sentinels else None,
        )


class Audit(Table):
    url: DatabaseURL = "sqlite:////var/lib/portal-widgets/audit.db"
    """Where the trail is kept: SQLite beside one instance, `postgresql+psycopg://` where several share it."""
    password: Secret | None = None
    """The database's password, if it asks for one."""

    @property
    def address(self) -> str:
        """The URL with the password in it: for the store, never for a log."""
        password = self.password.get_secret_value() if self.password else None
        return make_url(self.url).set(password=password).render_as_string(hide_password=False)


class Campus(Table):
    id: Name
    """Short name in addresses and in the trail."""
    name: Text
    """What people call it (院区)."""


class Settings(Table):
    """The whole configuration, checked."""

    service: Service
    redis: Redis = Redis()
    identity: Identity
    audit: Audit = Audit()
    campuses: tuple[Campus, ...] = Field(min_length=1)
    sources: tuple[AnySource, ...] = ()


def chosen() -> Path:
    """The file that PORTAL_WIDGETS_CONFIG names. Raises SettingsError when it names none."""
    if not os.environ.get(CONFIG):
        raise SettingsError([f"{CONFIG} is not set: it must name the configuration file."])
    return Path(os.environ[CONFIG])


def load(path: Path, environ: Mapping[str, str] | None = None, *, registered: bool = True) -> Settings:
    """The settings in a TOML file, overlaid by `PORTAL_WIDGETS__…` of the environment, secrets resolved.

    Relative paths of secrets start at the file's folder. With `registered=False` credentials of a source may
    be missing; they are then empty and only their file is known. Raises SettingsError with every mistake.
    """
    environ = os.environ if environ is None else environ
    raw, mistakes = overlaid(_read(path), environ, PREFIX)
    mistakes += crossed(raw)
    try:
        around = Surroundings(environ, path.absolute().parent, registered)
        settings = Settings.model_validate(raw, context=around)
    except ValidationError as error:
        raise SettingsError(sentences(error, raw, Settings) + mistakes) from None
    mistakes += [f'sources["{one.id}"].{each}' for one in settings.sources for each in one.disagreements()]
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        mistake = f"{path} cannot be read: {error.strerror}."
    except tomllib.TOMLDecodeError as error:
        mistake = f"{path} is not TOML: {str(error)[:1].lower()}{str(error)[1:]}."
    except ValueError:
        mistake = f"{path} is not TOML: it must be UTF-8."
    raise SettingsError([mistake])
