"""`make conformance`: plays every module and prints a table of module and result; `--docs` rewrites the page's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.conformance.foundation import MODULES, Module
from tests.conformance.table import PAGE, renewed


class Results:
    """A pytest plugin that keeps what became of each module."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failed: set[str] = set()
        self._names: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("plays"):
                self._names[item.nodeid] = mark.args[0]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = self._names.get(report.nodeid)
        if name and (report.failed or report.when == "call"):
            (self.failed if report.failed else self.passed).add(name)

    def of(self, module: Module) -> str:
        """What to say of it: what it should have been is said only when it was played, and went well."""
        if module.name in self.failed:
            return "FAILED"
        return module.result if module.never or module.name in self.passed else "not played"


def main(words: list[str]) -> int:
    if words == ["--docs"]:
        PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
        return 0
    found = Results()
    status = pytest.main([str(Path(__file__).parent), "-q", *words], plugins=[found])
    width = max(len(each.name) for each in MODULES)
    print("\n".join(f"{each.name:<{width}}  {found.of(each)}" for each in MODULES))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
