"""Clients of Redis or Valkey: the only place where one is made from an address.

All are asked in the same way, whether one server answers, the master that Sentinels name, or the members of a
Cluster.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any, Final, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import DefaultParser, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import InvalidResponse, ResponseError

from widgets.redis_address import SENTINEL_PASSWORD, Member, RedisAddress
from widgets.redis_cluster import Cluster

PATIENCE: Final = 0.2
"""Seconds for one Redis call: redis-py's own defaults hold a request for a minute when Redis is silent."""
CONNECTIONS: Final = 64
_STUMBLES: Final = (ValueError, TypeError, IndexError, RecursionError)
"""What the library raises over an answer without what it needs."""
_QUOTES: Final = ", with args beginning with"
"""How a server that does not know HELLO quotes it, the password included (Redis before 6, many proxies)."""
_LISTENING: Final = 1.0
"""Seconds for the connection that then waits for words."""


def client(url: str, *, patience: float = PATIENCE, retries: int = 1) -> Redis:
    """Waits for a free connection instead of failing, and gives a silent server up soon. Raises ValueError."""
    address, limits = RedisAddress.of(url), _limits(patience, patience, retries)
    if address.kind == "sentinel":
        return _master(address, limits)
    if address.kind == "cluster":
        made = partial(_server, address, limits)
        return cast(Redis, Cluster(address.members, made))  # it takes the same commands; no type says so
    return _server(address, limits)


def hearing(url: str) -> Redis:
    """For one attempt to hear wake-ups: it waits for words as long as it takes.

    In a Cluster every member passes on what is published at another.
    """
    address, limits = RedisAddress.of(url), _limits(None, _LISTENING, 0)
    if address.kind == "sentinel":
        return _master(address, limits)
    if address.kind == "cluster":
        return _server(address, limits, random.choice(address.members))  # noqa: S311  # no secret
    return _server(address, limits)


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
        return ResponseError(_unquoted(str(answer))) if quotes else answer


def _unquoted(text: str) -> str:
    return text.partition(_QUOTES)[0]


def _limits(reading: float | None, connecting: float, retries: int) -> dict[str, Any]:
    return {
        "max_connections": CONNECTIONS,
        "timeout": connecting,
        "socket_timeout": reading,
        "socket_connect_timeout": connecting,
        "retry": Retry(NoBackoff(), retries),
        "parser_class": Reader,
    }


def _server(address: RedisAddress, limits: dict[str, Any], member: Member | None = None) -> Redis:
    options: dict[str, Any] = {**parse_url(address.single), **limits}
    if member:
        options["host"], options["port"] = member
    return Redis.from_pool(BlockingConnectionPool(**options))


def _master(address: RedisAddress, limits: dict[str, Any]) -> Redis:
    """Sentinels get half the patience and no second chance: there are others."""
    options: dict[str, Any] = {**parse_url(address.single), **limits}
    if options.pop("connection_class", None) is SSLConnection:
        options["ssl"] = True
    asking = {
        **{name: value for name, value in options.items() if name.startswith("ssl")},
        "password": options.pop(SENTINEL_PASSWORD, None),
        "socket_timeout": limits["socket_connect_timeout"] / 2,
        "socket_connect_timeout": limits["socket_connect_timeout"] / 2,
        "retry": Retry(NoBackoff(), 0),
    }
    sentinels = Sentinel(address.members, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    return Redis.from_pool(_Masters(address.master, sentinels, **options))  # type: ignore[no-untyped-call]


class _Masters(SentinelConnectionPool, BlockingConnectionPool):
    """Waits for a free connection to the master of the moment, and closes those to the Sentinels too."""

    async def get_master_address(self) -> Member:
        """The library's own words are as long as a page. Raises MasterNotFoundError."""
        try:
            host, port = await super().get_master_address()  # type: ignore[no-untyped-call]
        except MasterNotFoundError as error:
            why = f" ({str(error).rpartition(' - ')[2]} at one of them)" if " - " in str(error) else ""
            raise MasterNotFoundError(f"no Sentinel names a master {self.service_name}{why}") from None
        except ResponseError as error:
            raise ResponseError(_unquoted(str(error))) from None
        except _STUMBLES:
            raise MasterNotFoundError(f"a Sentinel makes no sense about {self.service_name}") from None
        return host, port

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()
