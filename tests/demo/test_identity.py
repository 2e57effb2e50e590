"""The demo's identity centre keeps the rules, except where a switch says otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from demo.people import HAN, SHEN, XU, ZHOU
from demo.tokens import Signer
from tests.demo.conftest import CALLBACK, CLIENT, FAREWELL, ISSUER, Centre, basic, claims, returned


async def test_the_sign_in_page_offers_the_cast_and_refuses_frames(centre: Centre) -> None:
    page = await centre.ask()
    seen = (page.status_code, page.headers["X-Frame-Options"], page.text.count('name="person"'))
    assert seen == (200, "DENY", 6)


async def test_prompt_none_without_a_visit_is_login_required_with_state_and_issuer(centre: Centre) -> None:
    answer = returned(await centre.ask(prompt="none"))
    assert (answer["error"], answer["state"], answer["iss"]) == ("login_required", "st", ISSUER)


async def test_prompt_none_after_signing_in_gives_a_code(centre: Centre) -> None:
    await centre.sign_in()
    assert set(returned(await centre.ask(prompt="none"))) == {"code", "state", "iss"}


async def test_prompt_login_asks_again(centre: Centre) -> None:
    await centre.sign_in()
    assert (await centre.ask(prompt="login")).status_code == 200


async def test_max_age_zero_asks_again(centre: Centre) -> None:
    await centre.sign_in()
    assert (await centre.ask(max_age="0")).status_code == 200


async def test_the_id_token_verifies_and_names_the_person(centre: Centre) -> None:
    tokens = await centre.tokens(SHEN)
    keys = KeySet.import_key_set((await centre.browser.get("/keys")).json())
    told = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    named = {name: told[name] for name in ("iss", "aud", "sub", "nonce", "employee_no", "name", "roles")}
    assert named == {
        "iss": ISSUER,
        "aud": "widgets",
        "sub": "u-1f86",
        "nonce": "no",
        "employee_no": "10086",
        "name": "沈知远",
        "roles": ["designer", "auditor"],
    }


async def test_somebody_without_a_number_has_no_such_claim(centre: Centre) -> None:
    assert "employee_no" not in claims((await centre.tokens(XU))["id_token"])


async def test_userinfo_speaks_of_the_same_person(centre: Centre) -> None:
    bearer = {"Authorization": "Bearer " + (await centre.tokens())["access_token"]}
    assert (await centre.browser.get("/userinfo", headers=bearer)).json()["sub"] == "u-0c12"


async def test_userinfo_refuses_an_unknown_token(centre: Centre) -> None:
    assert (await centre.browser.get("/userinfo", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_a_code_is_good_once(centre: Centre) -> None:
    code = (await centre.sign_in())["code"]
    assert [(await centre.redeem(code)).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    "wrong", [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": CALLBACK + "/"}]
)
async def test_a_code_needs_its_verifier_and_its_address(centre: Centre, wrong: dict[str, str]) -> None:
    answer = await centre.redeem((await centre.sign_in())["code"], **wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_wrong_secret_is_an_invalid_client(centre: Centre) -> None:
    form = {"grant_type": "authorization_code", "client_id": CLIENT.id, "client_secret": "guess"}
    answer = await centre.browser.post("/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_the_secret_may_come_in_the_body(centre: Centre) -> None:
    code = (await centre.sign_in())["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    form |= {"code_verifier": "v" * 43, "client_id": CLIENT.id, "client_secret": CLIENT.secret}
    assert (await centre.browser.post("/token", data=form)).status_code == 200


async def test_a_refresh_token_is_good_once(centre: Centre) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": (await centre.tokens())["refresh_token"]}
    seen = [(await centre.browser.post("/token", data=form, headers=basic())).status_code for _ in range(2)]
    assert seen == [200, 400]


@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"redirect_uri": CALLBACK + "?x=1"}])
async def test_an_unknown_system_or_address_is_never_redirected_to(
    centre: Centre, change: dict[str, str]
) -> None:
    assert (await centre.ask(**change)).status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
async def test_an_unsound_request_is_told_to_the_system(
    centre: Centre, change: dict[str, str | None], error: str
) -> None:
    assert returned(await centre.ask(**change))["error"] == error


async def test_signing_out_with_a_hint_goes_back_with_the_state_and_ends_the_visit(centre: Centre) -> None:
    hint = {"id_token_hint": (await centre.tokens())["id_token"], "state": "bye"}
    answer = await centre.browser.get("/sign-out", params={**hint, "post_logout_redirect_uri": FAREWELL})
    again = returned(await centre.ask(prompt="none"))
    assert (answer.headers["location"], again["error"]) == (f"{FAREWELL}?state=bye", "login_required")


async def test_signing_out_never_goes_to_an_unregistered_address(centre: Centre) -> None:
    hint = {"id_token_hint": (await centre.tokens())["id_token"]}
    answer = await centre.browser.get(
        "/sign-out", params={**hint, "post_logout_redirect_uri": "http://evil.test/"}
    )
    assert (answer.status_code, answer.headers.get("location")) == (200, None)


async def test_signing_out_without_a_hint_asks_first(centre: Centre) -> None:
    await centre.sign_in()
    await centre.browser.get("/sign-out")
    assert "code" in returned(await centre.ask(prompt="none"))


async def test_signing_out_tells_the_system_by_a_logout_token(centre: Centre) -> None:
    tokens = await centre.tokens()
    await centre.browser.get("/sign-out", params={"id_token_hint": tokens["id_token"]})
    told = claims(parse_qs(centre.told[0].content.decode())["logout_token"][0])
    assert (told["sid"], "nonce" in told) == (claims(tokens["id_token"])["sid"], False)


async def test_another_person_in_the_same_browser_ends_the_first_visit(centre: Centre) -> None:
    await centre.sign_in(ZHOU)
    await centre.sign_in(HAN)
    assert [str(each.url) for each in centre.told] == [CLIENT.backchannel_logout_uri]


async def test_a_foreign_page_cannot_sign_anybody_in(centre: Centre) -> None:
    answer = await centre.browser.post(
        "/sign-in", data={"person": ZHOU.subject}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, answer.headers.get("set-cookie")) == (400, None)


async def test_the_metadata_names_the_issuer(centre: Centre) -> None:
    told = (await centre.browser.get("/.well-known/openid-configuration")).json()
    assert (told["issuer"], told["jwks_uri"]) == (ISSUER, f"{ISSUER}/keys")


@pytest.mark.parametrize(
    ("switch", "claim", "value"),
    [
        ("wrong_issuer", "iss", ISSUER + "1"),
        ("wrong_audience", "aud", "widgets1"),
        ("extra_audience", "aud", ["widgets", "somebody-else"]),
        ("wrong_nonce", "nonce", "another"),
        ("no_nonce", "nonce", None),
        ("no_subject", "sub", None),
        ("no_account", "employee_no", None),
    ],
)
async def test_a_switch_spoils_one_claim(centre: Centre, switch: str, claim: str, value: Any) -> None:
    with centre.switches.only(switch):
        assert claims((await centre.tokens())["id_token"]).get(claim) == value


@pytest.mark.parametrize("switch", ["bad_signature", "unknown_key"])
async def test_a_spoiled_signature_does_not_verify(centre: Centre, signer: Signer, switch: str) -> None:
    with centre.switches.only(switch):
        token = (await centre.tokens())["id_token"]
    with pytest.raises(BadSignatureError):
        jwt.decode(token, signer.key, algorithms=["RS256"])


async def test_an_unsigned_token_has_an_empty_signature(centre: Centre) -> None:
    with centre.switches.only("unsigned"):
        assert (await centre.tokens())["id_token"].endswith(".")


async def test_down_means_down(centre: Centre) -> None:
    with centre.switches.only("down"):
        assert (await centre.ask()).status_code == 503


async def test_the_control_page_turns_switches(centre: Centre) -> None:
    await centre.browser.post("/control", data={"expired": "on"})
    assert centre.switches.expired is True


async def test_a_token_answer_can_be_a_web_page(centre: Centre) -> None:
    with centre.switches.only("html_token_answer"):
        answer: httpx2.Response = await centre.redeem("x")
    assert answer.headers["content-type"].startswith("text/html")
