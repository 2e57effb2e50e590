"""A browser and a system in front of the demo's identity centre, in one process."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from quart import Quart

from demo.grants import Client
from demo.identity import create_identity
from demo.people import PEOPLE, ZHOU, Person
from demo.switches import Switches
from demo.tokens import Signer

ISSUER = "http://sso.test"
CALLBACK = "http://widgets.test/auth/callback"
FAREWELL = "http://portal.test/"
VERIFIER = "v" * 43
CLIENT = Client(
    "widgets",
    "s:e c%ret",
    (CALLBACK,),
    (FAREWELL,),
    "http://widgets.test/auth/backchannel-logout",
    "组件服务",
)


def asgi(app: Quart) -> httpx2.ASGITransport:
    """The app without a network; Quart's types name the scopes more narrowly than httpx2's."""
    return httpx2.ASGITransport(app=cast(Any, app))


@pytest.fixture(scope="session")
def signer() -> Signer:
    """Keys are slow to make: one pair for all tests."""
    return Signer(Switches())


@dataclass
class Centre:
    """The centre as the outside sees it, with its switches."""

    browser: httpx2.AsyncClient
    switches: Switches
    told: list[httpx2.Request] = field(default_factory=list)
    """Back-channel logout calls that arrived."""

    def question(self, **changes: str | None) -> dict[str, str]:
        """A sound authorization request with these changes; None leaves a parameter out."""
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        sound = {
            "response_type": "code",
            "client_id": CLIENT.id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "st",
            "nonce": "no",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**sound, **changes}.items() if value is not None}

    async def ask(self, **changes: str | None) -> httpx2.Response:
        """The authorization endpoint's answer."""
        return await self.browser.get("/authorize", params=self.question(**changes))

    async def sign_in(self, who: Person = ZHOU, **changes: str | None) -> dict[str, str]:
        """Picks a person; the parameters that came back."""
        question = self.question(**changes)
        return returned(await self.browser.post("/sign-in", params=question, data={"person": who.subject}))

    async def redeem(self, code: str, **changes: Any) -> httpx2.Response:
        """Trades a code in, by default as the honest system would."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        form |= {"code_verifier": VERIFIER, **changes}
        return await self.browser.post("/token", data=form, headers=basic())

    async def tokens(self, who: Person = ZHOU) -> dict[str, Any]:
        """A whole sign-in, to the token answer."""
        answer = await self.redeem((await self.sign_in(who))["code"])
        told: dict[str, Any] = answer.json()
        return told


def basic() -> dict[str, str]:
    """The system's secret in the header, form-encoded first (RFC 6749 §2.3.1)."""
    return {"Authorization": "Basic " + base64.b64encode(b"widgets:s%3Ae+c%25ret").decode()}


def returned(answer: httpx2.Response) -> dict[str, str]:
    """The parameters of a redirect back to the system."""
    address = urlsplit(answer.headers["location"])
    assert address._replace(query="").geturl() == CALLBACK
    return dict(parse_qsl(address.query))


def claims(token: str) -> dict[str, Any]:
    """The claims of a token, unchecked."""
    part = token.split(".")[1]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return told


@pytest.fixture
async def centre(signer: Signer) -> AsyncIterator[Centre]:
    """A fresh centre with nobody signed in."""
    told: list[httpx2.Request] = []

    def receive(request: httpx2.Request) -> httpx2.Response:
        told.append(request)
        return httpx2.Response(200)

    signer.switches.reset()
    app = create_identity(PEOPLE, ISSUER, [CLIENT], signer=signer, transport=httpx2.MockTransport(receive))
    async with httpx2.AsyncClient(transport=asgi(app), base_url=ISSUER) as browser:
        yield Centre(browser, signer.switches, told)
