"""What people see of the demo OA: sign-in, items that can be decided, documents, and the control page."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, redirect, render_template, request

from demo.fault_proxy import WORDS
from demo.oa_gate import COOKIE
from demo.oa_world import MODES, World
from demo.people import Person, find

ITEM: Final = "/spa/workflow/static4form/index.html"
MOBILE_ITEM: Final = "/spa/workflow/static4mobileform/index.html"
DOCUMENT: Final = "/spa/document/index.jsp"
HOME: Final = "/wui/index.html"
LEVELS: Final = {"0": "正常", "1": "重要", "2": "紧急"}
MODE_WORDS: Final = {
    "ok": "正常",
    "slow": "很慢（每次 3 秒）",
    "down": "停机（503）",
    "garbage": "乱答（接口返回登录页）",
    "someone-else": "张冠李戴（查人返回别的工号）",
}
_ZONE: Final = ZoneInfo("Asia/Shanghai")


def browser(world: World) -> Blueprint:
    """All pages over one world."""
    pages = Blueprint("oa", __name__, template_folder="oa_pages")
    pages.add_app_template_filter(lambda time: time.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M"), "oa_time")
    _entrance(pages, world)
    _reading(pages, world)
    _deciding(pages, world)
    _control(pages, world)
    return pages


def item_page(id: str) -> str:
    """Where an item is shown, whatever address the product has for it."""
    return f"{ITEM}#/main/workflow/req?requestid={id}"


def document_page(id: str) -> str:
    return f"{DOCUMENT}?id={id}&router=1#/main/document/detail"


def _visitor(world: World) -> Person | None:
    return world.gate.signed_in(request.cookies.get(COOKIE))


def _entrance(pages: Blueprint, world: World) -> None:
    @pages.before_request
    async def by_token() -> Any:
        """Redeems an `ssoToken`; the address goes on without it, and browsers keep the fragment."""
        token = request.args.get("ssoToken")
        if token is None:
            return None
        person = world.gate.redeem(token)
        rest = "&".join(part for part in request.query_string.decode().split("&") if part[:9] != "ssoToken=")
        answer = redirect(request.path + (f"?{rest}" if rest else ""), 303)
        return with_session(answer, world, person) if person else answer

    @pages.post("/login")
    async def login() -> Any:
        form = await request.form
        person, back = find(form.get("account", ""), world.people), form.get("back", HOME)
        inside = back.startswith("/") and not back.startswith(("//", "/\\"))
        answer = redirect(back if inside else HOME, 303)
        known = person and world.gate.person(person.oa_id)
        return with_session(answer, world, known) if known else answer

    @pages.post("/logout")
    async def logout() -> Any:
        answer = redirect(HOME, 303)
        answer.delete_cookie(COOKIE)
        return answer


def with_session(answer: Any, world: World, person: Person) -> Any:
    """The answer, and from now on this browser is that person."""
    answer.set_cookie(COOKIE, world.gate.sign_in(person), httponly=True, samesite="Lax")
    return answer


async def _sign_in(world: World) -> str:
    people = [person for person in world.people if person.account]
    return await render_template("oa_sign_in.html", people=people, back=request.full_path.rstrip("?"))


def _reading(pages: Blueprint, world: World) -> None:
    @pages.get(ITEM)
    @pages.get(MOBILE_ITEM)
    async def shown() -> Any:
        person = _visitor(world)
        # The id of the item is in the fragment, which only the browser sees; the page fetches it from there.
        return await (render_template("oa_item.html", person=person) if person else _sign_in(world))

    @pages.get("/oa/item/<id>")
    async def item(id: str) -> Any:
        person = _visitor(world)
        task = world.task(person, id) if person else None
        if task:
            task.unread = False
        return await render_template("oa_item_body.html", task=task, levels=LEVELS), 200 if task else 404

    @pages.get(DOCUMENT)
    async def document() -> Any:
        person = _visitor(world)
        if person is None:
            return await _sign_in(world)
        wanted = request.args.get("id")
        found = next((each for each in world.readable(person) if each.id == wanted), None)
        return await render_template("oa_document.html", person=person, document=found), 200 if found else 404

    @pages.get(HOME)
    @pages.get("/")
    async def home() -> Any:
        person = _visitor(world)
        if person is None:
            return await _sign_in(world)
        lists = {"tasks": world.waiting(person), "documents": world.readable(person)}
        return await render_template(
            "oa_home.html", person=person, levels=LEVELS, done=request.args.get("done"), **lists
        )


def _deciding(pages: Blueprint, world: World) -> None:
    @pages.post("/oa/item/<id>")
    async def decide(id: str) -> Any:
        person = _visitor(world)
        if person is None:
            return await _sign_in(world)
        decision = (await request.form).get("decision")
        task = await world.decide(person, id)
        return redirect(
            f"{HOME}?done={'returned' if decision == 'return' else 'approved'}" if task else HOME, 303
        )


def _control(pages: Blueprint, world: World) -> None:
    @pages.get("/control")
    async def control() -> str:
        people = [person for person in world.people if person.account and person.oa_enabled]
        return await render_template(
            "oa_control.html", world=world, modes=MODE_WORDS, faults=WORDS, people=people
        )

    @pages.post("/control")
    async def turn() -> Response | Any:
        form = await request.form
        for mode in MODES:
            if form.get("mode") == mode:
                world.mode = mode
        if world.wire and form.get("fault") in WORDS:
            world.wire.turn(form["fault"])
        if person := find(form.get("urgent", ""), world.people):
            await world.add_urgent(person)
        if "reset" in form:
            await world.start_again()
        return redirect("/control", 303)
