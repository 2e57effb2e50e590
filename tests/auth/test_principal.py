"""Who a person is, from checked claims alone."""

from __future__ import annotations

from typing import Any

import pytest

from auth.claims import check_userinfo
from auth.principal import Principal, principal_from
from tests.auth.test_claims import checked


def person(userinfo: dict[str, Any] | None = None, **changes: Any) -> Principal:
    told = check_userinfo({"sub": "u-10086", **userinfo}, "u-10086") if userinfo else None
    return principal_from(checked(**changes), "employee_no", told)


@pytest.mark.parametrize("account", ["10086", "A-1.b_c", "x" * 64])
def test_an_account_is_taken_as_it_is(account: str) -> None:
    assert person(employee_no=account).account == account


@pytest.mark.parametrize(
    "account",
    [
        ..., None, 10086, True, ["10086"], {"a": 1}, "", " 10086", "10086\n", "１００８６", "٣", "a/b", "..",
        "x" * 65,
    ],
)  # fmt: skip
def test_anything_else_is_no_account(account: object) -> None:
    assert person(employee_no=account).account is None


def test_no_other_claim_stands_in_for_the_account() -> None:
    assert person(employee_no=..., preferred_username="10086", account="10086").account is None


def test_userinfo_may_bring_the_account() -> None:
    assert person({"employee_no": "10086"}, employee_no=...).account == "10086"


def test_the_signed_token_overrules_userinfo() -> None:
    assert person({"employee_no": "1"}).account == "10086"


def test_a_malformed_account_in_the_token_is_not_mended_by_userinfo() -> None:
    assert person({"employee_no": "1"}, employee_no=7).account is None


def test_the_name_is_shown_without_invisible_characters() -> None:
    assert person(name="王\u202e芳\x00\n").name == "王芳"


def test_the_name_is_capped() -> None:
    assert person(name="王" * 500).name == "王" * 64


def test_the_user_name_stands_in_for_the_name() -> None:
    assert person(name=7, preferred_username="wangfang").name == "wangfang"


def test_roles_and_campuses_are_lists_of_text() -> None:
    who = person(roles=["auditor", 7, None, "designer", "\ud800"], campuses="main")
    assert (who.roles, who.campuses) == (("auditor", "designer"), ())


def test_roles_are_bounded() -> None:
    assert len(person(roles=["r" * 20] * 500).roles) == 26
