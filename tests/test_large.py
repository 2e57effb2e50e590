"""What is too long, at the front door: too many cookies, and what a centre writes beside an error."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import httpx2
import pytest

from demo.people import ZHOU
from demo.world import World
from tests.staff import Staff

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = "<script>alert(document.domain)</script>"


def ours(staff: Staff) -> str:
    return "; ".join(f"{name}={value}" for name, value in staff.client.cookies.items() if "session" in name)


async def test_cookies_of_32_kb_are_refused_and_cost_nobody_else_anything(
    staff: Staff, http: httpx2.AsyncClient
) -> None:
    """More than 16 KB of headers are not read; the next request of the same person is answered as ever."""
    await staff.sign_in(ZHOU)
    many = "; ".join(f"old-application-{number}={'x' * 140}" for number in range(200))
    answer = await http.get("/widgets/todos", headers={"Cookie": f"{many}; {ours(staff)}"})
    assert answer.status_code == 431
    again = await http.get("/widgets/todos", headers={"Cookie": ours(staff), "Accept": "application/json"})
    assert "ok" == again.headers["Widget-State"]


async def test_ours_is_found_among_two_hundred(staff: Staff, http: httpx2.AsyncClient) -> None:
    """Old applications on neighbouring hosts leave many small ones, some with names like ours."""
    await staff.sign_in(ZHOU)
    many = "; ".join(f"pw-session{number}=x; __Host-pw-sessio={number}" for number in range(100))
    answer = await http.get(
        "/widgets/todos", headers={"Cookie": f"{many}; {ours(staff)}", "Accept": "application/json"}
    )
    assert "ok" == answer.headers["Widget-State"]


async def test_what_the_centre_writes_beside_an_error_is_never_shown(staff: Staff, hospital: World) -> None:
    """A fixed sentence and a number, for an honest state and a code that nobody knows."""
    away = urlsplit(str((await staff.get("/auth/login")).url))
    state = httpx2.QueryParams(away.query)["state"]
    query = f"state={state}&iss={quote(hospital.at.identity)}&error={quote(SCRIPT)}&error_description={quote(SCRIPT)}"
    page = await staff.get(f"/auth/callback?{query}")
    assert 400 == page.status_code
    assert "<script>alert" not in page.text and "document.domain" not in page.text
