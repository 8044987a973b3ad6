"""Kitty's graphics protocol: sent once under a number of its own, placed by forty bytes as often as rows move.

Every command says `q=2`: the terminal never answers. Placed at the cursor, not by Unicode placeholders: Debian's
kitty 0.26 and others know only the former.
"""

from __future__ import annotations

import base64
import random
from io import BytesIO
from typing import TYPE_CHECKING, Final

from azresp.ui.markdown.rows import Row
from azresp.ui.pictures.fit import Box

if TYPE_CHECKING:
    from PIL.Image import Image

CHUNK: Final = 4096


class Kitty:
    """A picture that the terminal keeps until it is deleted."""

    live = True

    def __init__(self, image: Image, number: int | None = None) -> None:
        # Numbers are shared by all programs of a terminal; nobody hands them out.
        self._number = number or random.randrange(1 << 16, 1 << 32)  # noqa: S311 (no secret)
        self.before = self._transmission(image)
        """What sends the picture; nothing is seen yet."""
        self.away = _command(f"a=d,d=i,i={self._number},q=2")
        """What takes it off the screen; it can be placed again."""
        self.after = _command(f"a=d,d=I,i={self._number},q=2")
        """What removes the picture and its memory."""

    def rows(self, box: Box) -> list[Row]:
        """Room for it."""
        return [Row("", 0)] * box.rows

    def over(self, box: Box) -> str:
        """Show it with its upper left corner at the cursor, which stays (`C=1`); again moves it."""
        return _command(f"a=p,i={self._number},p=1,c={box.columns},r={box.rows},C=1,q=2")

    def _transmission(self, image: Image) -> str:
        # Never the bytes as they came: the terminal's decoder gets only what Pillow wrote.
        png = BytesIO()
        image.save(png, "PNG", compress_level=1)
        data = base64.standard_b64encode(png.getvalue()).decode()
        chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
        head = f"a=t,t=d,f=100,i={self._number},q=2,"
        commands = [
            _command(f"{head if not at else 'q=2,'}m={int(at < len(chunks) - 1)}", chunk)
            for at, chunk in enumerate(chunks)
        ]
        return "".join(commands)


def _command(keys: str, payload: str = "") -> str:
    return f"\x1b_G{keys};{payload}\x1b\\" if payload else f"\x1b_G{keys}\x1b\\"
