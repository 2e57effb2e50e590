"""The one rule for short names that go into addresses, settings and folders: campuses, sources, themes."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
NAME_TOLD: Final = "1 to 32 lower-case letters, digits and hyphens"


def is_name(text: str) -> bool:
    """Whether a text is such a name."""
    return re.fullmatch(NAME.strip("^$"), text) is not None
