"""The page's table is the one that the modules make, and no name in it is without a test or a reason."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from tests.conformance import test_initiate, test_refresh, test_sign_in, test_sign_out
from tests.conformance.foundation import MISSING, MODULES, POSTED
from tests.conformance.table import PAGE, named, renewed

FILES = (test_sign_in, test_sign_out, test_initiate, test_refresh)


def played(file: ModuleType) -> Iterator[str]:
    """The modules that the rows of a file's tests say they play."""
    for test in vars(file).values():
        for mark in getattr(test, "pytestmark", ()) if callable(test) else ():
            for row in mark.args[1] if mark.name == "parametrize" else ():
                yield from (each.args[0] for each in getattr(row, "marks", ()) if each.name == "plays")


def test_every_module_is_played_or_has_a_reason_not_to_be() -> None:
    """Neither is a name forgotten, nor is a reason given for one that is played."""
    assert {each.name for each in MODULES if not each.never} == {name for f in FILES for name in played(f)}


def test_every_module_has_one_row() -> None:
    """57 names of OpenID Connect, 32 of FAPI 2.0."""
    names = [each.name for each in MODULES]
    assert (89, 89) == (len(names), len(set(names)))


def test_what_is_missing_is_a_module() -> None:
    assert {*MISSING} <= {POSTED, *(each.name for each in MODULES if not each.never)}


def test_the_page_has_the_table() -> None:
    """If not: `.venv/bin/python -m tests.conformance --docs`."""
    page = PAGE.read_text("utf-8")
    assert renewed(page) == page
    assert set(named(page)) == {each.name for each in MODULES}
