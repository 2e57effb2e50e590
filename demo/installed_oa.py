"""The `[[sources]]` of each product as the demo hospital configures it, and the files that hold its secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Final

from demo import oa_ekp, oa_o2oa, oa_plain, oa_seeyon, oa_seeyon8
from demo.oa_gate import APP_ID, SSO_APP_ID
from demo.oa_push import SECRET as PUSH_SECRET
from demo.oa_seed import DIRECTORIES
from demo.portal import Addresses
from widgets.oa.outbound import client as outbound
from widgets.oa.weaver_token import register

PATTERNS: Final = Path(__file__).parent / "sources"
"""One table for each product, with `$names` for what differs from run to run."""


@dataclass(frozen=True, slots=True)
class Product:
    """What the OA's administrator gave to the integrator."""

    context: str = ""
    """The path below which the product lives."""
    secret: str = ""
    """What goes into the file `$secret`; E9 hands its own out at the registration."""
    words: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)


def quoted(text: str) -> str:
    """A TOML basic string: JSON strings are that."""
    return json.dumps(text, ensure_ascii=False)


PRODUCTS: Final[Mapping[str, Product]] = {
    "weaver-e9": Product(
        words={"app": APP_ID, "sso": SSO_APP_ID},
        lists={
            "directories": ", ".join(
                f"{{ id = {quoted(id)}, department = {quoted(name)} }}" for id, name in DIRECTORIES
            )
        },
    ),
    "seeyon-v5": Product(
        oa_seeyon.CONTEXT, oa_seeyon.PASSWORD, {"user": oa_seeyon.USER, "sso": oa_seeyon.SSO_FROM}
    ),
    "seeyon-v8": Product(secret=oa_seeyon8.APP_SECRET, words={"app": oa_seeyon8.APP_KEY}),
    "landray-ekp": Product(oa_ekp.CONTEXT, oa_ekp.PASSWORD, {"user": oa_ekp.USER}),
    "o2oa": Product(
        secret=oa_o2oa.KEY,
        words={"sso": oa_o2oa.CLIENT},
        lists={"categories": ", ".join(quoted(each) for each in oa_o2oa.CATEGORIES)},
    ),
    "rest": Product(secret=oa_plain.SECRET, words={"app": oa_plain.APP}),
}
KINDS: Final = tuple(PRODUCTS)


async def source(kind: str, folder: Path, at: Addresses, local: Addresses, campus: str = "main") -> str:
    """The table of this product at that campus; its secrets are written into `folder`. E9 is registered with, once."""
    product, file, push = PRODUCTS[kind], folder / "oa.json", folder / "push"
    secret = product.secret
    if kind == "weaver-e9":
        async with outbound([local.oa]) as http:
            secret = (await register(http, local.oa, APP_ID)).dump()
    private(file, secret)
    private(push, PUSH_SECRET)
    addresses = {"oa": at.oa + product.context, "oa_here": local.oa + product.context}
    words = {**addresses, "secret": str(file), "push": str(push), **product.words}
    written = {name: quoted(value) for name, value in words.items()}
    table = Template((PATTERNS / f"{kind}.toml").read_text("utf-8")).substitute(written, **product.lists)
    return table.replace('id = "main-oa"\ncampus = "main"', f'id = "{campus}-oa"\ncampus = "{campus}"')


def private(path: Path, text: str) -> None:
    """A file that only this account may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
