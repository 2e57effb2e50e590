"""The table of modules in docs/identity.md: what it says comes from `foundation`, and the tests hold it true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.conformance.foundation import MODULES

PAGE: Final = Path(__file__).parents[2] / "docs" / "identity.md"
START: Final = "<!-- generated: conformance -->"
END: Final = "<!-- end -->"


def rows() -> str:
    """The table for the page, in Markdown."""
    told = [f"| {each.plan} | `{each.name}` | {each.does} | {each.result} |" for each in MODULES]
    return "\n".join(["| plan | module | the provider | result |", "| --- | --- | --- | --- |", *told])


def renewed(page: str) -> str:
    """The page with the table as it is now. Raises ValueError when it has no place for it."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page has no place between {START} and {END}")
    return f"{before}{start}\n{rows()}\n{end}{after}"


def named(page: str) -> dict[str, str]:
    """The modules that the page names, each with the first word of its result."""
    return dict(re.findall(r"^\| [^|]+ \| `([\w-]+)` \| [^|]+ \| ([a-z ]+)[^|]*\|$", page, re.MULTILINE))
