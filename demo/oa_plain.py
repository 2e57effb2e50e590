"""A home-made OA as a small hospital might have one: plain REST with three odd habits. `python -m demo.oa_plain`.

The habits: every answer is HTTP 200, `data` is JSON inside a text, and the look-up of people finds more than was asked.
It is the worked example of docs/oa.md. Never shipped.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from quart import Quart, Response, jsonify, redirect, request

from demo.oa_seed import Task, tasks
from demo.people import PEOPLE, Person
from demo.places import listening
from demo.serving import Servers

APP: Final = "widgets"
SECRET: Final = "demo-secret-of-the-plain-oa"
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_LEVELS: Final = {"2": 1, "1": 2, "0": 3}
"""Here 1 is the most urgent."""
Handler = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class World:
    """What the OA has, and the switches for its bad days."""

    now: Callable[[], datetime]
    tokens: dict[str, datetime] = field(default_factory=dict)
    tickets: dict[str, Person] = field(default_factory=dict)
    waiting: dict[str, list[Task]] = field(default_factory=dict)
    """Internal user id → what waits."""
    odd_rows: list[dict[str, Any]] = field(default_factory=list)
    """Put in front of every list."""
    login_page: bool = False
    calls: list[str] = field(default_factory=list)
    """The path of every call."""

    def __post_init__(self) -> None:
        self.waiting = tasks(self.now())

    def forget_tokens(self) -> None:
        """As after a restart."""
        self.tokens.clear()


class PlainOA(Quart):
    """The application; `world` is its state and holds its switches."""

    world: World


def create_plain_oa(*, now: Callable[[], datetime]) -> PlainOA:
    """The OA with what waits for the demo's people."""
    app = PlainOA(__name__, static_folder=None)
    app.world = world = World(now)
    app.before_request(_bad_day(world))
    _handshake(app, world)
    _lists(app, world)
    _pages(app, world)
    return app


def _bad_day(world: World) -> Callable[[], Awaitable[Response | None]]:
    async def look() -> Response | None:
        world.calls.append(request.path)
        if world.login_page:
            return Response("<!doctype html><title>请登录</title><form></form>", content_type="text/html")
        return None

    return look


def _handshake(app: PlainOA, world: World) -> None:
    @app.post("/api/token")
    async def token() -> Response:
        """The signature is the upper-case MD5 of app, time and secret, one after the other."""
        asked = await request.get_json(force=True)
        time = str(asked.get("time", ""))
        right = hashlib.md5(f"{APP}{time}{SECRET}".encode(), usedforsecurity=False).hexdigest().upper()
        if asked.get("app") != APP or asked.get("sign") != right:
            return _no(403, "签名错误")
        fresh = secrets.token_hex(16)
        world.tokens[fresh] = world.now() + timedelta(minutes=10)
        return _yes({"token": fresh, "seconds": 600})

    @app.get("/api/person")
    @_with_token(world)
    async def person() -> Response:
        """Whose 工号 begins with `no`."""
        wanted = request.args.get("no", "")
        found = [each for each in PEOPLE if each.account and each.account.startswith(wanted)]
        return _yes([{"uid": each.oa_id, "no": each.account, "name": each.name} for each in found])

    @app.post("/api/ticket")
    @_with_token(world)
    async def ticket() -> Response:
        """A ticket that signs one person in, once."""
        uid = (await request.get_json(force=True)).get("uid")
        who = next((each for each in PEOPLE if each.oa_id == uid), None)
        if who is None:
            return _no(404, "查无此人")
        fresh = secrets.token_hex(16)
        world.tickets[fresh] = who
        return _yes({"ticket": fresh})


def _lists(app: PlainOA, world: World) -> None:
    @app.get("/api/todo")
    @_with_token(world)
    async def todo() -> Response:
        uid = request.args.get("uid", "")
        if uid not in {each.oa_id for each in PEOPLE if each.oa_id}:
            return _no(404, "查无此人")
        page, size = int(request.args.get("page", "1")), int(request.args.get("size", "10"))
        every = [*world.odd_rows, *(_row(task, uid) for task in world.waiting.get(uid, []))]
        return _yes({"list": every[(page - 1) * size : page * size], "count": len(every)})


def _pages(app: PlainOA, world: World) -> None:
    @app.get("/sso")
    async def sso() -> Any:
        who = world.tickets.pop(request.args.get("ticket", ""), None)
        target = request.args.get("to", "/")
        if who is None or not target.startswith("/") or target.startswith("//"):
            return Response("<h1>请登录</h1>", 401, content_type="text/html; charset=utf-8")
        return redirect(target)

    @app.get("/todo/<id>")
    async def page(id: str) -> Response:
        every = [task for listed in world.waiting.values() for task in listed]
        title = next((task.title for task in every if task.id == id), "没有这项事务")
        return Response(f"<!doctype html><h1>{title}</h1>", content_type="text/html; charset=utf-8")


def _with_token(world: World) -> Callable[[Handler], Handler]:
    def guarded(handler: Handler) -> Handler:
        @wraps(handler)
        async def call() -> Any:
            until = world.tokens.get(request.headers.get("X-Token", ""))
            return await handler() if until and world.now() < until else _no(401, "未登录或已过期")

        return call

    return guarded


def _yes(value: object) -> Response:
    return jsonify(code=0, msg="ok", data=json.dumps(value, ensure_ascii=False))


def _no(code: int, why: str) -> Response:
    return jsonify(code=code, msg=why, data=None)


def _row(task: Task, uid: str) -> dict[str, Any]:
    return {
        "no": int(task.id),
        "subject": f"<span class='t'>{task.title}</span>",
        "node": task.step,
        "level": _LEVELS[task.level],
        "came": task.received.astimezone(_ZONE).strftime("%Y/%m/%d %H:%M"),
        "from": f"{task.sender}@{task.process}",
        "to": uid,
        "read": 0 if task.unread else 1,
    }


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=click.IntRange(1024, 65535), default=8120, show_default=True)
def main(port: int) -> None:
    """Serves the home-made OA on loopback until Ctrl-C."""
    asyncio.run(show(port))


async def show(port: int) -> None:
    """Runs it until a signal comes."""
    servers, loop = Servers(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, servers.stop.set)
    await servers.add(create_plain_oa(now=lambda: datetime.now(UTC)), listening(port))
    print(f"http://127.0.0.1:{port}  app: {APP}  secret: {SECRET}  Ctrl-C ends it", flush=True)
    await servers.stop.wait()
    await servers.close()


if __name__ == "__main__":
    main()
