"""The kinds of values that settings have: each checks one text and says what would be right."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from auth.keys import ALGORITHMS
from widgets.names import NAME
from widgets.redis_address import RedisAddress

SHOWN: Final = "portal-widgets"
HIDDEN: Final = "portal-widgets-hidden"
"""Types of our own errors; the value of a hidden one is never repeated."""
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")


class Table(BaseModel):
    """A TOML table: unknown keys are mistakes, values never change, a docstring describes each key."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )


def wrong(right: str, *, hidden: bool = False) -> PydanticCustomError:
    """The error whose text goes after the key and, unless hidden, the value."""
    return PydanticCustomError(HIDDEN if hidden else SHOWN, "{right}", {"right": right})


def not_built(raw: Any, key: str, *, later: tuple[str, ...], now: str) -> Any:
    """The raw table, unless `key` asks for what this version does not speak yet: one sentence, no others."""
    asked = raw.get(key) if isinstance(raw, dict) else None
    if asked not in later:
        return raw
    right = f'that comes in a later version, this one speaks only "{now}"'
    raise PydanticCustomError(SHOWN, "{right}", {"right": right, "below": (key,), "value": asked})


def _split(value: str) -> SplitResult | None:
    """The parts of an http(s) address without user, query or fragment; None for anything else."""
    if not re.fullmatch(r"https?://[!-~]+", value) or set(value) & set('\\?#@"<>'):
        return None
    try:
        parts = urlsplit(value)
        usable = parts.port != 0 and _HOST.fullmatch(parts.hostname or "") is not None
    except ValueError:
        return None
    return parts if usable and _reachable(parts.hostname or "") else None


def _reachable(host: str) -> bool:
    """False for numeric hosts that no party of ours has: link-local (cloud metadata), multicast, 0x7f.1."""
    try:
        address = ip_address(host)
    except ValueError:
        return not re.fullmatch(r"[0-9.]+|0x[0-9a-f.]+", host)
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _as_written(value: str) -> str:
    if _split(value) is None:
        right = "it must be an http:// or https:// address without user, query or fragment"
        raise wrong(right, hidden="@" in value)
    return value


def _address(value: str) -> str:
    return _as_written(value).rstrip("/")


def _origin(value: str) -> str:
    parts = _split(value)
    if parts is None or parts.path or value != value.lower():
        right = "it must be an origin: scheme, host and port only, as https://portal.hospital.example"
        raise wrong(right, hidden="@" in value)
    return value


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value))
    except ValueError:
        raise wrong("it must be a network such as 10.1.0.0/16, its host bits zero") from None


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise wrong("it must be the name of a time zone such as Asia/Shanghai") from None


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise wrong("there must be a folder of that name")
    return value


def _redis(value: str) -> str:
    rest = value.partition("://")[2]
    if ":" in rest.rpartition("@")[0] or "password=" in rest:
        raise wrong("a password is a secret, give it as [redis] password", hidden=True)
    try:
        RedisAddress.of(value)
    except ValueError as error:
        raise wrong(str(error)) from None
    return value


def _database(value: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise wrong("it must be an SQLAlchemy URL", hidden=True) from None
    if url.password is not None or "password" in url.query:
        raise wrong("a password is a secret, give it as [audit] password", hidden=True)
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise wrong("it must be sqlite:////path or postgresql+psycopg://host/name")
    return value


def _path(value: str) -> str:
    if not re.fullmatch(r"/[!-~]*", value) or value.startswith("//") or set(value) & set('\\#"<>'):
        raise wrong("it must be a path that begins with one /")
    return value


def _algorithm(value: str) -> str:
    if value not in ALGORITHMS:
        raise wrong("it must be one of " + ", ".join(sorted(ALGORITHMS)))
    return value


Address = Annotated[str, AfterValidator(_address)]
"""Normalised: no slash at the end."""
AddressAsWritten = Annotated[str, AfterValidator(_as_written)]
Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Folder = Annotated[Path, AfterValidator(_folder)]
RedisURL = Annotated[str, AfterValidator(_redis)]
DatabaseURL = Annotated[str, AfterValidator(_database)]
Algorithm = Annotated[str, AfterValidator(_algorithm)]
PathBelow = Annotated[str, AfterValidator(_path)]
Name = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1)]
