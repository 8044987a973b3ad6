"""Half blocks: plain rows of text, two pixels in each cell, on any terminal with colours."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from azresp.ui.markdown.rows import RESET, Row
from azresp.ui.pictures.fit import Box

if TYPE_CHECKING:
    from PIL.Image import Image

UPPER, LOWER = "▀", "▄"
OPAQUE: Final = 128
"""From this alpha on a pixel is drawn; below it the terminal's own background shows."""


class Pixel(NamedTuple):
    red: int
    green: int
    blue: int
    alpha: int = 255


class Blocks:
    """A picture as half blocks."""

    live = True
    before = after = ""

    def __init__(self, image: Image, *, truecolour: bool) -> None:
        self._image = image
        self._colour = _true if truecolour else _palette

    def rows(self, box: Box) -> list[Row]:
        """One row of text for two rows of pixels."""
        from PIL import Image

        size = (box.columns, 2 * box.rows)
        small = self._image.resize(size, Image.Resampling.BOX).convert("RGBA").tobytes()
        pixels = [Pixel(*small[at : at + 4]) for at in range(0, len(small), 4)]
        lines = [pixels[at : at + box.columns] for at in range(0, len(pixels), box.columns)]
        return [self._row(lines[at], lines[at + 1]) for at in range(0, len(lines), 2)]

    def over(self, box: Box) -> str:
        """Nothing: the rows are the picture."""
        return ""

    def _row(self, upper: list[Pixel], lower: list[Pixel]) -> Row:
        parts: list[str] = []
        style = ""
        for above, below in zip(upper, lower, strict=True):
            new, char = self._cell(above, below)
            if new != style:
                parts.append(RESET if not new else f"\x1b[{new}m")
                style = new
            parts.append(char)
        if style:
            parts.append(RESET)
        return Row("".join(parts), len(upper))

    def _cell(self, above: Pixel, below: Pixel) -> tuple[str, str]:
        """SGR parameters and character; they start with a reset where only half of a cell is drawn."""
        top = self._colour(above[:3]) if above.alpha >= OPAQUE else ""
        bottom = self._colour(below[:3]) if below.alpha >= OPAQUE else ""
        if top and bottom:
            return f"38;{top};48;{bottom}", UPPER
        if top:
            return f"0;38;{top}", UPPER
        return (f"0;38;{bottom}", LOWER) if bottom else ("", " ")


def _true(colour: tuple[int, int, int]) -> str:
    return "2;{};{};{}".format(*colour)


_LEVELS: Final = (0, 95, 135, 175, 215, 255)


@lru_cache(maxsize=4096)
def _palette(colour: tuple[int, int, int]) -> str:
    """The nearest of the 240 colours whose values every terminal agrees on: a cube of 216, and 24 greys."""
    near = [min(range(6), key=lambda at: abs(_LEVELS[at] - part)) for part in colour]
    cube = tuple(_LEVELS[at] for at in near)
    grey = min(23, max(0, round((sum(colour) / 3 - 8) / 10)))
    if _distance(colour, (8 + 10 * grey,) * 3) < _distance(colour, cube):
        return f"5;{232 + grey}"
    return f"5;{16 + 36 * near[0] + 6 * near[1] + near[2]}"


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
