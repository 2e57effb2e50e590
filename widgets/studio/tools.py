"""The views of the embed builder and of the embed doctor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from quart import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from widgets.asking import parameters
from widgets.links import origin
from widgets.studio.asked import LARGEST_PAGE
from widgets.studio.builder import Form, allowed
from widgets.studio.case import Facts
from widgets.studio.desk import Desk
from widgets.studio.doctor import Diagnosis, examine
from widgets.studio.portal_pages import Unread, saved
from widgets.studio.snippets import SNIPPETS
from widgets.themes.samples import KINDS


async def build(desk: Desk) -> Response:
    """The embed builder in the state that the address says."""
    seen, said = desk.choice(), parameters(request.query_string)
    form = Form.read(desk.site(), said)
    return desk.page(
        "embed",
        seen,
        form=form,
        ways=SNIPPETS,
        kinds=KINDS,
        allowed=allowed(form.site),
        previews=form.previews(seen.ui, said.get("w", "")),
        policy=form.policy(origin(desk.parts.base_url)),
    )


async def diagnose(desk: Desk) -> Response:
    """The embed doctor, with what it found if it was asked anything; drawn in a thread, for the page stands in it."""
    seen, asked = desk.choice(), dict.fromkeys(("url", "page", "address"), "")
    findings, unread = None, ""
    try:
        asked = await _asked()
        findings = await _examined(desk, asked)
    except Unread as error:
        unread = desk.drawing.words[seen.ui][f"unread-{error.code}"].format(**error.told)
    portals = [*desk.parts.portals]
    told: dict[str, Any] = {"asked": asked, "findings": findings, "unread": unread, "portals": portals}
    return await asyncio.to_thread(desk.page, "doctor", seen, **told)


async def _asked() -> dict[str, str]:
    """What the doctor is asked about: an address, or a page that somebody saved. Raises Unread."""
    try:
        form = await request.form if request.method == "POST" else {}
    except RequestEntityTooLarge:
        raise Unread("large", most=f"{LARGEST_PAGE // 1000}") from None
    return {"url": request.args.get("url", ""), **{each: form.get(each, "") for each in ("page", "address")}}


async def _examined(desk: Desk, asked: Mapping[str, str]) -> list[Diagnosis] | None:
    """The findings, worked out in another thread; None when nothing was asked. Raises Unread."""
    facts = desk.parts.facts
    if asked["page"]:
        return await asyncio.to_thread(_examine_saved, asked["page"], asked["address"], facts)
    if asked["url"]:
        return await asyncio.to_thread(examine, await desk.parts.portal_pages.read(asked["url"]), facts)
    return None


def _examine_saved(html: str, address: str, facts: Facts) -> list[Diagnosis]:
    return examine(saved(html, address), facts)
