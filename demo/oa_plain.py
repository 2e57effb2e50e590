"""The interface of a home-made OA, as a small hospital might have one: plain REST with odd habits, for the kind `rest`.

The habits: every answer is HTTP 200, `data` is JSON inside a text, the look-up of people finds whoever begins alike,
1 is the most urgent, and the notices are tables turned on their side. It is the worked example of docs/oa.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, jsonify, redirect, request

from demo.oa_browser import HOME, document_page, item_page, with_session
from demo.oa_mood import mood
from demo.oa_seed import DIRECTORIES, Document, Task
from demo.oa_world import World

APP: Final = "widgets"
SECRET: Final = "demo-secret-of-the-plain-oa"
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_LEVELS: Final = {"2": 1, "1": 2, "0": 3}
_DEPARTMENTS: Final = dict(DIRECTORIES)
_BOARD: Final = 2
"""Notices that it tells at a time."""
Handler = Callable[..., Awaitable[Any]]


def interface(world: World) -> Blueprint:
    """All paths of the interface over one world, and the addresses that its links lead to."""
    api = Blueprint("plain", __name__)
    before = mood(world)

    @api.before_request
    async def bad_days() -> Response | None:
        return await before() if request.path.startswith("/api/") else None

    _handshake(api, world)
    _lists(api, world)
    _pages(api, world)
    return api


def _handshake(api: Blueprint, world: World) -> None:
    @api.post("/api/token")
    async def token() -> Response:
        """The signature is the upper-case MD5 of app, time and secret, one after the other."""
        asked = await request.get_json(force=True)
        time = str(asked.get("time", ""))
        right = hashlib.md5(f"{APP}{time}{SECRET}".encode(), usedforsecurity=False).hexdigest().upper()
        if asked.get("app") != APP or asked.get("sign") != right:
            return _no(403, "签名错误")
        return _yes({"token": world.gate.hand_out(600), "seconds": 600})

    @api.get("/api/person")
    @_with_token(world)
    async def person() -> Response:
        """Whose 工号 begins with `no`."""
        wanted = request.args.get("no", "")
        found = [each for each in world.people if each.account and each.account.startswith(wanted)]
        return _yes([{"uid": each.oa_id, "no": each.account, "name": each.name} for each in found])

    @api.post("/api/ticket")
    @_with_token(world)
    async def ticket() -> Response:
        """A ticket that signs one person in, once."""
        who = world.gate.person((await request.get_json(force=True)).get("uid"))
        return _yes({"ticket": world.gate.mint(who)}) if who else _no(404, "查无此人")


def _lists(api: Blueprint, world: World) -> None:
    @api.get("/api/todo")
    @_with_token(world)
    async def todo() -> Response:
        who = world.gate.person(request.args.get("uid", ""))
        if who is None:
            return _no(404, "查无此人")
        page, size = int(request.args.get("page", "1")), int(request.args.get("size", "10"))
        every = [*world.odd_rows, *(_task(task, who.oa_id) for task in world.waiting(who))]
        return _yes({"list": every[(page - 1) * size : page * size], "count": len(every)})

    @api.post("/api/board")
    @_with_token(world)
    async def board() -> Response:
        """A few notices at a time; `next` is where the next ones begin."""
        asked = await request.get_json(force=True)
        who, begin = world.gate.person(asked.get("uid")), int(asked.get("after") or "0")
        if who is None:
            return _no(404, "查无此人")
        every = [_document(each) for each in world.readable(who)]
        end = begin + _BOARD
        told = {"rows": every[begin:end], "next": str(end) if end < len(every) else ""}
        return _yes(told)

    @api.route("/api/<path:path>", methods=["GET", "POST", "PUT"])
    async def unknown(path: str) -> Response:
        return _no(404, "没有这个接口")


def _pages(api: Blueprint, world: World) -> None:
    @api.get("/sso")
    async def sso() -> Any:
        who = world.gate.redeem(request.args.get("ticket", ""))
        target = request.args.get("to", "/")
        inside = target.startswith("/") and not target.startswith("//")
        answer = redirect(target if inside else HOME, 303)
        return with_session(answer, world, who) if who else answer

    @api.get("/todo/<id>")
    async def item(id: str) -> Any:
        return redirect(item_page(id), 303)

    @api.get("/board/<id>")
    async def document(id: str) -> Any:
        return redirect(document_page(id), 303)


def _with_token(world: World) -> Callable[[Handler], Handler]:
    def guarded(handler: Handler) -> Handler:
        @wraps(handler)
        async def call() -> Any:
            known = world.gate.knows(request.headers.get("X-Token", ""))
            return await handler() if known else _no(401, "未登录或已过期")

        return call

    return guarded


def _yes(value: object) -> Response:
    return jsonify(code=0, msg="ok", data=json.dumps(value, ensure_ascii=False))


def _no(code: int, why: str) -> Response:
    return jsonify(code=code, msg=why, data=None)


def _task(task: Task, uid: str | None) -> dict[str, Any]:
    return {
        "no": int(task.id),
        "subject": task.title,
        "node": f"<b>{task.step}</b>&nbsp;",
        "level": _LEVELS[task.level],
        "came": task.received.astimezone(_ZONE).strftime("%Y/%m/%d %H:%M:%S"),
        "from": f"{task.sender}@{task.process}",
        "to": uid,
        "read": 0 if task.unread else 1,
    }


def _document(document: Document) -> list[dict[str, str]]:
    """One row as columns under each other."""
    time = document.published.astimezone(_ZONE)
    columns = {
        "id": document.id,
        "subject": document.title,
        "dept": _DEPARTMENTS[document.directory],
        "day": time.strftime("%Y-%m-%d"),
        "clock": time.strftime("%H:%M:%S"),
        "top": "N",
    }
    return [{"property": name, "value": value} for name, value in columns.items()]
