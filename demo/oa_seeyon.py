"""The interface of a Seeyon V5 as callers know it: 64-bit ids as numbers, tokens, and calls back to the caller."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final

import httpx2
from quart import Blueprint, Response, jsonify, redirect, request

from demo.oa_browser import HOME, document_page, item_page, with_session
from demo.oa_mood import mood
from demo.oa_seed import DIRECTORIES, Document, Task
from demo.oa_world import World
from demo.people import Person, find

CONTEXT: Final = "/seeyon"
USER: Final = "portal-widgets"
PASSWORD: Final = "demo-password-of-the-rest-account"
SSO_FROM: Final = "portal"
CHANNEL: Final = ("portal-widgets", "demo-secret-of-the-channel")
_FIRST: Final = -5_873_412_098_123_000_000
"""Ids are 64-bit and negative; the demo world's number is added to this one."""
_LEVELS: Final = {"0": 1, "1": 2, "2": 3}
_DEPARTMENTS: Final = dict(DIRECTORIES)
Handler = Callable[..., Awaitable[Any]]


def interface(world: World) -> Blueprint:
    """All paths of the interface over one world, and the addresses that its links lead to."""
    api = Blueprint("seeyon", __name__, url_prefix=CONTEXT)
    before = mood(world)

    @api.before_request
    async def bad_days() -> Response | None:
        return await before() if request.path.startswith(f"{CONTEXT}/rest/") else None

    _tokens(api, world)
    _lists(api, world)
    _pages(api, world)
    return api


def _tokens(api: Blueprint, world: World) -> None:
    @api.post("/rest/token")
    async def token() -> Response:
        asked = await request.get_json(force=True)
        right = (asked.get("userName"), asked.get("password")) == (USER, PASSWORD)
        return jsonify(id=world.gate.hand_out(900) if right else "-1", bindingUser=None)

    @api.post("/rest/token/channel")
    async def channel() -> Response:
        asked = await request.get_json(force=True)
        person = world.gate.named(str(asked.get("loginName")))
        if (asked.get("id"), asked.get("secret")) != CHANNEL or person is None:
            return jsonify(id="-1", message="互信校验失败")
        brought = {"token": world.gate.hand_out(1380, person), "dataCarried": asked.get("dataCarried")}
        await _told(world, "token", json=brought)
        return jsonify(code=0, message="success")


def _lists(api: Blueprint, world: World) -> None:
    @api.get("/rest/orgMembers/code/<code>")
    @_with_token(world)
    async def member(code: str) -> Response:
        found = [person for person in world.people if person.account == code]
        if world.mode == "someone-else":
            found = [person for person in world.people if person.account and person.account != code][:1]
        return jsonify([_member_row(person) for person in found])

    @api.get("/rest/affairs/pending/code/<code>")
    @_with_token(world, bound=True)
    async def pending(code: str) -> Response:
        person = find(code, world.people)
        tasks = world.waiting(person) if person else []
        listed = [*world.odd_rows, *(_task_row(task, person) for task in tasks if person)]
        told = {"page": 1, "size": 50, "total": 0, "pages": 0, "dataCount": 0, "needTotal": False}
        return jsonify(data=listed[: int(request.args.get("pageSize", "20"))], **told)

    @api.post("/rest/affair/pending/count")
    @_with_token(world)
    async def count() -> Response:
        member_id = str((await request.get_json(force=True)).get("memberId"))
        person = next((p for p in world.people if str(_member_id(p)) == member_id), None)
        return jsonify({"1": len(world.waiting(person)) if person else 0, "4": 0, "6": 0})

    @api.get("/rest/bulletin/user/loginName/<login>")
    @_with_token(world)
    async def bulletins(login: str) -> Response:
        person = next((p for p in world.people if p.login == login and p.oa_enabled), None)
        if person is None:
            return jsonify(-1)
        return jsonify([_bulletin_row(document) for document in world.readable(person)])


def _with_token(world: World, bound: bool = False) -> Callable[[Handler], Handler]:
    """Lets a call with a good token in; where a channel is demanded, a `bound` call needs a token of a person."""

    def guarded(handler: Handler) -> Handler:
        @wraps(handler)
        async def call(**values: Any) -> Any:
            token = request.headers.get("token", "")
            fits = not (bound and world.demands_channel) or world.gate.bound_to(token)
            if not world.gate.knows(token) or not fits:
                return Response("Invalid token, please check.", 401)
            return await handler(**values)

        return call

    return guarded


def _pages(api: Blueprint, world: World) -> None:
    @api.get("/login/sso")
    async def sign_in() -> Any:
        login = await _told(world, "ticket", params={"ticket": request.args.get("ticket", "")})
        person = world.gate.named(login) if login else None
        target = request.args.get("tourl", "")
        answer = redirect(target if target.startswith(f"{CONTEXT}/") else HOME, 303)
        return with_session(answer, world, person) if person else answer

    @api.get("/collaboration/collaboration.do")
    async def item() -> Any:
        id = request.args.get("affairId", "")
        return redirect(item_page(str(int(id) - _FIRST) if id.lstrip("-").isdecimal() else "0"), 303)

    @api.get("/bulData.do")
    async def bulletin() -> Any:
        return redirect(document_page(request.args.get("bulId", "").lstrip("-")), 303)

    @api.get("/main.do")
    async def home() -> Any:
        return redirect(HOME, 303)


async def _told(world: World, what: str, **sent: Any) -> str | None:
    """What the caller's own address says; None when it is not there or says no."""
    if world.asks_back is None:
        return None
    async with httpx2.AsyncClient(trust_env=False, transport=world.way_back) as http:
        method = "POST" if "json" in sent else "GET"
        answer = await http.request(method, f"{world.asks_back}/{what}", timeout=1, **sent)
    return answer.text if answer.status_code == 200 else None


def _member_id(person: Person) -> int:
    return _FIRST - int(person.oa_id or 0)


def _member_row(person: Person) -> dict[str, Any]:
    return {
        "id": _member_id(person),
        "code": person.account,
        "loginName": person.login,
        "name": person.name,
        "enabled": person.oa_enabled,
    }


def _task_row(task: Task, person: Person) -> dict[str, Any]:
    return {
        "id": _FIRST + int(task.id),
        "subject": task.title,
        "app": 1,
        "objectId": secrets.randbits(62),
        "memberId": _member_id(person),
        "senderId": 889_900_112_233_445_566,
        "state": 3,
        "subState": 11 if task.unread else 12,
        "importantLevel": _LEVELS[task.level],
        "nodePolicy": "shenpi",
        "createDate": _written(task.received),
        "receiveTime": _written(task.received),
        "deadlineDate": None,
        "extProps": '<?xml version="1.0"?><map/>',
    }


def _bulletin_row(document: Document) -> dict[str, Any]:
    return {
        "id": -int(document.id),
        "title": document.title,
        "publishDate": _written(document.published),
        "publishDeptName": _DEPARTMENTS[document.directory],
        "publishMemberName": document.author,
        "typeName": "院内公告",
        "state": 30,
        "topOrder": 0,
        "deletedFlag": False,
    }


def _written(time: datetime) -> int:
    return int(time.timestamp() * 1000)
