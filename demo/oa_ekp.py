"""The interface of a Landray EKP as callers know it: JSON inside JSON, and an empty list that looks like a mistake."""

from __future__ import annotations

import base64
import json
from typing import Any, Final
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, jsonify, redirect, request

from demo.oa_browser import HOME, item_page, with_session
from demo.oa_mood import mood
from demo.oa_seed import Task
from demo.oa_world import World
from demo.people import Person, find

CONTEXT: Final = "/ekp"
USER: Final = "portal-widgets"
PASSWORD: Final = "demo-password-of-the-rest-service"
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_LEVELS: Final = {"2": 1, "1": 2, "0": 3}
"""Of the demo world → EKP's: its order is the other way round."""


def interface(world: World) -> Blueprint:
    """All paths of the interface over one world, and the addresses that its links lead to."""
    api = Blueprint("ekp", __name__, url_prefix=CONTEXT)
    _todos(api, world)
    _pages(api, world)
    return api


def _todos(api: Blueprint, world: World) -> None:
    before = mood(world)

    @api.before_request
    async def service() -> Response | None:
        if not request.path.startswith(f"{CONTEXT}/api/"):
            return None
        proof = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        refused = None if request.headers.get("Authorization") == proof else Response("", 401)
        return await before() or refused

    @api.post("/api/sys-notify/sysNotifyTodoRestService/getTodo")
    async def get_todo() -> Response:
        asked = await request.get_json(force=True)
        number = json.loads(asked["targets"]).get("PersonNo", "")
        person = find(number, world.people)
        listed = [*world.odd_rows, *(_row(task) for task in world.waiting(person))] if person else []
        if not listed:
            nothing = {"errorPage": "true", "message": "很抱歉，未找到相应的记录！"}
            return jsonify(returnState=2, message=json.dumps(nothing, ensure_ascii=False))
        page = {"pageCount": 1, "pageno": 1, "count": len(listed), "docs": listed[: asked["rowSize"]]}
        return jsonify(returnState=2, message=json.dumps(page, ensure_ascii=False))

    @api.post("/api/sys-authentication/loginService/getLoginSessionId")
    async def session_id() -> Response:
        person = world.gate.named(request.args.get("loginName", ""))
        if person is None:
            return jsonify(result=False, errorMsg="用户不存在", sessionId="")
        return jsonify(result=True, errorMsg="", sessionId=world.gate.mint(person))


def _pages(api: Blueprint, world: World) -> None:
    @api.get("/sys/authentication/sso/login_auto.jsp")
    async def sign_in() -> Any:
        person: Person | None = world.gate.redeem(request.args.get("sessionId", ""))
        target = request.args.get("target", "/")
        answer = redirect(CONTEXT + target if target.startswith("/") else HOME, 303)
        return with_session(answer, world, person) if person else answer

    @api.get("/sys/notify/sys_notify_todo/sysNotifyTodo.do")
    async def item() -> Any:
        return redirect(item_page(request.args.get("fdId", "")[4:].lstrip("0")), 303)

    @api.get("/")
    async def home() -> Any:
        return redirect(HOME, 303)


def _row(task: Task) -> dict[str, Any]:
    id = f"18f0{task.id.zfill(28)}"
    return {
        "id": id,
        "subject": task.title,
        "type": 1,
        "moduleName": task.process,
        "modelName": "com.landray.kmss.km.review.model.KmReviewMain",
        "modelId": f"18ef{task.id.zfill(28)}",
        "createTime": task.received.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "creator": "17e0",
        "creatorName": task.sender,
        "level": str(_LEVELS[task.level]),
        "link": f"/sys/notify/sys_notify_todo/sysNotifyTodo.do?method=view&fdId={id}",
        "mobileLink": "",
    }
