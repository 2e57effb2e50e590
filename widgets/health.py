"""Alive: for the supervisor and the gateway. It asks nobody, so that an outside party's bad day restarts nothing."""

from __future__ import annotations

from quart import Blueprint, Response

from auth.guard import operations


def blueprint() -> Blueprint:
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    @operations
    async def healthz() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    return health
