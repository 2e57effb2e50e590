"""The real provider starts and signs somebody in, so that a failure elsewhere is not its fault."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from demo.grants import Client
from demo.loopback import Loopback
from demo.people import ZHOU
from demo.places import listening, port
from tests.op.provider import real_provider

pytestmark = pytest.mark.browser
CALLBACK = "http://widgets.hospital.localhost:1/auth/callback"
CLIENT = Client("portal-widgets", "a-secret-that-is-long-enough", (CALLBACK,))
VERIFIER = "v" * 43
QUESTION = {
    "response_type": "code",
    "client_id": CLIENT.id,
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "state": "st",
    "nonce": "no",
    "code_challenge_method": "S256",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("="),
}


@pytest.fixture
async def browser() -> AsyncIterator[httpx2.AsyncClient]:
    """One browser before a real provider on a free port."""
    place = listening(0)
    number = port(place)
    place.close()
    issuer = f"http://sso.hospital.localhost:{number}"
    async with (
        real_provider(issuer, number, [CLIENT]),
        httpx2.AsyncClient(transport=Loopback(), base_url=issuer) as client,
    ):
        yield client


async def signed_in(browser: httpx2.AsyncClient) -> dict[str, str]:
    """Picks a person; the parameters that came back to the system."""
    page = await browser.get("/auth", params=QUESTION, follow_redirects=True)
    answer = await browser.post(str(page.url), data={"sub": ZHOU.subject})
    while not answer.headers["location"].startswith(CALLBACK):
        answer = await browser.get(answer.headers["location"])
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def test_prompt_none_without_a_visit_is_login_required(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/auth", params={**QUESTION, "prompt": "none"})
    assert "error=login_required" in answer.headers["location"]


async def test_pkce_is_required(browser: httpx2.AsyncClient) -> None:
    asked = {name: value for name, value in QUESTION.items() if not name.startswith("code_challenge")}
    answer = await browser.get("/auth", params=asked)
    assert "error=invalid_request" in answer.headers["location"]


async def test_a_sign_in_puts_the_number_into_the_id_token(browser: httpx2.AsyncClient) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    form |= {"code": (await signed_in(browser))["code"]}
    tokens = (await browser.post("/token", data=form, auth=(CLIENT.id, CLIENT.secret))).json()
    claims = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[1] + "=="))
    told = {name: claims[name] for name in ("sub", "name", "employee_no", "nonce")}
    assert told == {"sub": ZHOU.subject, "name": ZHOU.name, "employee_no": ZHOU.account, "nonce": "no"}
