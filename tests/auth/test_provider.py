"""Which address our server really calls when the centre's public name and its inner address differ."""

from __future__ import annotations

import httpx2
import pytest

from auth.outside import ServerSide


async def called(issuer: str, base_url: str, url: str) -> tuple[str, str]:
    """The address and the Host of the call that arrives for `url`."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200)

    transport = ServerSide(httpx2.MockTransport(answer), issuer, base_url)
    async with httpx2.AsyncClient(transport=transport, trust_env=False) as client:
        await client.get(url)
    return str(seen[0].url), seen[0].headers["Host"]


@pytest.mark.parametrize(
    ("issuer", "base_url", "url", "expected"),
    [
        ("https://sso.test", "https://sso.test/", "https://sso.test/token", "https://sso.test/token"),
        ("https://sso.test", "http://10.1.1.1:8080", "https://sso.test/token", "http://10.1.1.1:8080/token"),
        ("https://sso.test/", "http://10.1.1.1", "https://sso.test:443/a?b=c", "http://10.1.1.1/a?b=c"),
        (
            "https://sso.test/realms/h",
            "http://10.1.1.1/idp",
            "https://sso.test/realms/h/t",
            "http://10.1.1.1/idp/t",
        ),
        ("https://sso.test/realms/h", "http://10.1.1.1/idp", "https://sso.test/keys", "http://10.1.1.1/keys"),
        ("https://sso.test/r", "http://10.1.1.1/idp", "https://sso.test/rest", "http://10.1.1.1/rest"),
    ],
)
async def test_a_call_for_the_issuer_goes_to_the_inner_address_under_the_public_name(
    issuer: str, base_url: str, url: str, expected: str
) -> None:
    assert await called(issuer, base_url, url) == (expected, "sso.test")


async def test_a_call_for_another_host_goes_there() -> None:
    assert await called("https://sso.test", "http://10.1.1.1", "https://keys.test/jwks") == (
        "https://keys.test/jwks",
        "keys.test",
    )
