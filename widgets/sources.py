"""From configured sources to OA clients: one branch a dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from widgets.feed import Source
from widgets.links import origin
from widgets.oa import outbound
from widgets.oa.weaver_e9 import WeaverE9
from widgets.oa.weaver_token import Credentials
from widgets.settings import Source as Configured

DEADLINE: Final = 5.0
"""Seconds for one call to an OA. Readers wait less (`feed`): what comes late is there at their next look."""


def connect(
    configured: Iterable[Configured], zone: ZoneInfo, now: Callable[[], datetime]
) -> tuple[Source, ...]:
    """One source for each configured OA. Nothing is asked yet."""
    return tuple(
        Source(one.id, one.campus, frozenset(one.widgets), _weaver_e9(one, zone, now)) for one in configured
    )


def _weaver_e9(one: Configured, zone: ZoneInfo, now: Callable[[], datetime]) -> WeaverE9:
    credentials = one.credentials
    return WeaverE9(
        source=one.id,
        campus=one.campus,
        base_url=one.base_url,
        open_url=one.open_url,
        app_id=one.app_id,
        credentials=Credentials(credentials.spk.get_secret_value(), credentials.secret.get_secret_value()),
        zone=zone,
        http=outbound.client([origin(one.base_url)], deadline=DEADLINE),
        now=now,
        directories=[(directory.id, directory.department) for directory in one.notice_directories],
        urgency=one.urgency,
        sso_app_id=one.sso_app_id,
        sso_login=one.sso_login,
        service_user=one.service_user,
    )
