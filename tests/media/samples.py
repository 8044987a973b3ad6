"""Real pictures and documents, made here."""

from __future__ import annotations

import zlib
from io import BytesIO
from struct import pack
from typing import Any

from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(name: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    """A picture with something to see in a format of Pillow's."""
    image = Image.new(mode, size, 0)
    for x in range(0, size[0], 3):
        image.putpixel((x, x * size[1] // size[0]), (200, 90, 10) if mode == "RGB" else 7)
    out = BytesIO()
    image.save(out, format=name, **options)
    return out.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred kilobytes at most that decodes to gigabytes."""
    row = zlib.compress(b"\0" * (side // 8 + 1) * 2_000, 9)
    header = pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def animation() -> bytes:
    """A GIF of two frames."""
    frames = [Image.new("RGB", (4, 4), colour).convert("P") for colour in ((200, 0, 0), (0, 0, 200))]
    out = BytesIO()
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()
