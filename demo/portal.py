"""The demo hospital's portal: ordinary pages with ordinary portal habits, embedding the widgets each way."""

from __future__ import annotations

import importlib.util
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx2
from quart import (
    Blueprint,
    Quart,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
)
from werkzeug.wrappers import Response as PlainResponse

from demo.grants import Client
from demo.loopback import Loopback
from demo.people import PEOPLE, Person
from demo.relying import Entrance, SignInFailed
from demo.ways import TITLES, WAYS

COOKIE = "portal-session"
PENDING = "portal-login"
FOLDER = Path(__file__).parent
HOSPITAL = "明泽医院"
ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"
SYSTEMS = (
    ("doctor", "医生工作站", "HIS"),
    ("record", "电子病历", "EMR"),
    ("tube", "检验报告", "LIS"),
    ("scan", "影像浏览", "PACS"),
    ("pill", "合理用药", "PASS"),
    ("shield", "院感监测", "NIS"),
    ("flag", "不良事件上报", "AERS"),
    ("book", "数字图书馆", "LIB"),
)
"""Icon, name and short name of the systems that staff open every day."""
DUTY = (
    ("院总值班", "顾行简", "8001"),
    ("医务值班", "周若岚", "8120"),
    ("护理值班", "韩素秋", "8203"),
    ("信息值班", "沈知远", "8866"),
    ("药学值班", "温景和", "8388"),
    ("后勤保障", "值班室", "8500"),
)
LOOKS = {"": "常规", "hospital-large": "大字", "hean": "和安"}
"""Themes of the demo that the page can ask for, and what its switch calls them; none is the service's own."""
Answer = Response | PlainResponse | str

pages = Blueprint("portal", __name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The origins of the demo world as a browser sees them."""

    portal: str
    widgets: str
    identity: str
    oa: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody signed in at the portal."""

    name: str
    person: Person | None
    id_token: str


@dataclass(slots=True)
class Desk:
    """What the portal keeps in this process."""

    addresses: Addresses
    entrance: Entrance
    now: Callable[[], datetime]
    guests: dict[str, Guest] = field(default_factory=dict)


def create_portal(
    addresses: Addresses,
    client: Client,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Quart:
    """The portal as an ASGI app; `client`: its registration at the centre, `transport`: how to reach it."""
    entrance = Entrance(addresses.identity, client, transport or Loopback())
    app = Quart("demo.portal", template_folder=str(FOLDER / "pages"), static_folder=str(FOLDER / "static"))
    app.config["DESK"] = Desk(addresses, entrance, now)
    app.register_blueprint(pages)
    for way in WAYS:
        app.add_url_rule(way.path, f"way{way.path}", show)
    return app


def desk() -> Desk:
    """The desk of the portal that this request is for."""
    return cast(Desk, current_app.config["DESK"])


async def show() -> Answer:
    """The portal's front page, with the widgets embedded as the path says."""
    way = next(each for each in WAYS if each.path == request.path)
    dark, look = request.args.get("scheme") == "dark", request.args.get("theme", "")
    choices = {"scheme": "dark"} if dark else {"scheme": "light"}
    if look in LOOKS and look:
        choices["theme"] = look
    here, guest = desk(), desk().guests.get(request.cookies.get(COOKIE, ""))
    markup = {name: way.body_for(here.addresses.widgets, name, **choices) for name in TITLES}
    head = way.head_for(here.addresses.widgets)
    facts: dict[str, Any] = {"way": way, "ways": WAYS, "dark": dark, "guest": guest, "hospital": HOSPITAL}
    facts |= {"look": look, "looks": LOOKS}
    facts |= {"head": head, "markup": markup, "at": here.addresses, "duty": DUTY, "systems": SYSTEMS}
    snippet = "\n\n".join(part for part in [head, *markup.values()] if part)
    return await render_template("portal.html", **facts, **clock(here.now()), snippet=snippet)


def clock(now: datetime) -> dict[str, str]:
    """Greeting and date in the hospital's zone."""
    local = now.astimezone(ZONE)
    greetings = ((5, "夜深了"), (9, "早上好"), (12, "上午好"), (14, "中午好"), (18, "下午好"), (24, "晚上好"))
    greeting = next(words for until, words in greetings if local.hour < until)
    today = f"{local.year} 年 {local.month} 月 {local.day} 日 星期{WEEKDAYS[local.weekday()]}"
    return {"greeting": greeting, "today": today}


@pages.get("/htmx/<int:major>.js")
async def htmx(major: int) -> Answer:
    """htmx itself, as the wheel `django-htmx` carries it."""
    found = importlib.util.find_spec("django_htmx")
    if major not in (2, 4) or found is None or found.origin is None:
        abort(404)
    script = Path(found.origin).parent / "static" / "django_htmx" / f"htmx-{major}.min.js"
    return await send_file(script, mimetype="text/javascript")


@pages.get("/sign-in")
async def sign_in() -> Answer:
    """To the centre, and afterwards back to the page where the person was."""
    page = request.args.get("next", "/")
    state, address = desk().entrance.begin(page if page in {way.path for way in WAYS} else "/")
    answer = redirect(address, 303)
    answer.set_cookie(PENDING, state, httponly=True, samesite="Lax", max_age=600)
    return answer


@pages.get("/callback")
async def callback() -> Answer:
    """Back from the centre."""
    here = desk()
    try:
        arrival = await here.entrance.finish(request.args.to_dict(), request.cookies.get(PENDING, ""))
    except SignInFailed:
        return redirect("/", 303)
    person = next((each for each in PEOPLE if each.subject == arrival.subject), None)
    cookie = secrets.token_urlsafe(24)
    here.guests[cookie] = Guest(arrival.name, person, arrival.id_token)
    answer = redirect(arrival.page, 303)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax")
    answer.delete_cookie(PENDING)
    return answer


@pages.get("/sign-out")
async def sign_out() -> Answer:
    """Out of the portal, and on to the centre, which tells every other system."""
    here = desk()
    guest = here.guests.pop(request.cookies.get(COOKIE, ""), None)
    answer = redirect(here.entrance.farewell(guest.id_token if guest else None), 303)
    answer.delete_cookie(COOKIE)
    return answer
