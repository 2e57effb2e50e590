"""What eyes make of colours: contrast, greyscale, and the two common kinds of colour blindness."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

Channels = tuple[float, float, float]
"""Red, green, blue, each 0 to 1."""

# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB.
PROTAN: Final = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTAN: Final = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
VISIONS: Final = (PROTAN, DEUTAN)
Matrix = tuple[Channels, Channels, Channels]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#RRGGBB`, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> Channels:
    """A colour as light."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return red, green, blue


def lightness(colour: str) -> float:
    """How light it is on paper, 0 to 100 (CIE 1976 L*): what is left of a colour in greyscale."""
    return 116 * _cube(luminance(colour)) - 16


def seen_by(colour: str, vision: Matrix) -> Channels:
    """A colour as light, to somebody with this vision."""
    light = linear(colour)
    red, green, blue = (sum(a * b for a, b in zip(row, light, strict=True)) for row in vision)
    return min(max(red, 0), 1), min(max(green, 0), 1), min(max(blue, 0), 1)


def distance(one: Channels, other: Channels) -> float:
    """How far apart two colours look (CIE 1976 ΔE); 2 is hardly seen, 20 is another colour."""
    return float(sum((a - b) ** 2 for a, b in zip(_lab(one), _lab(other), strict=True)) ** 0.5)


def nearest_passing(front: str, back: str, least: float) -> str | None:
    """The tone nearest to `front`, darker or lighter, that contrasts enough; None when there is none."""
    return nearest_on_all(front, [(back, least)])


def nearest_on_all(front: str, grounds: Collection[tuple[str, float]]) -> str | None:
    """The same for a colour that stands on several grounds, each with the contrast that it asks for."""
    for step in range(1, 101):
        for end in ("#000000", "#FFFFFF"):
            tone = _mixed(front, end, step / 100)
            if all(contrast(tone, back) >= least for back, least in grounds):
                return tone
    return None


def _mixed(one: str, other: str, share: float) -> str:
    parts = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _cube(share: float) -> float:
    return float(share ** (1 / 3)) if share > 0.008856 else 7.787 * share + 16 / 116


def _lab(light: Channels) -> Channels:
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    return 116 * _cube(y) - 16, 500 * (_cube(x) - _cube(y)), 200 * (_cube(y) - _cube(z))
