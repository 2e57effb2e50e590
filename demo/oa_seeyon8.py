"""The interface of a Seeyon V8 as callers know it: every question signed, every row with its owner."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, cast

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7
from quart import Blueprint, Response, jsonify, redirect, request

from demo.oa_browser import HOME, item_page, with_session
from demo.oa_mood import mood
from demo.oa_seed import Task
from demo.oa_world import World
from demo.people import Person, find

APP_KEY: Final = "cd13f41d30f44d438b05b65884111780"
APP_SECRET: Final = "93ec877511d24dda8cf86a9d7870f680"
URGENCY: Final = {"1": "normal", "2": "high", "3": "critical"}
"""What this site means by `importance`, as an operator would configure it."""
_SKEW: Final = 5 * 60 * 1000
_LEVELS: Final = {"0": 1, "1": 2, "2": 3}
_FIRST: Final = 6_612_098_123_456_000_000


def interface(world: World) -> Blueprint:
    """All paths of the interface over one world, and the addresses that its links lead to."""
    api = Blueprint("seeyon8", __name__)
    before = mood(world)

    @api.before_request
    async def bad_days() -> Response | None:
        return await before() if request.path.startswith(("/ctp-affair/", "/service/")) else None

    _todos(api, world)
    _pages(api, world)
    return api


def _todos(api: Blueprint, world: World) -> None:
    @api.post("/ctp-affair/affair/select-list")
    async def select_list() -> Response:
        body = cast(bytes, await request.get_data(as_text=False))
        asked = json.loads(body)
        if not _signed(body) or abs(asked["timestamp"] - _now(world)) > _SKEW:
            return jsonify(status=1, code="BOOT_4001", message="签名校验失败", data=None)
        person = find(asked["data"]["receiveMemberCode"], world.people)
        tasks = [_row(task, person) for task in world.waiting(person)] if person else []
        size = asked["data"]["pageInfo"]["pageSize"]
        page = {"pageNumber": 1, "pageSize": size, "pages": 1, "total": len(tasks) + len(world.odd_rows)}
        listed = [*world.odd_rows, *tasks][:size]
        return jsonify(status=0, code="BOOT_0000", message="", data={"pageInfo": page, "content": listed})

    @api.post("/service/ctp-user/auth/avoid/sytoken")
    async def sytoken() -> Response:
        asked = await request.get_json(force=True)
        parts = sorted((APP_KEY, APP_SECRET, asked["dataValue"], asked["timestamp"]))
        person = find(_opened(asked["dataValue"]), world.people)
        if asked["signature"] != hashlib.sha256("".join(parts).encode()).hexdigest() or person is None:
            return jsonify(status=1, code="USER_4003", message="授权失败", data=None)
        token = f"SY-{world.gate.mint(person).lower()}"
        return jsonify(status=0, code="200", message="", data={"content": token})


def _pages(api: Blueprint, world: World) -> None:
    @api.get("/main/affair/<id>")
    async def item(id: str) -> Any:
        return _entered(world, item_page(str(int(id) - _FIRST) if id.isdecimal() else "0"))

    @api.get("/main/portal")
    async def home() -> Any:
        return _entered(world, HOME)


def _entered(world: World, page: str) -> Any:
    token = request.args.get("sytoken", "")
    person = world.gate.redeem(token.removeprefix("SY-").upper()) if token else None
    answer = redirect(page, 303)
    return with_session(answer, world, person) if person else answer


def _signed(body: bytes) -> bool:
    secret = APP_SECRET.encode()
    expected = hashlib.md5(secret + body + secret, usedforsecurity=False).hexdigest()
    return (request.headers.get("app-key"), request.headers.get("sign")) == (APP_KEY, expected)


def _opened(value: str) -> str:
    cipher = Cipher(AES(APP_SECRET.encode()), modes.CBC(b"apaasseeyonv8com")).decryptor()
    padded = cipher.update(bytes.fromhex(value)) + cipher.finalize()
    unpadder = PKCS7(128).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


def _now(world: World) -> int:
    return int(world.now().timestamp() * 1000)


def _row(task: Task, person: Person) -> dict[str, Any]:
    id = str(_FIRST + int(task.id))
    return {
        "id": id,
        "title": task.title,
        "importance": _LEVELS[task.level],
        "state": "PENDING",
        "nodeName": task.step,
        "nodePermissionName": "审批",
        "startMemberName": task.sender,
        "receiveMemberCode": person.account,
        "receiveTime": int(task.received.timestamp() * 1000),
        "overdue": False,
        "affairRead": not task.unread,
        "webUrl": f"/main/affair/{id}",
        "mobileUrl": f"app-approval/collaboration/detail?affairId={id}",
    }
