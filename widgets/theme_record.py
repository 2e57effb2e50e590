"""Lines of the trail about themes: which one was installed or taken back, by whom, and which one was refused."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from sqlalchemy.exc import SQLAlchemyError

from audit.store import Store
from audit.trail import Action, AuditEvent, Outcome, cleaned
from widgets.themes.files import ThemeError
from widgets.views import Language

_RULE: Final = re.compile(r"\[([A-Z]\d\d)\]\.?$")
_NOBODY: Final = 2**32 - 1
_UNWRITTEN: Final[dict[Language, str]] = {
    "en": "This is not in the trail, which cannot be written: {error}.",
    "zh-CN": "这次操作没有记入操作日志，日志写不进去：{error}。",
}


@dataclass(slots=True)
class Deed:
    """What is being done; `object` is the theme's name until its number is known."""

    object: str


@contextmanager
def recorded(store: str | None, action: Action, name: str, lang: Language) -> Iterator[Deed]:
    """Writes down how it ended: done, or refused with the rule. `store` is the trail's URL; None keeps none.

    A trail that is away holds nobody up, for a rollback cannot wait: it is said on the terminal, in `lang`.
    """
    deed, reason = Deed(name), "failed"
    try:
        yield deed
        reason = ""
    except ThemeError as error:
        found = _RULE.search(str(error))
        reason = found[1] if found else "theme-refused"
        raise
    finally:
        outcome = Outcome.REFUSED if reason else Outcome.OK
        if store is not None:
            event = AuditEvent(datetime.now(UTC), action, operator(), outcome, reason, deed.object)
            _write(store, event, _UNWRITTEN[lang])


def operator() -> str:
    """Who is at the terminal, as `os:zhou`: the account that logged in, also when it has become root since."""
    try:
        uid = int(Path("/proc/self/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        uid = _NOBODY
    uid = os.getuid() if uid == _NOBODY else uid
    try:
        return f"os:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"os:{uid}"


def _write(url: str, event: AuditEvent, unwritten: str) -> None:
    try:
        store = Store(url)
        store.append([cleaned(event)])
        store.close()
    except (SQLAlchemyError, OSError, ImportError) as error:
        click.echo(unwritten.format(error=type(error).__name__), err=True)
