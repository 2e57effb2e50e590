"""The REST interfaces of two workflow engines, Flowable and Camunda 7: for the presets of `rest`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, jsonify, request

from demo.oa_mood import mood
from demo.oa_seed import Task
from demo.oa_world import World
from demo.people import find

USER: Final = "rest-admin"
PASSWORD: Final = "demo-password-of-the-engine"
FLOWABLE: Final = "/flowable-rest/service"
CAMUNDA: Final = "/engine-rest"
_PRIORITIES: Final = {"0": 50, "1": 60, "2": 90}
_ZONE: Final = ZoneInfo("Asia/Shanghai")


def flowable(world: World) -> Blueprint:
    """Flowable's `/runtime/tasks`: an object with `data` and `total`, process variables on request."""
    api = _guarded(Blueprint("flowable", __name__, url_prefix=FLOWABLE), world)

    @api.get("/runtime/tasks")
    async def tasks() -> Any:
        every = _waiting(world, _flowable_task)
        start, size = int(request.args.get("start", "0")), int(request.args.get("size", "10"))
        page = every[start : start + size]
        if request.args.get("includeProcessVariables") != "true":
            page = [{**row, "variables": []} if isinstance(row, dict) else row for row in page]
        told = {"total": len(every), "start": start, "size": len(page), "sort": "createTime", "order": "desc"}
        return jsonify(data=page, **told)

    return api


def camunda7(world: World) -> Blueprint:
    """Camunda 7's `/task`: a bare list, its number from `/task/count`, offsets without a colon."""
    api = _guarded(Blueprint("camunda", __name__, url_prefix=CAMUNDA), world)

    @api.get("/version")
    async def version() -> Response:
        return jsonify(version="7.24.0")

    @api.get("/task")
    async def tasks() -> Any:
        first, most = int(request.args.get("firstResult", "0")), int(request.args.get("maxResults", "1000"))
        if request.args.get("sortBy") not in (None, "created"):
            return jsonify(type="InvalidRequestException", message="Cannot set query parameter 'sortBy'"), 400
        return jsonify(_waiting(world, _camunda_task)[first : first + most])

    @api.get("/task/count")
    async def count() -> Response:
        return jsonify(count=len(_waiting(world, _camunda_task)))

    return api


def _guarded(api: Blueprint, world: World) -> Blueprint:
    before = mood(world)
    proof = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    @api.before_request
    async def look() -> Any:
        said = await before()
        if said is None and request.headers.get("Authorization") != proof:
            return jsonify(message="Unauthorized", exception="Full authentication is required"), 401
        return said

    return api


def _waiting(world: World, row: Callable[[Task, str], dict[str, Any]]) -> list[Any]:
    """What waits for the `assignee`, the newest first; nobody's tasks are an empty list there."""
    assignee = request.args.get("assignee", "")
    person = find(assignee, world.people)
    listed = sorted(world.waiting(person), key=lambda task: task.received, reverse=True) if person else []
    return [*world.odd_rows, *(row(task, assignee) for task in listed)]


def _flowable_task(task: Task, assignee: str) -> dict[str, Any]:
    return {
        "id": f"a1b2c3d4-{task.id}",
        "assignee": assignee,
        "name": task.step,
        "description": None,
        "createTime": _written(task.received, ":"),
        "dueDate": None,
        "priority": _PRIORITIES[task.level],
        "processInstanceId": f"p-{task.id}",
        "processDefinitionId": f"{task.process}:3:77",
        "variables": [
            {"name": "days", "type": "integer", "value": 3, "scope": "global"},
            {"name": "title", "type": "string", "value": task.title, "scope": "global"},
        ],
    }


def _camunda_task(task: Task, assignee: str) -> dict[str, Any]:
    return {
        "id": f"f3a0b1c2-{task.id}",
        "name": task.step,
        "assignee": assignee,
        "created": _written(task.received, ""),
        "due": None,
        "description": task.title,
        "priority": _PRIORITIES[task.level],
        "processDefinitionId": f"{task.process}:3:77",
        "processInstanceId": f"p-{task.id}",
        "suspended": False,
    }


def _written(time: datetime, colon: str) -> str:
    return time.astimezone(_ZONE).strftime(f"%Y-%m-%dT%H:%M:%S.000+08{colon}00")
