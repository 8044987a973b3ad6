"""Shapes that a prompt can name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Paint = tuple[int, int, int, int]
Pen = Callable[["ImageDraw", float, float, float, Paint], None]
"""Draws around a middle point with a radius and a colour."""


def _circle(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    draw.ellipse((x - r, y - r, x + r, y + r), fill=paint)


def _square(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    draw.rounded_rectangle((x - r, y - r, x + r, y + r), radius=r / 10, fill=paint)


def _triangle(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    draw.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill=paint)


def _star(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    spikes = [
        (x + (r if n % 2 == 0 else r * 0.42) * math.sin(n * math.pi / 5),
         y - (r if n % 2 == 0 else r * 0.42) * math.cos(n * math.pi / 5))
        for n in range(10)
    ]  # fmt: skip
    draw.polygon(spikes, fill=paint)


def _heart(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    turns = (n * math.pi / 60 for n in range(120))
    points = [
        (x + r / 17 * 16 * math.sin(t) ** 3,
         y - r / 17 * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)))
        for t in turns
    ]  # fmt: skip
    draw.polygon(points, fill=paint)


def _tree(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    draw.rectangle((x - r / 8, y + r / 3, x + r / 8, y + r), fill=(110, 78, 56, 255))
    for step in (0.45, 0.05, -0.35):
        draw.polygon(
            [(x, y + r * (step - 0.65)), (x + r * 0.62, y + r * step), (x - r * 0.62, y + r * step)],
            fill=paint,
        )


def _house(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    draw.rectangle((x - r * 0.7, y - r * 0.1, x + r * 0.7, y + r), fill=paint)
    draw.polygon(
        [(x, y - r), (x + r * 0.95, y - r * 0.1), (x - r * 0.95, y - r * 0.1)], fill=(140, 60, 50, 255)
    )
    draw.rectangle((x - r * 0.16, y + r * 0.4, x + r * 0.16, y + r), fill=(70, 50, 40, 255))


def _cat(draw: ImageDraw, x: float, y: float, r: float, paint: Paint) -> None:
    for side in (-1, 1):
        draw.polygon(
            [
                (x + side * r * 0.9, y - r),
                (x + side * r * 0.85, y - r * 0.1),
                (x + side * r * 0.2, y - r * 0.6),
            ],
            fill=paint,
        )
    _circle(draw, x, y, r * 0.85, paint)
    for side in (-1, 1):
        _circle(draw, x + side * r * 0.35, y - r * 0.1, r * 0.22, (250, 250, 240, 255))
        _circle(draw, x + side * r * 0.35, y - r * 0.1, r * 0.1, (20, 20, 24, 255))
    draw.polygon(
        [(x - r * 0.1, y + r * 0.2), (x + r * 0.1, y + r * 0.2), (x, y + r * 0.32)], fill=(230, 120, 140, 255)
    )


PENS: dict[str, Pen] = {
    "cat": _cat,
    "circle": _circle,
    "heart": _heart,
    "house": _house,
    "square": _square,
    "star": _star,
    "tree": _tree,
    "triangle": _triangle,
}
_CALLED = {
    "cat": "cat|kitten|dog|retriever|bear|fox|axolotl",
    "circle": "circle|ball|sun|moon|planet|apple|dot|wheel|balloon|orb",
    "heart": "heart|love",
    "house": "house|home|building|hut|castle|cabin",
    "square": "square|box|cube|block|window|door|gift",
    "star": "star",
    "tree": "tree|forest|pine|plant",
    "triangle": "triangle|mountain|pyramid|hill|tent",
}
_NAMES = {name: re.compile(rf"\b(?:{words})(?:e?s)?\b", re.IGNORECASE) for name, words in _CALLED.items()}


def shapes_in(text: str) -> list[str]:
    """Names of the shapes that a text asks for, in the order of its words."""
    found = [(match.start(), name) for name, pattern in _NAMES.items() if (match := pattern.search(text))]
    return [name for _, name in sorted(found)]
