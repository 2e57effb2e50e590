"""The messages: those that come with the service, and those of them that the script says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

from markupsafe import Markup, escape

from widgets.items import Kind
from widgets.overrides import Words
from widgets.views import Language

_HERE: Final = Path(__file__).parents[1] / "messages"
_MOMENTS: Final = ("just-now", "minutes-ago", "today", "yesterday", "updated", "as-of", "paused")
_CONTROLS: Final = ("pause", "resume")


def our_words() -> Words:
    """The messages that come with the service."""
    return {lang: json.loads((_HERE / f"{lang}.json").read_text("utf-8")) for lang in get_args(Language)}


def spoken_by_all(words: Words) -> dict[tuple[Language, Kind], Markup]:
    """What the script says, as JSON for an attribute, by language and kind of card."""
    return {
        (lang, kind): escape(json.dumps(_spoken(said, kind), ensure_ascii=False, separators=(",", ":")))
        for lang, said in words.items()
        for kind in get_args(Kind)
    }


def _spoken(words: Mapping[str, str], kind: Kind) -> dict[str, str]:
    other = {"todos": "-notices", "notices": "-todos"}[kind]
    live = (key for key in words if key.startswith("live-") and not key.endswith(other))
    return {key: words[key] for key in _MOMENTS + _CONTROLS} | {
        key.removesuffix(f"-{kind}"): words[key] for key in live
    }
