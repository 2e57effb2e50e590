"""From one configured source to the client that speaks its product: one branch a dialect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from widgets.links import origin
from widgets.oa import OAClient
from widgets.oa.landray_ekp import LandrayEKP
from widgets.oa.o2oa import O2OA
from widgets.oa.outbound import HttpClient
from widgets.oa.seeyon_v5 import SeeyonV5
from widgets.oa.seeyon_v8 import SeeyonV8
from widgets.oa.weaver_e9 import WeaverE9
from widgets.oa.weaver_token import Credentials
from widgets.settings_rest import RestSource
from widgets.settings_sources import (
    AnySource,
    LandrayEKPSource,
    O2OASource,
    SeeyonV5Source,
    SeeyonV8Source,
    WeaverE9Source,
)
from widgets.sources_rest import rest_client
from widgets.tickets import Tickets


def reached(one: AnySource) -> list[str]:
    """The origins at which this service asks the source."""
    second = [one.login_url] if isinstance(one, SeeyonV8Source) and one.login_url else []
    return [origin(address) for address in (one.base_url, *second)]


def speak(
    one: AnySource, http: HttpClient, zone: ZoneInfo, now: Callable[[], datetime], tickets: Tickets | None
) -> OAClient:
    """The client of this source. Without `tickets` a product that asks back gets none: enough for a check."""
    usual = {
        "source": one.id,
        "campus": one.campus,
        "base_url": one.base_url,
        "open_url": one.open_url,
        "zone": zone,
        "http": http,
        "now": now,
    }
    match one:
        case WeaverE9Source():
            return _weaver_e9(one, usual)
        case LandrayEKPSource():
            return _landray_ekp(one, usual)
        case SeeyonV5Source():
            return _seeyon_v5(one, usual, tickets)
        case SeeyonV8Source():
            return _seeyon_v8(one, usual)
        case O2OASource():
            return _o2oa(one, usual)
        case RestSource():
            return rest_client(one, http, zone, now)


def _weaver_e9(one: WeaverE9Source, usual: dict[str, Any]) -> WeaverE9:
    credentials = one.credentials
    return WeaverE9(
        app_id=one.app_id,
        credentials=Credentials(credentials.spk.get_secret_value(), credentials.secret.get_secret_value()),
        directories=[(directory.id, directory.department) for directory in one.notice_directories],
        urgency=one.urgency,
        sso_app_id=one.sso_app_id,
        sso_login=one.sso_login,
        service_user=one.service_user,
        **usual,
    )


def _landray_ekp(one: LandrayEKPSource, usual: dict[str, Any]) -> LandrayEKP:
    return LandrayEKP(
        user=one.rest_user,
        password=_told(one.rest_password),
        todo_type=one.todo_type,
        urgency=one.urgency,
        sso=one.sso,
        **usual,
    )


def _seeyon_v5(one: SeeyonV5Source, usual: dict[str, Any], tickets: Tickets | None) -> SeeyonV5:
    return SeeyonV5(
        user=one.rest_user,
        password=_told(one.rest_password),
        tickets=tickets,
        urgency=one.urgency,
        steps=one.steps,
        sso_from=one.sso_from,
        channel=(one.channel_id, _told(one.channel_secret)) if one.channel_id else None,
        **usual,
    )


def _seeyon_v8(one: SeeyonV8Source, usual: dict[str, Any]) -> SeeyonV8:
    return SeeyonV8(
        app_key=one.app_key,
        app_secret=_told(one.app_secret),
        login_url=one.login_url,
        urgency=one.urgency,
        sso=one.sso,
        **usual,
    )


def _o2oa(one: O2OASource, usual: dict[str, Any]) -> O2OA:
    return O2OA(client=one.sso_client, key=_told(one.sso_key), categories=one.notice_categories, **usual)


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
