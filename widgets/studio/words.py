"""The studio's words in both languages; the embed doctor's sentences are among them, for the command too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

from widgets.views import Language

_FOLDER: Final = Path(__file__).parent / "messages"


def words() -> Mapping[Language, Mapping[str, str]]:
    """By language and key."""
    return {lang: json.loads((_FOLDER / f"{lang}.json").read_text("utf-8")) for lang in get_args(Language)}
