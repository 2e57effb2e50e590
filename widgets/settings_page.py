"""docs/settings.md, generated: `python -m widgets.settings_page > docs/settings.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from widgets.oa.rest_fields import Item, NoticeFields, TodoFields
from widgets.oa.rest_mapping import Click, Condition, Count, Home, Listed, One, Owner, Request, Step, Taken
from widgets.settings import PREFIX, Audit, Campus, Portal, Redis, Service
from widgets.settings_identity import Cas, Identity, OAuth2, Sm2, Success
from widgets.settings_source import Source
from widgets.settings_sources import KINDS, Directory
from widgets.settings_values import Table

EXAMPLE: Final = """\
[service]
base_url = "https://widgets.hospital.example"
portals = [{ origin = "https://portal.hospital.example" }]
trusted_proxies = ["10.1.0.0/16"]
keys = { file = "/run/secrets/portal-widgets.keys" }

[redis]
url = "redis://127.0.0.1:6379/0"

[identity]
issuer = "https://sso.hospital.example"
client_id = "portal-widgets"
client_secret = { env = "OIDC_CLIENT_SECRET" }
account_claim = "employee_no"

[[campuses]]
id = "main"
name = "院本部"

[[sources]]
id = "main-oa"
campus = "main"
kind = "weaver-e9"
base_url = "https://oa.hospital.example"
app_id = "portal-widgets"
credentials = { file = "/run/secrets/main-oa.json" }
notice_directories = [{ id = "41", department = "院办公室" }]
"""


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for each in get_args(annotation) for choice in _choices(each))


_TABLES: Final[tuple[tuple[str, str, type[Table]], ...]] = (
    ("`[service]`", "service", Service),
    ("each of `service.portals`", "", Portal),
    ("`[redis]`", "redis", Redis),
    ("`[identity]`", "identity", Identity),
    ("`[identity.sm2]`", "identity.sm2", Sm2),
    ("`[identity.cas]`", "identity.cas", Cas),
    ("`[identity.oauth2]`", "identity.oauth2", OAuth2),
    ("`[identity.oauth2.success]`", "identity.oauth2.success", Success),
    ("`[audit]`", "audit", Audit),
    ("each `[[campuses]]`", "", Campus),
    ("each `[[sources]]`", "", Source),
    *(
        (f'`[[sources]]` of kind `"{_choices(kind.model_fields["kind"].annotation)[0]}"`', "", kind)
        for kind in KINDS
    ),
    ("each of `notice_directories`", "", Directory),
    *(
        (f"{title} of kind `rest`", "", table)
        for title, table in (
            ("Every request", Request),
            ("Each of `success`, `expired`, `denied`, `empty`", Condition),
            ("Each of `steps`", Step),
            ("Each of `take`", Taken),
            ("`todos` and `notices`", Listed),
            ("`count`", Count),
            ("`owner`", Owner),
            ("`one`", One),
            ("`todos.fields`", TodoFields),
            ("`notices.fields`", NoticeFields),
            ("Each of `fields`", Item),
            ("`click`", Click),
            ("`home`", Home),
        )
    ),
)
_HEAD: Final = f"""\
# Settings

Generated from `widgets/settings.py` by `make docs`: change it there.

The service reads one TOML file, named by `PORTAL_WIDGETS_CONFIG`. Every mistake in it is reported at once, a
sentence each, and the service does not start on any. `portal-widgets check` tells them too, and then tries
every outside party.

This is enough to start with:

```toml
{EXAMPLE}```

**Secrets** are never written in the file: `{{ env = "NAME" }}` takes one from the environment,
`{{ file = "path" }}` from a file that nobody outside its group may read (`chmod o=`). Relative paths start at
the folder of the TOML file.

**Overriding.** Any key can be given in the environment: `{PREFIX}SERVICE__BASE_URL` stands for
`base_url` of `[service]`, `{PREFIX}SOURCES__0__BASE_URL` for the one of the first `[[sources]]`. A value
that begins with `[` or `{{` is read as TOML.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, *("\n".join(_table(*each)) for each in _TABLES)]
    return "\n".join(parts)


def _table(title: str, prefix: str, table: type[Table]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| key | default | meaning |"
    yield "| --- | --- | --- |"
    for name, field in table.model_fields.items():
        common = Source.model_fields.get(name) if Source in table.__mro__[1:] else None
        if common and (name == "kind" or common.annotation == field.annotation):
            continue  # told once, for all kinds
        if Request in table.__mro__[1:] and name in Request.model_fields:
            continue  # told once, for every request
        yield f"| `{name}` | {_default(table, field)} | {_meaning(field)} |"
    yield ""


def _default(table: type[Table], field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default is PydanticUndefined:
        return "the same as `issuer`" if table is Identity else _factory(table, field)
    return _written(field.default)


def _factory(table: type[Table], field: FieldInfo) -> str:
    return "`{}`" if get_origin(field.annotation) is dict else "the same as `base_url`"


def _written(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Table):
        return "as below"
    if isinstance(value, bool | int):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{each}"' for each in value) + "]`"
    return f'`"{value}"`'


def _meaning(field: FieldInfo) -> str:
    words = [str(each) for each in _choices(field.annotation)]
    allowed = f" One of {', '.join(f'`{each}`' for each in words)}." if len(words) > 1 else ""
    only = f" Only `{words[0]}` so far." if len(words) == 1 else ""
    return " ".join((field.description or "").split()) + allowed + only


if __name__ == "__main__":
    sys.stdout.write(page())
