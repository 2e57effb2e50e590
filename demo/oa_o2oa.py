"""The interface of an O2OA as callers know it: a proof of a minute buys a token, and lists are the token's owner's."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7
from quart import Blueprint, Response, g, jsonify, redirect, request

from demo.oa_browser import HOME, document_page, item_page, with_session
from demo.oa_mood import mood
from demo.oa_seed import DIRECTORIES, Document, Task
from demo.oa_world import World
from demo.people import Person, find

CLIENT: Final = "portal"
KEY: Final = "demo-key"
CATEGORIES: Final = tuple(f"category-{id}" for id, _ in DIRECTORIES)
_DEPARTMENTS: Final = dict(DIRECTORIES)
_SKEW: Final = 60_000
_ZONE: Final = ZoneInfo("Asia/Shanghai")
Handler = Callable[..., Awaitable[Any]]


def interface(world: World) -> Blueprint:
    """All paths of the interface over one world, and the addresses that its links lead to."""
    api = Blueprint("o2oa", __name__)
    before = mood(world)

    @api.before_request
    async def bad_days() -> Response | None:
        return None if request.path.startswith("/x_desktop/") else await before()

    _entrance(api, world)
    _lists(api, world)
    _pages(api, world)
    return api


def _entrance(api: Blueprint, world: World) -> None:
    @api.post("/x_organization_assemble_authentication/jaxrs/sso")
    async def sso() -> Any:
        asked = await request.get_json(force=True)
        person = _proven(world, asked.get("token", "")) if asked.get("client") == CLIENT else None
        if person is None:
            return jsonify(type="error", message="单点登录失败", data=None), 500
        told = {"token": world.gate.hand_out(1800, person), "distinguishedName": _distinguished(person)}
        return _enveloped(told)


def _lists(api: Blueprint, world: World) -> None:
    @api.get("/x_processplatform_assemble_surface/jaxrs/task/list/my/paging/<int:page>/size/<int:size>")
    @_with_token(world)
    async def tasks(page: int, size: int) -> Response:
        listed = [*world.odd_rows, *(_task_row(task, g.person) for task in world.waiting(g.person))]
        return _enveloped(listed[(page - 1) * size : page * size], len(listed))

    @api.put("/x_cms_assemble_control/jaxrs/document/filter/list/<int:page>/size/<int:size>")
    @_with_token(world)
    async def documents(page: int, size: int) -> Response:
        wanted = (await request.get_json(force=True))["categoryIdList"]
        listed = [
            _document_row(each) for each in world.readable(g.person) if f"category-{each.directory}" in wanted
        ]
        return _enveloped(listed[(page - 1) * size : page * size], len(listed))


def _pages(api: Blueprint, world: World) -> None:
    @api.get("/x_desktop/sso.html")
    async def sign_in() -> Any:
        person = _proven(world, request.args.get("xtoken", ""))
        target = request.args.get("redirect", "")
        answer = redirect(target if target.startswith("/x_desktop/") else HOME, 303)
        return with_session(answer, world, person) if person else answer

    @api.get("/x_desktop/work.html")
    async def work() -> Any:
        return redirect(item_page(request.args.get("workid", "").removeprefix("work-")), 303)

    @api.get("/x_desktop/cmsdoc.html")
    async def document() -> Any:
        return redirect(document_page(request.args.get("id", "").removeprefix("document-")), 303)

    @api.get("/x_desktop/index.html")
    async def home() -> Any:
        return redirect(HOME, 303)


def _with_token(world: World) -> Callable[[Handler], Handler]:
    def guarded(handler: Handler) -> Handler:
        @wraps(handler)
        async def call(**values: Any) -> Any:
            token = request.headers.get("x-token", "")
            g.person = world.gate.bound_to(token) if world.gate.knows(token) else None
            if g.person is None:
                return jsonify(type="error", message="未登录", data=None), 401
            return await handler(**values)

        return call

    return guarded


def _proven(world: World, proof: str) -> Person | None:
    """Whose proof it is, if it is not older than a minute."""
    cipher = Cipher(TripleDES(KEY.encode() * 3), modes.ECB()).decryptor()  # noqa: S305
    try:
        padded = cipher.update(base64.urlsafe_b64decode(proof + "==")) + cipher.finalize()
        unpadder = PKCS7(64).unpadder()
        account, _, stamp = (unpadder.update(padded) + unpadder.finalize()).decode().partition("#")
    except ValueError:
        return None
    fresh = stamp.isdecimal() and abs(int(stamp) - world.now().timestamp() * 1000) <= _SKEW
    person = find(account, world.people) if fresh else None
    return person if person and person.oa_enabled else None


def _enveloped(data: Any, count: int = 0) -> Response:
    return jsonify(type="success", data=data, message="", count=count, size=count)


def _distinguished(person: Person) -> str:
    return f"{person.name}@{person.login}@P"


def _task_row(task: Task, person: Person) -> dict[str, Any]:
    return {
        "id": f"task-{task.id}",
        "title": task.title,
        "work": f"work-{task.id}",
        "job": f"job-{task.id}",
        "person": _distinguished(person),
        "activityName": task.step,
        "applicationName": "院内流程",
        "processName": task.process,
        "creatorPerson": f"{task.sender}@u{task.id}@P",
        "creatorUnit": "院办@yb@U",
        "startTime": _written(task.received),
        "expired": False,
        "urged": task.level == "2",
    }


def _document_row(document: Document) -> dict[str, Any]:
    return {
        "id": f"document-{document.id}",
        "title": document.title,
        "categoryName": "院内公告",
        "creatorUnitName": f"{_DEPARTMENTS[document.directory]}@d{document.directory}@U",
        "publishTime": _written(document.published),
        "isTop": False,
    }


def _written(time: datetime) -> str:
    return time.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")
