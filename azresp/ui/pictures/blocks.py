"""Half blocks: plain rows of text, two pixels in each cell, on any terminal with colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from azresp.ui.markdown.rows import RESET, Row
from azresp.ui.pictures.fit import Box

if TYPE_CHECKING:
    from PIL.Image import Image

UPPER, LOWER = "▀", "▄"
OPAQUE: Final = 128
"""From this alpha on a pixel is drawn; below it the terminal's own background shows."""

LEVELS: Final = (0, 95, 135, 175, 215, 255)
"""The colours 16 to 231 are a cube of these in red, green and blue; every terminal agrees on their values."""
GREYS: Final = {16: 0, 231: 255} | {at: 8 + 10 * (at - 232) for at in range(232, 256)}
"""Colours that are grey, and how light."""
CHROMA: Final = 24
"""A pixel whose channels differ by as much becomes no grey: dark colours would all lose their hue."""

_NEAR_LEVEL: Final = [min(range(6), key=lambda at: abs(LEVELS[at] - part)) for part in range(256)]
_NEAR_GREY: Final = [min(GREYS, key=lambda at: abs(GREYS[at] - part)) for part in range(256)]


class Blocks:
    """A picture as half blocks."""

    live = True
    before = away = after = ""

    def __init__(self, image: Image, *, truecolour: bool) -> None:
        self._image = image
        self._colours = _true if truecolour else _fixed

    def rows(self, box: Box) -> list[Row]:
        """One row of text for two rows of pixels."""
        from PIL import Image

        small = self._image.resize((box.columns, 2 * box.rows), Image.Resampling.BOX)
        colours = self._colours(small.convert("RGB"))
        if small.mode == "RGBA":
            alphas = small.getchannel("A").tobytes()
            colours = [
                colour if alpha >= OPAQUE else "" for colour, alpha in zip(colours, alphas, strict=True)
            ]
        lines = [colours[at : at + box.columns] for at in range(0, len(colours), box.columns)]
        return [_row(lines[at], lines[at + 1]) for at in range(0, len(lines), 2)]

    def over(self, box: Box) -> str:
        """Nothing: the rows are the picture."""
        return ""


def _row(upper: list[str], lower: list[str]) -> Row:
    parts: list[str] = []
    style = ""
    for top, bottom in zip(upper, lower, strict=True):
        new, char = _cell(top, bottom)
        if new != style:
            parts.append(f"\x1b[{new}m" if new else RESET)
            style = new
        parts.append(char)
    return Row("".join(parts) + (RESET if style else ""), len(upper))


def _cell(top: str, bottom: str) -> tuple[str, str]:
    """SGR parameters and character; they start with a reset where only half of a cell is drawn."""
    if top and bottom:
        return f"38;{top};48;{bottom}", UPPER
    if top:
        return f"0;38;{top}", UPPER
    return (f"0;38;{bottom}", LOWER) if bottom else ("", " ")


def _true(image: Image) -> list[str]:
    """The pixels as SGR parameters."""
    data = image.tobytes()
    return [f"2;{data[at]};{data[at + 1]};{data[at + 2]}" for at in range(0, len(data), 3)]


def _fixed(image: Image) -> list[str]:
    """The pixels as SGR parameters of near fixed colours; not dithered: pixels of this size would be a chequerboard."""
    from PIL import ImageChops

    red, green, blue = image.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    least = ImageChops.darker(ImageChops.darker(red, green), blue)
    grey = ImageChops.difference(most, least).point([255] * CHROMA + [0] * (256 - CHROMA))
    reds, greens, blues = (
        part.point([weight * step for step in _NEAR_LEVEL])
        for part, weight in zip((red, green, blue), (36, 6, 1), strict=True)
    )
    near = ImageChops.add(ImageChops.add(reds, greens), blues).point(
        [16 + at for at in range(216)] + [0] * 40
    )
    near.paste(image.convert("L").point(_NEAR_GREY), None, grey)
    return [f"5;{at}" for at in near.tobytes()]
