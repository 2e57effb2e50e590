"""Tolerant reading of what OA systems send: bytes into plain values, values into clean text, ids and times.

A body that is no JSON is an OABadAnswer; a value that makes no sense is None, and costs its own item only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from math import isfinite
from typing import Final

from widgets.oa import OABadAnswer
from widgets.oa.wording import wording

LONGEST_TEXT: Final = 200
"""Characters of a title, a name, a step."""
_LONGEST_INTEGER: Final = 20
"""A 64-bit integer with its sign; Python refuses far longer ones with an exception of its own."""
_YEARS: Final = range(1990, 2100)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_LATEST: Final = 10**14
"""Milliseconds, beyond every year of `_YEARS`; more than this Python may not be able to add."""
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\x9f\s]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Zero-width and filler characters, tags, and every mark that turns the direction of writing."""
_MARK: Final = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILE: Final = re.compile(f"({_MARK}{{2}}){_MARK}+")
"""More than two combining marks on one letter: they would climb over the lines above."""
_PIECE: Final = re.compile(
    r"""(?P<code>"(?i:code|errcode|errorcode|retcode)"\s*:\s*-?[0-9]{1,6}(?![\w.]))"""
    r"""|(?P<quote>"|(?<![A-Za-z])')(?P<text>(?:(?!(?P=quote))[^\\]|\\.)*+)(?:(?P=quote)|$)(?P<colon>\s*:)?"""
    r"""|(?P<name><[/!?]?[A-Za-z][\w:.-]*+(?=[\s/>]|$)|(?<![^\s&?;])[A-Za-z_][\w:.-]*(?==[^=]))""",
    re.ASCII | re.DOTALL,
)
"""What is not read as text: a system's own number (not Weaver's `workcode`, a person's); a string of JSON or a value
of HTML, and the colon of a name; the name of a tag, or one before `=`."""
_ESCAPED: Final = re.compile(r"\\u(?!00)([0-9a-fA-F]{4})")
"""A letter as JSON may write it, beyond Latin: no quote comes of it."""
_CONTENT: Final = re.compile(r"<([A-Za-z][\w:.-]*)?[^<>]*>([^<]*[^<\s][^<]*)")
"""What stands behind a tag."""
_WORDS: Final = re.compile(
    r"(?:err(?:or)?|ret|result)?_?(?:msg|message|error|reason|info|status|code|type)", re.IGNORECASE
)
"""Names of what a system says of itself."""
_RANDOM: Final = re.compile(r"(?=[A-Za-z+/=_.~-]*[0-9])[A-Za-z0-9+/=_.~-]{16,}|[0-9]{4,}")
"""Tokens, numbers of people and of papers, used as names."""
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def read_json(body: bytes) -> object:
    """The JSON value of a body in UTF-8, UTF-16 with a mark, or GB 18030, whatever its label said.

    An object that names a key twice, a number that is none or has more than 20 digits: read as None. Raises
    OABadAnswer for everything that is no JSON, nested too deeply to be read included.
    """
    try:
        return json.loads(
            decoded(body),
            object_pairs_hook=_object,
            parse_constant=lambda _: None,
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else None,
            parse_float=_real,
        )
    except (ValueError, RecursionError) as error:
        raise OABadAnswer(f"not JSON ({type(error).__name__}): {excerpt(body)}") from None


def decoded(body: bytes) -> str:
    """Text of a body. Single broken bytes (a title that a database cut short) become U+FFFD. Never raises."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    text = body.decode("utf-8-sig", "replace")
    if (broken := text.count("\ufffd")) == 0:
        return text
    if broken * 5 > sum(letter > "\x7f" for letter in text):
        try:
            return body.decode("gb18030")
        except UnicodeDecodeError:
            return text
    return text


def excerpt(body: bytes) -> str:
    """The beginning of a body, fit for one line of a log: what it is made of, and nobody's affairs.

    Names of fields stay, and words of the trade in what a system says of itself and outside all quotes; a list that
    was cut short is full of titles, and a log is not the place for them.
    """
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), body[:400].decode("utf-8", "replace"))
    text = _CONTENT.sub(_page_title, plain)
    told, end, own = "", 0, False
    for found in _PIECE.finditer(text):
        between = text[end : found.start()]
        told += wording(between) + _piece(found, own and not between.strip())
        own = bool(found["colon"] and _WORDS.fullmatch(found["text"]))
        end = found.end()
    return clean(told + wording(text[end:]), 120) or "(empty)"


def _piece(found: re.Match[str], own: bool) -> str:
    """`own`: it stands right behind the name of what the system says of itself."""
    quote, text, colon = found.group("quote", "text", "colon")
    if quote is None:
        in_list = "[" in found.string[: found.start()]  # there Seeyon calls a person's number `code`
        return found[0] if found["code"] and not in_list else _RANDOM.sub("…", found[0])
    if colon is not None:
        named = _WORDS.fullmatch(text) or (quote == '"' and text.isascii())
        return f"{quote}{_RANDOM.sub('…', text) if named else wording(text)}{quote}{colon}"
    return f"{quote}{wording(text) if own else '…'}{quote}"


def _page_title(found: re.Match[str]) -> str:
    own = wording(found[2]) if (found[1] or "").lower() == "title" else "…"
    return found[0][: -len(found[2])] + own


def own_words(value: object) -> str:
    """What an OA says of itself in a field of its answer, as `wording` has it: for the text of an error."""
    return wording(clean(value, 120) or "no word")


def own_code(value: object) -> str:
    """By which code: at most twelve plain characters."""
    code = identifier(value) or "none"
    return code if len(code) <= 12 else "…"


def clean(value: object, longest: int = LONGEST_TEXT) -> str | None:
    """One line of text fit to be shown, or None when nothing is left. Markup stays: it is shown as typed."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = _SURROGATE.sub("\ufffd", value[: longest * 20])
    text = _PILE.sub(r"\1", _INVISIBLE.sub("", text))
    text = _BLANK.sub(" ", text).strip()
    return (text if len(text) <= longest else text[: longest - 1].rstrip() + "…") or None


def identifier(value: object) -> str | None:
    """An id as text: a string of at most 64 plain ASCII characters, or an integer. Anything else: None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and _IDENTIFIER.fullmatch(text := value.strip()):
        return text
    return None


def moment(value: object, zone: tzinfo) -> datetime | None:
    """An aware time from ISO 8601 or `yyyy-MM-dd HH:mm[:ss[.f]]`; without an offset it is in `zone`.

    None for what is no date, and for years that nobody files papers in (`0000-00-00`, 9999).
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if time.year not in _YEARS:
        return None
    return time if time.tzinfo else time.replace(tzinfo=zone)


def instant(value: object, zone: tzinfo) -> datetime | None:
    """An aware time in `zone` from milliseconds since 1970, a number or its digits; None for anything else."""
    digits = identifier(value) or ""
    if not digits.isdecimal() or not 0 < (milliseconds := int(digits)) < _LATEST:
        return None
    time = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
    return time if time.year in _YEARS else None


def fields(value: object) -> Mapping[str, object]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object, what: str) -> list[object]:
    """The value if it is an array. Raises OABadAnswer, naming `what` was expected."""
    if not isinstance(value, list):
        raise OABadAnswer(f"{what} is no array")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object] | None:
    told = dict(pairs)
    return told if len(told) == len(pairs) else None


def _real(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None
