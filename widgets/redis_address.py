"""Where Redis is: one server, one that Sentinels name, or the members of a Cluster. Pure: nobody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

Member = tuple[str, int]
"""Host, without the brackets of IPv6, and port."""
_MANY: Final = re.compile(
    r"(?P<tls>rediss?)\+(?P<kind>sentinel|cluster)://"
    r"(?:(?P<user>[^@/?]*)@)?(?P<members>[^@/?]+)(?:/(?P<path>[^?]*))?(?P<query>\?.*)?"
)
_MEMBER: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::([1-9][0-9]{0,4}))?")
_MASTER: Final = re.compile(r"([\w.:-]+)(?:/([0-9]+))?")
_PORT: Final = {"sentinel": 26379, "cluster": 6379}
SENTINEL_PASSWORD: Final = "sentinel_password"
"""The option of an address with what the Sentinels themselves ask for."""
_LIKE: Final = {
    "sentinel": "redis+sentinel://cache1:26379,cache2:26379,cache3:26379/mymaster/0",
    "cluster": "redis+cluster://cache1:6379,cache2:6379,cache3:6379",
}


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """An address, taken apart."""

    kind: Literal["single", "sentinel", "cluster"]
    single: str
    """As the library knows it: `redis://`, `rediss://` or `unix://`, with user, database and options; for the other
    two kinds without a host."""
    members: tuple[Member, ...] = ()
    """Those who are asked first: the Sentinels, or some members of the Cluster."""
    master: str = ""
    """The name under which the Sentinels know it."""

    @classmethod
    def of(cls, url: str) -> RedisAddress:
        """Raises ValueError with what would be right, a clause without a full stop."""
        scheme, _, rest = url.partition("://")
        if scheme in ("redis", "rediss", "unix") and rest:
            if "," in rest.partition("?")[0]:
                raise ValueError(
                    "for several servers it must be a redis+sentinel:// or redis+cluster:// address"
                )
            return cls("single", url)
        parts = _MANY.fullmatch(url)
        if parts is None:
            raise ValueError(
                "it must be a redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// address"
            )
        return cls._of_many(parts)

    @classmethod
    def _of_many(cls, parts: re.Match[str]) -> RedisAddress:
        kind: Literal["sentinel", "cluster"] = "sentinel" if parts["kind"] == "sentinel" else "cluster"
        members = tuple(_member(each, kind) for each in parts["members"].split(","))
        path, master, database = parts["path"] or "", "", "0"
        if kind == "sentinel":
            named = _MASTER.fullmatch(path)
            if named is None:
                raise ValueError(f"it must end with the master's name and a database, as {_LIKE[kind]}")
            master, database = named[1], named[2] or "0"
        elif path:
            raise ValueError(f"a Cluster has no databases: it must end with its members, as {_LIKE[kind]}")
        user = f"{parts['user']}@" if parts["user"] else ""
        single = f"{parts['tls']}://{user}/{database}{parts['query'] or ''}"
        return cls(kind, single, members, master)


def with_passwords(url: str, password: str | None, sentinel_password: str | None) -> str:
    """The same address with the passwords in it: for the client, never for a log."""
    if sentinel_password is not None and "+sentinel://" in url:
        url += f"{'&' if '?' in url else '?'}{SENTINEL_PASSWORD}={quote(sentinel_password, safe='')}"
    if password is None:
        return url
    scheme, _, rest = url.partition("://")
    hosts = re.split("[/?]", rest, maxsplit=1)[0]
    user, _, members = hosts.rpartition("@")
    return f"{scheme}://{user}:{quote(password, safe='')}@{members}{rest[len(hosts) :]}"


def _member(text: str, kind: Literal["sentinel", "cluster"]) -> Member:
    found = _MEMBER.fullmatch(text)
    if found is None or int(found[3] or 1) > 65535:
        raise ValueError(f'"{text}" is no host and port: it must be like {_LIKE[kind]}')
    return found[1] or found[2], int(found[3] or _PORT[kind])
