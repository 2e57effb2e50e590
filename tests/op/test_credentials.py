"""How the service proves itself to the real provider, which demands that requests are pushed (RFC 9126)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from auth.credentials import ClientKeys
from demo.installed import Issuer
from demo.people import ZHOU
from demo.places import Places, listening, port
from demo.world import World, service_client
from tests.op.provider import real_provider
from tests.staff import Staff
from widgets.app import build
from widgets.settings import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
AUTH = "PORTAL_WIDGETS__IDENTITY__AUTH"
KEY = "PORTAL_WIDGETS__IDENTITY__CLIENT_KEY"


@asynccontextmanager
async def hospital(registered: dict[str, Any], environ: dict[str, str]) -> AsyncIterator[World]:
    """The service with these settings, at a provider that knows it so."""
    with listening(0) as found:
        number = port(found)
    issuer = Issuer(f"http://sso.hospital.localhost:{number}", f"http://127.0.0.1:{number}")
    registered = {**registered, "require_pushed_authorization_requests": True}
    with Places.take(None) as places:
        clients = [service_client(places.public())]
        async with (
            real_provider(issuer.public, number, clients, registered=registered),
            World.start(places=places, issuer=issuer, service=False) as world,
        ):
            await world.servers.add(build(load(world.config, environ)), places.widgets)
            yield world


async def signed_in(world: World) -> bool:
    async with Staff.at(world) as staff:
        await staff.sign_in(ZHOU)
        card = await staff.get("/widgets/todos", headers={"HX-Request": "true"})
        return card.headers["Widget-State"] == "ok"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_the_secret_is_taken(method: str) -> None:
    """In a header or in the form, as it was registered, for pushing and for tokens."""
    async with hospital({"token_endpoint_auth_method": method}, {AUTH: method}) as world:
        assert await signed_in(world)


@pytest.mark.parametrize(
    ("key", "alg"), [(ECKey.generate_key("P-256"), "ES256"), (RSAKey.generate_key(2048), "RS256")]
)
async def test_a_key_of_our_own_is_taken(
    tmp_path_factory: pytest.TempPathFactory, key: ECKey | RSAKey, alg: str
) -> None:
    """The provider knows the public half as `/auth/jwks.json` publishes it, and no secret."""
    text = key.as_pem(private=True).decode()
    path = tmp_path_factory.mktemp("key") / "client.pem"
    path.touch(0o600)
    path.write_text(text)
    registered = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": alg,
        "jwks": ClientKeys.parse(text).published(),
        "client_secret": None,
    }
    environ = {AUTH: "private_key_jwt", KEY: f'{{ file = "{path}" }}'}
    async with hospital(registered, environ) as world:
        assert await signed_in(world)
