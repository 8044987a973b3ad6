"""A picture's bytes -> a picture in memory, guarded: sizes are checked before anything is decoded."""

from __future__ import annotations

import binascii
import os
import stat
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES: Final = 128 * 1024 * 1024
MOST_PIXELS: Final = 64 * 1024 * 1024
"""Decoded it takes four bytes for each; the largest picture that the service draws has under three million."""
PIECE: Final = 1 << 20
"""Characters of base64 that are decoded at once; a multiple of four."""
KEPT: Final = (1600, 1600)
"""What is kept in memory: more no window shows."""
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
"""What the service sends and takes; Pillow's rarer decoders are never tried."""

Source = bytes | str | Path
"""A picture: its bytes, its bytes in base64 (as the wire has it), or its file."""


class Undrawable(Exception):
    """The picture can't be drawn; the text says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture in memory, at most `KEPT` large, RGB or RGBA, upright."""

    image: Image
    size: tuple[int, int]
    """pixels of the original"""
    format: str


def decode(source: Source) -> Decoded:
    """Decode a picture; slow, for a thread. Raises Undrawable."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise Undrawable("no preview without Pillow: pip install 'azresp[images]'") from None
    data = _bytes(source)
    # We have our own limit, and a warning would be written across the screen.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Undrawable(f"too large to preview: {width:,} × {height:,} pixels")
            return Decoded(_upright(image), (width, height), image.format or "")
    except Undrawable:
        raise
    except Image.DecompressionBombError:
        raise Undrawable("too large to preview") from None
    except UnidentifiedImageError:
        raise Undrawable("no picture that can be previewed") from None
    except Exception as error:  # decoders of broken files raise nearly anything
        raise Undrawable(f"a broken picture ({type(error).__name__})") from error


def _upright(image: Image) -> Image:
    from PIL import ImageOps

    image.draft("RGB", KEPT)
    image.load()
    alpha = image.has_transparency_data
    mode = "RGBA" if alpha else "RGB"
    # `convert` copies even what has the mode: 20 MB more for a large picture.
    found = image if image.mode == mode else image.convert(mode)
    found.thumbnail(KEPT)
    return ImageOps.exif_transpose(found)


def _bytes(source: Source) -> bytes:
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, Path):
        data = _read(source)
    else:
        data = _from_base64(source)
    if len(data) > MOST_BYTES:
        raise Undrawable(f"too large to preview: {len(data):,} bytes")
    return data


def _from_base64(text: str) -> bytes:
    if len(text) > MOST_BYTES * 4 // 3:
        raise Undrawable(f"too large to preview: {len(text):,} characters of base64")
    try:
        # In pieces: decoding holds the interpreter's lock, and 20 MB at once would be felt while typing.
        pieces = (text[at : at + PIECE] for at in range(0, len(text), PIECE))
        return b"".join(binascii.a2b_base64(piece, strict_mode=True) for piece in pieces)
    except ValueError:
        raise Undrawable("no picture: its base64 is broken") from None


def _read(path: Path) -> bytes:
    # Never waits: a FIFO has no writer, a device no end.
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise Undrawable(f"no preview: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Undrawable("no preview: not a regular file")
    with os.fdopen(handle, "rb") as file:
        return file.read(MOST_BYTES + 1)
