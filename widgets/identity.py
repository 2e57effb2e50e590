"""From `[identity]` to a centre: one branch a protocol. The half of `app` that knows their differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from auth.bulletin import Bulletin
from auth.cas import Cas
from auth.centre import Centre
from auth.credentials import Credentials
from auth.oauth2 import OAuth2, Shape
from auth.oidc import OpenID, Wishes
from auth.outside import Outside
from auth.provider import Provider
from auth.sealing import KeyRing
from auth.sm2 import Profile
from widgets.links import origin
from widgets.oa import outbound
from widgets.settings import Settings
from widgets.settings_identity import Identity
from widgets.settings_identity import OAuth2 as Table

DEADLINE = 2.5
"""Seconds for one call to the identity centre."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A centre, and what else the service needs to know about it."""

    centre: Centre
    transport: outbound.GuardedTransport
    """To be closed with the service."""
    client_keys: Mapping[str, Any] = field(default_factory=lambda: {"keys": []})
    """Our own public keys, for `/auth/jwks.json`."""
    answers_are_posted: bool = False
    """Callbacks come as forms from the centre's pages."""
    entry: str | None = None
    """Path of ours for people who open the callback itself."""


def join(
    settings: Settings,
    redis: Redis,
    keys: KeyRing,
    now: Callable[[], datetime],
    *,
    deadline: float = DEADLINE,
) -> Joined:
    """The configured centre. Nobody is asked before somebody wants something. `deadline`: seconds for one call."""
    identity = settings.identity
    transport = outbound.guarded([origin(identity.base_url)], deadline=deadline)
    if identity.protocol == "cas3":
        return Joined(_cas(settings, transport), transport)
    if identity.oauth2 is not None:
        return Joined(_oauth2(settings, identity.oauth2, transport), transport, entry=identity.oauth2.entry)
    return _openid(settings, transport, Bulletin(redis, keys, identity.issuer), now)


def _cas(settings: Settings, transport: outbound.GuardedTransport) -> Cas:
    identity = settings.identity
    return Cas(
        Outside(transport, identity.issuer, identity.base_url),
        issuer=identity.issuer,
        base_url=settings.service.base_url,
        account_claim=identity.account_claim,
        names=identity.cas.names,
        validate_path=identity.cas.validate_path,
        renew=identity.cas.renew,
    )


def _oauth2(settings: Settings, table: Table, transport: outbound.GuardedTransport) -> OAuth2:
    identity, success = settings.identity, table.success
    return OAuth2(
        Outside(transport, identity.issuer, identity.base_url),
        Shape(
            authorize=table.authorize,
            token=table.token,
            userinfo=table.userinfo,
            logout=table.logout,
            logout_return=table.logout_return,
            token_method=table.token_method,
            userinfo_method=table.userinfo_method,
            userinfo_token=table.userinfo_token,
            token_parameter=table.token_parameter,
            access_token=table.access_token,
            success=(success.at, success.values) if success else None,
            claims=table.claims,
            scope=table.scope,
            extra=table.extra,
            pkce=table.pkce,
        ),
        issuer=identity.issuer,
        base_url=settings.service.base_url,
        client_id=identity.client_id or "",
        credentials=_credentials(identity),
        account_claim=identity.account_claim,
        heard_from=table.logout_from,
    )


def _openid(
    settings: Settings, transport: outbound.GuardedTransport, bulletin: Bulletin, now: Callable[[], datetime]
) -> Joined:
    identity = settings.identity
    provider = Provider(
        issuer=identity.issuer,
        base_url=identity.base_url,
        client_id=identity.client_id or "",
        algorithms=identity.algorithms,
        transport=transport,
        now=now,
        trusted_audiences=frozenset(identity.trusted_audiences),
        bulletin=bulletin,
        sm2=_sm2(identity),
    )
    centre = OpenID(
        provider,
        base_url=settings.service.base_url,
        credentials=_credentials(identity),
        account_claim=identity.account_claim,
        wishes=Wishes(
            scope=identity.scope,
            response_mode=identity.response_mode,
            acr_values=identity.acr_values,
            max_age=identity.max_age,
        ),
    )
    published = identity.client_key.published() if identity.client_key else {"keys": []}
    return Joined(centre, transport, published, identity.response_mode == "form_post")


def _sm2(identity: Identity) -> Profile | None:
    table = identity.sm2
    if table is None:
        return None
    return Profile(frozenset(table.algorithms), frozenset(table.curves), table.signer_id.encode())


def _credentials(identity: Identity) -> Credentials:
    secret = identity.client_secret.get_secret_value() if identity.client_secret else None
    return Credentials(identity.auth, secret, identity.client_key, identity.client_audience)
