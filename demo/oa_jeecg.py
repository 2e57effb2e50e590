"""JeecgBoot's notices through its gateway for other systems, over the demo world: for the preset `jeecg-notices`."""

from __future__ import annotations

import hashlib
from typing import Any, Final
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, jsonify, request

from demo.oa_mood import mood
from demo.oa_seed import DIRECTORIES, Document
from demo.oa_world import World

CONTEXT: Final = "/jeecg-boot"
API: Final = "listByUser"
APP_KEY: Final = "ak-portal-widgets"
SECRET: Final = "demo-secret-of-the-gateway"
_SKEW: Final = 5 * 60 * 1000
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_DEPARTMENTS: Final = dict(DIRECTORIES)


def interface(world: World) -> Blueprint:
    """The one published path. Its list is that of the account behind the key, so: of what everybody may read."""
    api = Blueprint("jeecg", __name__, url_prefix=CONTEXT)
    before = mood(world)

    @api.get(f"/openapi/call/{API}")
    async def notices() -> Any:
        if (said := await before()) is not None:
            return said
        if not _signed(world):
            return _told(False, 401, "签名验证失败", None)
        every = [_row(each) for each in world.documents if each.readers is None]
        size = int(request.args.get("pageSize", "5"))
        result = {"anntMsgList": every[:size], "anntMsgTotal": len(every), "sysMsgList": [], "sysMsgTotal": 0}
        return _told(True, 200, "", result)

    return api


def _signed(world: World) -> bool:
    """MD5 of key, secret and a time of at most five minutes ago."""
    stamp = request.headers.get("timestamp", "")
    right = hashlib.md5(f"{APP_KEY}{SECRET}{stamp}".encode(), usedforsecurity=False).hexdigest()
    fresh = stamp.isdecimal() and abs(int(stamp) - world.now().timestamp() * 1000) <= _SKEW
    return fresh and (request.headers.get("appkey"), request.headers.get("signature")) == (APP_KEY, right)


def _told(success: bool, code: int, message: str, result: Any) -> Response:
    return jsonify(success=success, code=code, message=message, result=result, timestamp=0)


def _row(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "titile": document.title,
        "sender": "admin",
        "departName": _DEPARTMENTS[document.directory],
        "sendTime": document.published.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "priority": "M",
        "msgCategory": "1",
        "izTop": 0,
        "readFlag": "0",
    }
