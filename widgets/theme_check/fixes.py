"""`theme check --fix`: what a rule knows how to mend, one line at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from widgets.theme_check.finding import Edit, Finding


def mend(folder: Path, findings: Iterable[Finding]) -> list[str]:
    """Does it; gives a line for each thing done. Nothing outside `folder` is touched, and no link followed."""
    edits = dict.fromkeys(finding.edit for finding in findings if finding.edit)
    # From the last line up: a line that is put in moves none that is still to come.
    ordered = sorted(edits, key=lambda edit: (edit.file, -edit.line))
    return [done for edit in ordered if (done := _mended(folder, edit))]


def _mended(folder: Path, edit: Edit) -> str:
    path = folder / edit.file
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return ""
    if edit.new is None:
        path.unlink()
        return f"{edit.file}: taken out"
    lines = path.read_text("utf-8").split("\n")
    if edit.line > len(lines) or edit.old not in lines[edit.line - 1]:
        return ""
    lines[edit.line - 1] = lines[edit.line - 1].replace(edit.old, edit.new, 1)
    path.write_text("\n".join(lines), "utf-8")
    return f"{edit.file}:{edit.line}: {edit.old.strip()} -> {edit.new.splitlines()[0] if edit.new else 'nothing'}"
