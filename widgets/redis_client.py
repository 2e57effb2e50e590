"""Clients of Redis or Valkey: the only place where one is made from an address.

All are asked in the same way, whether one server answers, the master that Sentinels name, or the members of a
Cluster.
"""

from __future__ import annotations

import random
from functools import lru_cache, partial
from typing import Any, Final, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import DefaultParser, RedisSSLContext, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedSSLConnection,
)
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, InvalidResponse, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from widgets.redis_address import SENTINEL_PASSWORD, Member, RedisAddress
from widgets.redis_cluster import Cluster

PATIENCE: Final = 0.2
"""Seconds for one Redis call: redis-py's own defaults hold a request for a minute when Redis is silent."""
CONNECTIONS: Final = 64
_STUMBLES: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What the library raises over an answer without what it needs."""
_TOLD: Final = {"ip": str, "port": int, "num-other-sentinels": int}
"""What the library needs of all that a Sentinel says of a master."""
_QUOTES: Final = ", with args beginning with"
"""How a server that does not know HELLO quotes it, the password included (Redis before 6, many proxies)."""
_UNASKED: Final = MaintNotificationsConfig(enabled=False)
"""Words of one vendor's cloud. Left alone, the library asks each server for them, and a proxy may hang up on that."""
_LISTENING: Final = 1.0
"""Seconds for the connection that then waits for words."""


def client(url: str, *, patience: float = PATIENCE, retries: int = 1) -> Redis:
    """Waits for a free connection instead of failing, and gives a silent server up soon. Raises ValueError."""
    address = RedisAddress.of(url)
    options = _options(address.single, patience, patience, retries)
    if address.kind == "sentinel":
        return _master(address, options)
    if address.kind == "cluster":
        made = partial(_server, options)
        return cast(Redis, Cluster(address.members, made))  # it takes the same commands; no type says so
    return _server(options)


def hearing(url: str) -> Redis:
    """For one attempt to hear wake-ups: it waits for words as long as it takes.

    In a Cluster every member passes on what is published at another.
    """
    address = RedisAddress.of(url)
    options = _options(address.single, None, _LISTENING, 0)
    if address.kind == "sentinel":
        return _master(address, options)
    if address.kind == "cluster":
        return _server(options, random.choice(address.members))  # noqa: S311  # no secret
    return _server(options)


class Reader(DefaultParser):  # type: ignore[misc,valid-type]  # the library chooses at import: with its C part, or without
    """As the library's, but what makes it stumble is an answer that is none (`-MOVED` without a place, `>0`).

    And no error quotes what it was asked: errors are logged.
    """

    async def read_response(self, *given: Any, **named: Any) -> Any:
        try:
            answer = await super().read_response(*given, **named)
        except _STUMBLES as error:
            raise InvalidResponse(f"an answer that makes no sense: {type(error).__name__}") from None
        quotes = isinstance(answer, ResponseError) and _QUOTES in str(answer)
        return ResponseError(str(answer).partition(_QUOTES)[0]) if quotes else answer


class Secure(SSLConnection):
    """By TLS. What it trusts is read once: the library does so for each, 50 ms in which nobody is answered."""

    def __init__(self, *, trust: RedisSSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context = trust


class SecureToMaster(Secure, SentinelManagedSSLConnection):
    """To the one that Sentinels name."""


@lru_cache(maxsize=8)
def _trust(single: str) -> RedisSSLContext:
    """What an address says about certificates; files are read at the first connection. Raises ValueError."""
    given: dict[str, Any] = {
        name: value for name, value in parse_url(single).items() if name.startswith("ssl")
    }
    try:
        return SSLConnection(**given).ssl_context
    except RedisError as error:
        raise ValueError(str(error)) from None


def _options(single: str, reading: float | None, connecting: float, retries: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        **parse_url(single),
        "max_connections": CONNECTIONS,
        "timeout": connecting,
        "socket_timeout": reading,
        "socket_connect_timeout": connecting,
        "retry": Retry(NoBackoff(), retries),
        "parser_class": Reader,
        "maint_notifications_config": _UNASKED,
    }
    if options.get("connection_class") is SSLConnection:
        options |= {"connection_class": Secure, "trust": _trust(single)}
    return options


def _server(options: dict[str, Any], member: Member | None = None, kind: type[Redis] = Redis) -> Redis:
    place = {"host": member[0], "port": member[1]} if member else {}
    return kind.from_pool(BlockingConnectionPool(**{**options, **place}))


def _master(address: RedisAddress, options: dict[str, Any]) -> Redis:
    """Sentinels get half the patience and no second chance: there are others."""
    password, soon = options.pop(SENTINEL_PASSWORD, None), options["socket_connect_timeout"] / 2
    patience = {"timeout": soon, "socket_timeout": soon, "socket_connect_timeout": soon}
    asking = {**options, "username": None, "password": password, "db": 0, **patience}
    asking["retry"] = Retry(NoBackoff(), 0)
    sentinels = Sentinel([])  # type: ignore[no-untyped-call]
    sentinels.sentinels = [_server(asking, member, _Sentinel) for member in address.members]
    if "trust" in options:
        options["connection_class"] = SecureToMaster
    return Redis.from_pool(_Masters(address.master, sentinels, **options))  # type: ignore[no-untyped-call]


class _Sentinel(Redis):
    """One of them."""

    async def sentinel_masters(self) -> Any:
        """Whatever is wrong with it, the library goes on to the next one: it does so after this error only."""
        try:
            masters: Any = await super().sentinel_masters()
            return {name: told for name, told in masters.items() if _whole(told)}
        except RedisError as error:
            raise _Away(str(error)) from None
        except _STUMBLES as error:
            raise _Away(f"an answer that makes no sense: {type(error).__name__}") from None


def _whole(told: dict[str, Any]) -> bool:
    return all(isinstance(told.get(name), kind) for name, kind in _TOLD.items())


class _Away(ConnectionError):
    """The library keeps of an error what its `repr` says."""

    def __repr__(self) -> str:
        return str(self)


class _Masters(SentinelConnectionPool, BlockingConnectionPool):
    """Waits for a free connection to the master of the moment, and closes those to the Sentinels too."""

    async def get_master_address(self) -> Member:
        """The library's own words are as long as a page. Raises MasterNotFoundError."""
        try:
            host, port = await super().get_master_address()  # type: ignore[no-untyped-call]
        except MasterNotFoundError as error:
            why = f" ({str(error).rpartition(' - ')[2]} at one of them)" if " - " in str(error) else ""
            raise MasterNotFoundError(f"no Sentinel names a master {self.service_name}{why}") from None
        return host, port

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()
