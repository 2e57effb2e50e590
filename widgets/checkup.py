"""`portal-widgets check`: every outside party is tried once, and each answer becomes one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from audit.store import Store
from auth.errors import CentreError
from auth.provider import Provider
from widgets.feed import Source
from widgets.links import origin
from widgets.oa import OAError, outbound
from widgets.settings import Settings
from widgets.sources import connect
from widgets.theme import Theme, ThemeError

PATIENCE: Final = 10.0
"""Seconds for one check: an operator waits longer than a page."""
Check = Callable[[Settings], Awaitable[str]]
"""Gives the sentence of a party that is well. Raises Unwell."""


class Unwell(Exception):
    """What is wrong with a party, as a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    well: bool
    sentence: str


async def examine(settings: Settings) -> list[Finding]:
    """All checks at once; the findings in a fixed order."""
    oas = [
        partial(oa_answers, source=each)
        for each in connect(settings.sources, settings.service.timezone, _now)
    ]
    checks: list[Check] = [theme_draws, redis_answers, trail_is_writable, centre_answers, *oas]
    return list(await asyncio.gather(*(_finding(check, settings) for check in checks)))


async def _finding(check: Check, settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            return Finding(True, await check(settings))
    except Unwell as error:
        return Finding(False, str(error))
    except TimeoutError:
        return Finding(False, f"No end of the check `{_name(check)}` within {PATIENCE:.0f} seconds.")


def _name(check: Check) -> str:
    inner = check.func if isinstance(check, partial) else check
    return str(getattr(inner, "__name__", inner))


async def theme_draws(settings: Settings) -> str:
    """It is there and whole."""
    service = settings.service
    try:
        Theme(service.themes_dir, service.theme, service.base_url)
    except ThemeError as error:
        raise Unwell(f"The theme {service.theme} cannot be used: {_told(error)}.") from None
    return f"The theme {service.theme} is whole."


async def redis_answers(settings: Settings) -> str:
    """It is there, lets us in, and takes a write."""
    redis = Redis.from_url(
        settings.redis.address, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        await redis.set("pw:check", "1", ex=1)
    except (RedisError, OSError) as error:
        raise Unwell(f"Redis at {settings.redis.url} does not take a write: {_told(error)}.") from None
    finally:
        await redis.aclose()
    return f"Redis at {settings.redis.url} takes writes."


async def trail_is_writable(settings: Settings) -> str:
    """The table is there, or could be made, and would take a line."""
    try:
        store = Store(settings.audit.address)
        await asyncio.to_thread(store.rehearse)
        store.close()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise Unwell(
            f"The audit store at {settings.audit.url} does not take a line: {_told(error)}."
        ) from None
    return f"The audit store at {settings.audit.url} takes lines."


async def centre_answers(settings: Settings) -> str:
    """Its discovery document is there and fits the configuration."""
    identity = settings.identity
    transport = outbound.guarded([origin(identity.base_url)], deadline=PATIENCE / 2)
    provider = Provider(
        issuer=identity.issuer,
        base_url=identity.base_url,
        client_id=identity.client_id,
        algorithms=identity.algorithms,
        transport=transport,
        now=_now,
    )
    try:
        await provider.metadata()
    except CentreError as error:
        raise Unwell(f"The identity centre at {identity.base_url} is no use: {error.reason}.") from None
    finally:
        await transport.aclose()
    return f"The identity centre at {identity.base_url} answers as {identity.issuer}."


async def oa_answers(settings: Settings, *, source: Source) -> str:
    """It would answer a question now."""
    base_url = next(each.base_url for each in settings.sources if each.id == source.id)
    try:
        await source.client.ping()
    except OAError as error:
        raise Unwell(
            f"The OA {source.id} at {base_url} gives nothing ({error.code}): {_told(error)}."
        ) from None
    return f"The OA {source.id} at {base_url} answers."


def _told(error: BaseException) -> str:
    """What a library says, in one line."""
    origin_of_it = getattr(error, "orig", None) or error
    return " ".join(str(origin_of_it).split())[:200].rstrip(".") or type(error).__name__


def _now() -> datetime:
    return datetime.now(UTC)
