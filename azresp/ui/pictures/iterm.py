"""iTerm2's inline images (OSC 1337). What is drawn can't be taken back: only final pictures are."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

from azresp.ui.markdown.rows import Row
from azresp.ui.pictures.fit import Box

if TYPE_CHECKING:
    from PIL.Image import Image


class Iterm:
    """A picture that the terminal decodes and scales."""

    live = False
    before = away = after = ""

    def __init__(self, image: Image) -> None:
        # Never the bytes as they came: the terminal's decoder gets only what Pillow wrote.
        made = BytesIO()
        if image.mode == "RGBA":
            image.save(made, "PNG")
        else:
            image.save(made, "JPEG", quality=90)
        self._size = made.tell()
        self._data = base64.standard_b64encode(made.getvalue()).decode()

    def rows(self, box: Box) -> list[Row]:
        """Room for it."""
        return [Row("", 0)] * box.rows

    def over(self, box: Box) -> str:
        """Draw it with its upper left corner at the cursor."""
        keys = f"size={self._size};width={box.columns};height={box.rows};preserveAspectRatio=1;inline=1"
        return f"\x1b]1337;File={keys}:{self._data}\x07"
