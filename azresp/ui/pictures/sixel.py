"""Sixels: bands of six pixel rows, colour after colour. What is drawn can't be taken back: only final pictures are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from azresp.ui.markdown.rows import Row
from azresp.ui.pictures.fit import Box, Cell

if TYPE_CHECKING:
    from PIL.Image import Image

BAND: Final = 6
COLOURS: Final = 255
HOLE: Final = 255
"""The palette's index of what is not drawn."""
MOST_SIDE: Final = 1000
"""Pixels; xterm draws no more than that by default."""

_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)
_CHARS: Final = bytes(63 + bits for bits in range(64)) + bytes(192)


class Sixel:
    """A picture in sixels, made for one size at a time."""

    live = False
    before = away = after = ""

    def __init__(self, image: Image, cell: Callable[[], Cell]) -> None:
        self._image = image
        self._cell = cell
        self._made: tuple[Box, Cell, str] | None = None

    def rows(self, box: Box) -> list[Row]:
        """Room for it."""
        return [Row("", 0)] * box.rows

    def over(self, box: Box) -> str:
        """Draw it with its upper left corner at the cursor."""
        cell = self._cell()
        if self._made is None or self._made[:2] != (box, cell):
            self._made = (box, cell, sixels(self._image, *_pixels(box, cell)))
        return self._made[2]


def sixels(image: Image, width: int, height: int) -> str:
    """The picture as one DCS string; pixels that are transparent are left as they are."""
    indices, palette = _indexed(image, width, height)
    used = sorted(set(indices) - {HOLE})
    colours = "".join(
        f"#{at};2;{';'.join(str(round(part / 2.55)) for part in palette[3 * at : 3 * at + 3])}" for at in used
    )
    bands = b"-".join(_band(indices[at : at + BAND * width], width) for at in _starts(width, height))
    return f'\x1bP0;1;0q"1;1;{width};{height}{colours}{bands.decode("ascii")}\x1b\\'


def _pixels(box: Box, cell: Cell) -> tuple[int, int]:
    # Whole bands: some terminals draw a broken one in full, over the next row of text.
    width, height = box.columns * cell.width, box.rows * cell.height
    shrink = min(1.0, MOST_SIDE / max(width, height))
    return max(1, int(width * shrink)), max(BAND, int(height * shrink) // BAND * BAND)


def _indexed(image: Image, width: int, height: int) -> tuple[bytes, list[int]]:
    """Palette indices, row by row, and the palette: as many colours as help, dithered."""
    from PIL import Image as Pillow

    small = image.resize((width, height), Pillow.Resampling.LANCZOS)
    rgb = small.convert("RGB")
    best = rgb.quantize(COLOURS, Pillow.Quantize.MEDIANCUT)
    dithered = rgb.quantize(palette=best, dither=Pillow.Dither.FLOYDSTEINBERG)
    if small.mode == "RGBA":
        holes = small.getchannel("A").point([255] * 128 + [0] * 128)
        dithered.paste(HOLE, (0, 0), holes)
    return dithered.tobytes(), best.getpalette() or []


def _starts(width: int, height: int) -> Iterator[int]:
    return iter(range(0, width * height, BAND * width))


def _band(pixels: bytes, width: int) -> bytes:
    """One band: for each colour the six bits of every column, run lengths counted."""
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    layers: list[bytes] = []
    for colour in sorted(set(pixels) - {HOLE}):
        bits = 0
        for at, row in enumerate(rows):
            if colour in row:
                only = bytearray(256)
                only[colour] = 1 << at
                bits |= int.from_bytes(row.translate(bytes(only)), "big")
        chars = bits.to_bytes(width, "big").translate(_CHARS).rstrip(b"?")
        layers.append(b"#%d" % colour + _RUN.sub(_counted, chars))
    return b"$".join(layers)


def _counted(run: re.Match[bytes]) -> bytes:
    return b"!%d" % len(run.group()) + run.group(1)
