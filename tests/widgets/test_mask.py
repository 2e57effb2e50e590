"""Who decides whether titles are hidden: the portal's address, and where that says nothing, the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.configuration import Configuration
from widgets.app import build


@pytest.mark.parametrize(
    ("query", "operator", "masked"),
    [
        ("", "false", False),
        ("", "true", True),
        ("?mask=on", "false", True),
        ("?mask=off", "true", False),
        ("?mask=maybe", "true", True),
    ],
)
async def test_the_address_says_it_or_else_the_operator(
    tmp_path: Path, query: str, operator: str, masked: bool
) -> None:
    config = Configuration(tmp_path)
    config.put("[service]\n", f"[service]\nmask = {operator}\n")
    client = build(config.load()).test_client()
    card = await (
        await client.get(f"/widgets/todos{query}", headers={"Accept": "application/json"})
    ).get_json()
    assert masked is card["masked"]
