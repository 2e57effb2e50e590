"""Two pictures of one view: how many pixels differ, and in words what has changed between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from widgets.themes.colour import contrast
from widgets.views import Language

try:
    from PIL import Image, ImageChops
except ImportError:  # the optional dependency
    Image = ImageChops = None  # type: ignore[assignment]

THRESHOLD: Final = 0.2
"""How far a pixel may be off, as a share of white, before it counts: letters are not smoothed alike each time."""
MOST: Final = 0.001
"""The share of pixels that may count before the view has changed."""
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "height": "height",
        "width": "width",
        "font": "letters",
        "radius": "corners",
        "colour": "contrast of the words",
        "border": "contrast of the border",
        "new": "is new",
        "gone": "is gone",
    },
    "zh-CN": {
        "height": "高",
        "width": "宽",
        "font": "字号",
        "radius": "圆角",
        "colour": "文字对比度",
        "border": "边框对比度",
        "new": "新出现",
        "gone": "不见了",
        "head": "卡头",
        "title": "标题",
        "row": "行",
        "row title": "行标题",
        "details": "说明",
        "time": "时间",
        "特急 tag": "特急标签",
        "紧急 tag": "紧急标签",
        "新 tag": "新标签",
        "置顶 tag": "置顶标签",
        "banner": "提示条",
        "blank": "空白提示",
        "button": "按钮",
        "foot": "卡脚",
        "card": "卡片",
    },
}


def is_possible() -> bool:
    """Whether Pillow is there."""
    return Image is not None


def differing(before: bytes, after: bytes) -> float:
    """The share of pixels that are not the same, 0 to 1; where only one picture has any, all of them."""
    pictures = [Image.open(BytesIO(each)).convert("RGB") for each in (before, after)]
    width, height = (max(sides) for sides in zip(*(each.size for each in pictures), strict=True))
    # Beyond its edge each is another colour, so that it is like nothing there.
    one, other = (
        _on(Image.new("RGB", (width, height), edge), each)
        for each, edge in zip(pictures, ("black", "white"), strict=True)
    )
    off = ImageChops.difference(one, other).convert("L").point(lambda by: 255 if by > 255 * THRESHOLD else 0)
    return float(off.histogram()[255] / (width * height))


def _on(ground: Any, picture: Any) -> Any:
    ground.paste(picture, (0, 0))
    return ground


def words(before: Mapping[str, Any], after: Mapping[str, Any], lang: Language) -> list[str]:
    """What has changed in what was measured: `row: height 62 -> 68 px (+6)`."""
    told = _WORDS[lang]
    changed = []
    for name in dict.fromkeys((*before, *after)):
        said = told.get(name, name)
        if name not in before or name not in after:
            changed.append(f"{said} {told['new' if name in after else 'gone']}")
            continue
        changed += [f"{said}: {each}" for each in _sizes(before[name], after[name], told)]
        changed += [f"{said}: {each}" for each in _contrasts(before[name], after[name], told)]
    return changed


def _sizes(before: Mapping[str, Any], after: Mapping[str, Any], told: Mapping[str, str]) -> Iterator[str]:
    for key in ("height", "width", "font", "radius"):
        if before.get(key, after[key]) != after[key]:  # a baseline may be older than a measure
            yield f"{told[key]} {before[key]:g} -> {after[key]:g} px ({after[key] - before[key]:+g})"


def _contrasts(before: Mapping[str, Any], after: Mapping[str, Any], told: Mapping[str, str]) -> Iterator[str]:
    for key in ("colour", "border"):
        if before[key] != after[key]:
            was, now = (
                f"{contrast(*pair):.2f} ({pair[0]} / {pair[1]})" if pair else "-"
                for pair in (before[key], after[key])
            )
            yield f"{told[key]} {was} -> {now}"
