"""What people see of the demo's identity centre: signing in, signing out, its control page."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import httpx2
from quart import Blueprint, Response, current_app, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as PlainResponse

from demo.centre import Centre, Refusal
from demo.grants import Ask, Visit

COOKIE = "sso-session"
FOLDER = Path(__file__).parent
Answer = Response | PlainResponse | str | tuple[Any, int] | tuple[Any, int, dict[str, str]]

pages = Blueprint("pages", __name__)
control = Blueprint("control", __name__)


def here() -> Centre:
    """The centre that this request is for."""
    return cast(Centre, current_app.config["CENTRE"])


def visiting() -> Visit | None:
    """The visit of this browser."""
    return here().grants.visits.get(request.cookies.get(COOKIE, ""))


def single(values: MultiDict[str, str]) -> dict[str, str]:
    """Parameters as a plain mapping; none may come twice (RFC 6749 §3.1). Raises Refusal."""
    if any(len(values.getlist(name)) > 1 for name in values):
        raise Refusal("invalid_request", "参数重复")
    return {name: values[name] for name in values}


async def back(address: str, state: str | None, **answer: str) -> Answer:
    """To the system's callback, with the issuer named (RFC 9207 §2); by a form, where it wants that."""
    centre = here()
    wrong = centre.switches
    issuer = centre.issuer + ("1" if wrong.wrong_iss_parameter else "")
    iss = {} if wrong.no_iss_parameter else {"iss": issuer}
    kept = {"state": "another" if wrong.wrong_state else state} if state is not None else {}
    told = {**answer, **kept, **iss}
    if request.args.get("response_mode") == "form_post":  # Form Post Response Mode §2
        return await render_template("posted.html", address=address, answer=told)
    return redirect(f"{address}?{urlencode(told)}", 303)


@pages.errorhandler(Refusal)
async def refused(no: Refusal) -> Answer:
    """Back to the system with the error when its address is known good, else a page of our own."""
    if no.back:
        return await back(no.back, no.state, error=no.error, error_description=no.description)
    return await render_template("refused.html", refusal=no), 400


@pages.get("/")
async def home() -> Answer:
    """Who is signed in here."""
    return await render_template("centre.html", people=here().people, visit=visiting())


@pages.route("/authorize", methods=["GET", "POST"])
async def authorize() -> Answer:
    """OpenID Connect Core §3.1.2: straight back with a code, or the sign-in page."""
    centre, asked = here(), single(await request.values)
    ask, visit = centre.check(asked), visiting()
    if visit is None or centre.must_sign_in(ask, visit, asked.get("max_age", "")):
        if "none" in ask.prompts and not centre.switches.ignores_prompt_none:
            raise Refusal("login_required", "尚未登录", ask.redirect_uri, ask.state)
        return await sign_in_page(ask, asked)
    return await entered(ask, visit)


async def sign_in_page(ask: Ask, asked: dict[str, str]) -> str:
    """The cast to choose from; the request itself travels in the form's address."""
    query = urlencode(asked)
    return await render_template("sign_in.html", people=here().people, client=ask.client, query=query)


async def entered(ask: Ask, visit: Visit) -> Answer:
    """Back to the system with a code."""
    centre = here()
    return await back(
        ask.redirect_uri, ask.state, code=centre.grants.issue_code(ask, visit, centre.seconds())
    )


@pages.post("/sign-in")
async def sign_in() -> Answer:
    """Somebody was chosen: a new visit begins, a former one of this browser ends everywhere."""
    centre, asked = here(), single(request.args)
    ask = centre.check(asked) if asked else None
    person = centre.person((await request.form).get("person", ""))
    if person is None or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refusal("access_denied", "请从登录页选择一位演示人员")
    before = visiting()
    if before is not None:
        await leave(before.id)
    cookie, visit = centre.grants.open_visit(person, centre.seconds())
    answer = await current_app.make_response(await entered(ask, visit) if ask else redirect("/", 303))
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", path="/")
    return answer


@pages.route("/sign-out", methods=["GET", "POST"])
async def sign_out() -> Answer:
    """RP-Initiated Logout §2. Without a token of ours as a hint the person is asked first."""
    asked, visit = single(await request.values), visiting()
    hint = here().hinted(asked.get("id_token_hint", ""))
    if hint is None and visit and request.method == "GET":
        return await render_template("sign_out.html", visit=visit, query=urlencode(asked))
    for sid in {str(hint.get("sid", ""))} if hint else {visit.id} if visit else set[str]():
        await leave(sid)
    answer = await current_app.make_response(await goodbye(asked, hint))
    if visit is None or here().grants.visits.get(request.cookies.get(COOKIE, "")) is None:
        answer.delete_cookie(COOKIE, path="/")
    return answer


async def goodbye(asked: dict[str, str], hint: dict[str, Any] | None) -> Answer:
    """To the system's registered address, compared exactly; anything else stays on our page."""
    name = str(hint.get("aud", "")) if hint else asked.get("client_id", "")
    client, address = here().clients.get(name), asked.get("post_logout_redirect_uri", "")
    if client is None or address not in client.post_logout_redirect_uris:
        return await render_template("signed_out.html")
    state = {"state": asked["state"]} if "state" in asked else {}
    return redirect(f"{address}?{urlencode(state)}" if state else address, 303)


async def leave(sid: str) -> None:
    """Ends a visit here and tells every system entered during it (Back-Channel Logout §2.5)."""
    centre = here()
    visit = centre.grants.close_visit(sid)
    if visit is None:
        return
    messenger = cast(httpx2.AsyncClient, current_app.config["MESSENGER"])
    posts = [
        messenger.post(address, data={"logout_token": token}) for address, token in centre.logout_calls(visit)
    ]
    await asyncio.gather(*posts, return_exceptions=True)


@control.get("/control")
async def switchboard() -> Answer:
    """Every misbehaviour with its switch."""
    return await render_template("identity_control.html", rows=here().switches.rows(), issuer=here().issuer)


@control.post("/control")
async def turn() -> Answer:
    """Sets the switches as the form shows them, or rotates the key."""
    form, switches = await request.form, here().switches
    switches.reset()
    for name, _, _ in switches.rows():
        if name == "slow":
            switches.slow = 3.0 if form.get("slow") else 0.0
        else:
            switches.turn(name, name in form)
    if "rotate" in form:
        here().signer.rotate()
    return redirect("/control", 303)
