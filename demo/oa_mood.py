"""The bad days of every demo interface, and its fixed answers for tests: before any path is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from quart import Response, request

from demo.oa_world import Call, World

_LOGIN_PAGE: Final = "<!doctype html><meta charset=utf-8><title>登录</title><form><input name=loginid></form>"


def mood(world: World) -> Callable[[], Awaitable[Response | None]]:
    """To be called before each request of an interface."""

    async def before() -> Response | None:
        # Whoever answers before the body has come must close the connection, maybe under the caller's next call.
        await request.get_data()
        cookie, token = request.headers.get("Cookie"), request.headers.get("token")
        world.calls.append(Call(request.path, cookie, token))
        if canned := world.canned.get(request.path):
            return Response(canned.body, canned.status, dict(canned.headers))
        if world.mode == "slow":
            await asyncio.sleep(world.delay)
        if world.mode == "down":
            return Response(
                "<html><h1>503 Service Temporarily Unavailable</h1></html>", 503, content_type="text/html"
            )
        if world.mode == "garbage":
            return Response(_LOGIN_PAGE, 200, content_type="text/html; charset=utf-8")
        return None

    return before
