"""Writing pictures in the formats of the API."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_BLOCKS = (16, 32, 64, 128)
"""How many blocks wide the first, second … partial picture is; each is finer than the one before."""


def encoded(picture: Image, format_: str, compression: int) -> str:
    """Base64 of a png, jpeg or webp; `compression` is the quality of the latter two, from 0 to 100."""
    buffer = io.BytesIO()
    match format_:
        case "jpeg":
            picture.convert("RGB").save(buffer, "JPEG", quality=max(1, min(compression, 95)))
        case "webp":
            picture.save(buffer, "WEBP", quality=compression, method=2)
        case _:
            picture.save(buffer, "PNG", compress_level=6)
    return base64.b64encode(buffer.getbuffer()).decode("ascii")


def coarser(picture: Image, index: int) -> Image:
    """The picture as it looks when `index` partial ones went before: the same size, in blocks."""
    from PIL import Image

    blocks = _BLOCKS[min(index, len(_BLOCKS) - 1)]
    width, height = picture.size
    small = picture.resize((blocks, max(1, blocks * height // max(1, width))), Image.Resampling.BOX)
    return small.resize((width, height), Image.Resampling.NEAREST)
