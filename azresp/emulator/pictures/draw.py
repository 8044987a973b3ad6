"""Drawing a picture from a prompt: the same prompt, the same picture."""

from __future__ import annotations

import hashlib
import random
import re
from typing import TYPE_CHECKING, Any

from .colours import NAMED, Colour, colours_in
from .shapes import PENS, Paint, shapes_in

if TYPE_CHECKING:
    from PIL.Image import Image

_PALETTES: tuple[tuple[str, ...], ...] = (
    ("teal", "gold", "beige"),
    ("navy", "orange", "white"),
    ("purple", "pink", "cyan"),
    ("green", "yellow", "beige"),
    ("red", "gold", "white"),
    ("blue", "cyan", "white"),
)
_QUOTED = re.compile(r"[\"“'‘]([^\"”'’]{1,40})[\"”'’](?![a-z])")
_WORD = re.compile(
    r"\b(?:the )?(?:word|text|letters|saying|says|reads?|titled)\s+:?\s*([^\s,.;!?]{1,20})", re.IGNORECASE
)
_GRAIN = {"low": 24, "medium": 60, "high": 160}
"""How many small marks a picture gets beside what was asked for."""


def drawn(prompt: str, width: int, height: int, *, quality: str, transparent: bool) -> Image:
    """A picture with the colours, shapes and words that the prompt names; others are picked by its hash."""
    from PIL import Image, ImageDraw

    shapes = shapes_in(prompt)
    picked = random.Random(hashlib.sha256(prompt.strip().lower().encode()).digest())  # noqa: S311 - art, no secret
    named = colours_in(prompt)
    palette = [*named, *(name for name in picked.choice(_PALETTES) if name not in named)]
    ground: Paint = (0, 0, 0, 0) if transparent else (*_ground(named, len(shapes), picked), 255)
    picture = Image.new("RGBA", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    for _ in range(_GRAIN.get(quality, 60)):
        x, y, r = picked.uniform(0, width), picked.uniform(0, height), picked.uniform(2, width / 90)
        PENS["circle"](draw, x, y, r, (*NAMED[picked.choice(palette)], 255))
    _shapes(draw, shapes, palette, picked, (width, height))
    if word := word_in(prompt):
        letter(picture, word, NAMED[palette[0]])
    return picture


def word_in(prompt: str) -> str:
    """What the picture shall say: what is quoted, or what follows "the word"."""
    found = _QUOTED.search(prompt) or _WORD.search(prompt)
    return found.group(1) if found else ""


def letter(picture: Image, word: str, colour: Colour) -> None:
    """Write a word across the middle, as large as it fits."""
    from PIL import ImageDraw, ImageFont

    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    size = float(min(height / 3, 1.6 * width / max(1, len(word))))
    font: Any = ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((0, 0), word, font=font)
    if right - left > width * 0.9:
        font = ImageFont.load_default(size * width * 0.9 / (right - left))
        left, top, right, bottom = draw.textbbox((0, 0), word, font=font)
    place = ((width - right - left) / 2, (height - bottom - top) / 2)
    edge = (255, 255, 255) if sum(colour) < 480 else (30, 30, 34)
    draw.text(
        place,
        word,
        font=font,
        fill=(*colour, 255),
        stroke_width=max(1, width // 200),
        stroke_fill=(*edge, 255),
    )


def _ground(named: list[str], shapes: int, picked: random.Random) -> Colour:
    """A colour that no shape wears; else light behind dark colours, dark behind light ones."""
    if len(named) > max(1, shapes):
        return NAMED[named[-1]]
    if named and sum(NAMED[named[0]]) > 560:
        return NAMED["navy"]
    return picked.choice([(246, 243, 236), (232, 240, 246), (240, 236, 246)])


def _shapes(
    draw: Any, names: list[str], palette: list[str], picked: random.Random, size: tuple[int, int]
) -> None:
    width, height = size
    if not names:
        names = [picked.choice(sorted(PENS)) for _ in range(3)]
        places = [(picked.uniform(0.2, 0.8), picked.uniform(0.2, 0.8)) for _ in names]
    else:
        names = names[:5]
        places = [((n + 0.5) / len(names), 0.5) for n in range(len(names))]
    radius = min(width / (2.4 * len(names)), height / 3.2)
    for n, (name, (x, y)) in enumerate(zip(names, places, strict=True)):
        PENS[name](draw, x * width, y * height, radius, (*NAMED[palette[n % len(palette)]], 255))
