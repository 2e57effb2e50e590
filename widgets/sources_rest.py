"""From a configured source of kind `rest` to its client."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from widgets.oa.outbound import HttpClient
from widgets.oa.rest import Rest
from widgets.settings_rest import RestSource


def rest_client(one: RestSource, http: HttpClient, zone: ZoneInfo, now: Callable[[], datetime]) -> Rest:
    """Nothing is asked yet."""
    return Rest(
        one.mapped(),
        source=one.id,
        campus=one.campus,
        base_url=one.base_url,
        open_url=one.open_url,
        also_open=one.also_open,
        zone=zone,
        http=http,
        now=now,
        token=lambda: secrets.token_hex(16),
    )
