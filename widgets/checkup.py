"""`portal-widgets check`: every outside party is tried once, and each answer becomes one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from audit.store import Store
from auth.errors import AuthError
from auth.sealing import KeyRing
from widgets.checkup_identity import IdentityCheck
from widgets.checkup_portals import addresses, portals
from widgets.findings import Finding, Unwell, told
from widgets.flights import Source
from widgets.identity import join
from widgets.oa import OAError
from widgets.redis_client import client
from widgets.settings import Settings
from widgets.sources import connect
from widgets.theme import ThemeError
from widgets.themes.installed import Themes
from widgets.themes.trial import tried

PATIENCE: Final = 10.0
"""Seconds for one check: an operator waits longer than a page."""
LEAST_ROOM: Final = 64 << 20
"""Bytes on the disk of the trail: about 400,000 lines."""
Check = Callable[[Settings], Awaitable[str]]
"""Gives the sentence of a party that is well. Raises Unwell."""


def _now() -> datetime:
    return datetime.now(UTC)


async def examine(settings: Settings, now: Callable[[], datetime] = _now) -> list[Finding]:
    """All checks at once; the findings in a fixed order."""
    oas = [
        partial(oa_answers, source=each) for each in connect(settings.sources, settings.service.timezone, now)
    ]
    theme = await _finding(theme_draws, settings)  # first: while it is compiled, nothing else moves
    inside, centre, outside = await asyncio.gather(
        _each([redis_answers, trail_is_writable], settings),
        _centre(settings, now),
        _each(oas, settings),
    )
    return [theme, *inside, *centre, *outside, *portals(settings), *addresses(settings)]


async def _each(checks: Sequence[Check], settings: Settings) -> list[Finding]:
    return list(await asyncio.gather(*(_finding(check, settings) for check in checks)))


async def _finding(check: Check, settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            return Finding("ok", await check(settings))
    except Unwell as error:
        return Finding("WRONG", str(error))
    except TimeoutError:
        return Finding("WRONG", f"No end of the check `{_name(check)}` within {PATIENCE:.0f} seconds.")


async def _centre(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """What there is to say about the identity centre."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await centre_fits(settings, now)
    except Unwell as error:
        return [Finding("WRONG", str(error))]
    except (TimeoutError, AuthError) as error:
        told_by_it = f"The identity centre at {settings.identity.base_url} cannot be checked: {told(error)}."
        return [Finding("WRONG", told_by_it)]


def _name(check: Check) -> str:
    inner = check.func if isinstance(check, partial) else check
    return str(getattr(inner, "__name__", inner))


async def theme_draws(settings: Settings) -> str:
    """It is there and whole."""
    service = settings.service
    try:
        Themes(service.themes_dir, service.theme, service.base_url, trial=tried)
    except ThemeError as error:
        raise Unwell(f"The theme {service.theme} cannot be used: {told(error)}.") from None
    return f"The theme {service.theme} is whole."


async def redis_answers(settings: Settings) -> str:
    """It is there, lets us in, and takes a write."""
    redis = client(settings.redis.address, patience=2, retries=0)
    try:
        await redis.set("pw:check", "1", ex=1)
    except (RedisError, OSError) as error:
        raise Unwell(f"Redis at {settings.redis.url} does not take a write: {told(error)}.") from None
    finally:
        await redis.aclose()
    return f"Redis at {settings.redis.url} takes writes."


async def trail_is_writable(settings: Settings) -> str:
    """The table is there, or could be made, and would take a line."""
    try:
        store = Store(settings.audit.address)
        await asyncio.to_thread(store.rehearse)
        room = await asyncio.to_thread(store.room)
        store.close()
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise Unwell(
            f"The audit store at {settings.audit.url} does not take a line: {told(error)}."
        ) from None
    if room is not None and room < LEAST_ROOM:
        raise Unwell(
            f"The audit store at {settings.audit.url} has {room >> 20} MiB left: make room before it is full."
        )
    return f"The audit store at {settings.audit.url} takes lines."


async def centre_fits(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """It answers, fits the configuration, and treats frames and windows as we need it. Raises Unwell, AuthError."""
    redis = client(settings.redis.address, patience=1)
    keys = KeyRing.parse(settings.service.keys.get_secret_value())
    joined = join(settings, redis, keys, now, deadline=PATIENCE / 2)
    try:
        return await IdentityCheck(settings, joined.centre, joined.transport, now()).findings()
    finally:
        await joined.transport.aclose()
        await redis.aclose()


async def oa_answers(settings: Settings, *, source: Source) -> str:
    """It would answer a question now."""
    base_url = next(each.base_url for each in settings.sources if each.id == source.id)
    try:
        await source.client.ping()
    except OAError as error:
        raise Unwell(
            f"The OA {source.id} at {base_url} gives nothing ({error.code}): {told(error)}."
        ) from None
    return f"The OA {source.id} at {base_url} answers."
