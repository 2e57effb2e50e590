"""The interface of a Weaver E9 as callers know it: errors are HTTP 200, a kept cookie mixes people up."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, g, jsonify, request

from demo.oa_gate import ADMIN, APP_ID, COOKIE, SSO_APP_ID
from demo.oa_mood import mood
from demo.oa_seed import Document, Task
from demo.oa_world import World
from demo.people import Person

_ZONE: Final = ZoneInfo("Asia/Shanghai")
Handler = Callable[[], Awaitable[Any]]


def interface(world: World) -> Blueprint:
    """All paths of the interface over one world."""
    api = Blueprint("e9", __name__)
    api.before_request(mood(world))
    _handshake(api, world)
    _people(api, world)
    _lists(api, world)
    return api


def _handshake(api: Blueprint, world: World) -> None:
    @api.post("/api/ec/dev/auth/regist")
    async def regist() -> Response:
        if request.headers.get("appid") != APP_ID or not request.headers.get("cpk"):
            return _failure("认证信息错误,请检查appid")
        spk, secret = world.gate.register()
        told = {"status": True, "code": 0, "errcode": "0", "msg": "ok", "msgShowType": "none"}
        return jsonify({**told, "secrit": secret, "secret": secret, "spk": spk})

    @api.post("/api/ec/dev/auth/applytoken")
    async def applytoken() -> Response:
        if request.headers.get("appid") != APP_ID:
            return _failure("认证信息错误,请检查appid")
        seconds = request.headers.get("time", "1800")
        token = world.gate.token(
            request.headers.get("secret", ""), int(seconds) if seconds.isdecimal() else 1800
        )
        if token is None:
            return _failure("secret解密失败,请检查加密内容")
        return jsonify(status=True, code=0, msg="获取成功!", msgShowType="none", token=token)

    @api.post("/ssologin/getToken")
    async def get_token() -> Response:
        form = await request.form
        if form.get("appid") != SSO_APP_ID:
            return Response(f"Token获取失败,IP地址({request.remote_addr})未注册", content_type="text/plain")
        person = world.gate.named(form.get("loginid", ""))
        token = world.gate.mint(person) if person else "Token获取失败,用户不存在"
        return Response(token, content_type="text/plain; charset=utf-8")


def _people(api: Blueprint, world: World) -> None:
    @api.post("/api/hrm/resful/getHrmUserInfoWithPage")
    @_with_token(world, admin=True)
    async def look_up() -> Response:
        try:
            wanted = json.loads((await request.form).get("params", "{}")).get("workcode")
        except (ValueError, AttributeError):
            return jsonify(code="-1", msg="参数错误")
        found = [p for p in world.people if p.account and p.account == wanted]
        if world.mode == "someone-else":
            found = [p for p in world.people if p.account and p.account != wanted][:1]
        listed = [_hrm_row(person) for person in found]
        return jsonify(code="1", msg="", data={"totalSize": len(listed), "dataList": listed})


def _lists(api: Blueprint, world: World) -> None:
    @api.post("/api/workflow/paService/getToDoWorkflowRequestList")
    @_with_token(world)
    async def todos() -> Response:
        form = await request.form
        number, size = int(form.get("pageNo", "1")), int(form.get("pageSize", "10"))
        tasks = world.waiting(g.person)[(number - 1) * size : number * size]
        return jsonify([*world.odd_rows, *(_task_row(task) for task in tasks)])

    @api.post("/api/workflow/paService/getToDoWorkflowRequestCount")
    @_with_token(world)
    async def count() -> Response:
        return Response(str(len(world.waiting(g.person))), content_type="application/json")

    @api.get("/api/doc/mobile/systemDoc/getCategoryDocList")
    @_with_token(world)
    async def documents() -> Response:
        chosen = [d for d in world.readable(g.person) if d.directory == request.args.get("categoryid")]
        return jsonify(
            api_status=True, msg="操作成功!", docs=[_document_row(document) for document in chosen]
        )


def _with_token(world: World, admin: bool = False) -> Callable[[Handler], Handler]:
    """Lets a call with the right headers in, sets `g.person`, and leaves a session cookie as E9 does."""

    def guarded(handler: Handler) -> Handler:
        @wraps(handler)
        async def call() -> Any:
            sent = request.headers
            if not (sent.get("appid") and sent.get("token") and sent.get("userid")):
                return jsonify(status=False, errorCode="002", msg="登录信息超时")
            if sent["appid"] != APP_ID or not world.gate.knows(sent["token"]):
                return _failure("token不存在或者超时,请重新获取")
            user_id = world.gate.opened(sent["userid"])
            # A session that came along wins over the headers: the mix-up that callers complain about.
            g.person = world.gate.signed_in(request.cookies.get(COOKIE)) or world.gate.person(user_id)
            if g.person is None and not (admin and user_id == ADMIN):
                return _failure("该账号存在异常,单点登录失败")
            response: Response = await handler()
            if g.person:
                response.set_cookie(COOKIE, world.gate.sign_in(g.person), httponly=True)
            return response

        return call

    return guarded


def _failure(message: str) -> Response:
    return jsonify(code=-1, status=False, msg=message)


def _hrm_row(person: Person) -> dict[str, str | None]:
    return {
        "id": person.oa_id,
        "workcode": person.account,
        "loginid": person.login,
        "lastname": person.name,
        "departmentname": person.department,
    }


def _task_row(task: Task) -> dict[str, Any]:
    received = _written(task.received)
    return {
        "requestId": task.id,
        "requestName": task.title,
        "requestLevel": task.level,
        "currentNodeId": "881",
        "currentNodeName": task.step,
        "status": f"发起 至 {task.step}",
        "createTime": received,
        "receiveTime": received,
        "lastOperateTime": received,
        "creatorId": "501",
        "creatorName": task.sender,
        "sysName": "",
        "viewtype": "0" if task.unread else "1",
        "workflowBaseInfo": {
            "workflowId": "52",
            "workflowName": task.process,
            "workflowTypeName": "院内流程",
        },
    }


def _document_row(document: Document) -> dict[str, str]:
    return {
        "docid": document.id,
        "docTitle": document.title,
        "createTime": _written(document.published),
        "updateTime": _written(document.published),
        "username": document.author,
        "userid": "12",
        "isnew": "0",
        "docstatus": "正常",
        "doctype": "1",
        "extName": "html",
    }


def _written(time: datetime) -> str:
    return time.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")
