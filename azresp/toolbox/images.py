"""Pictures among the results: told by their first bytes, sent as content parts."""

from __future__ import annotations

import base64

from azresp.core.sse import Wire

MAGIC_BYTES = 12


def image_kind(data: bytes | bytearray) -> str | None:
    """The media type of a PNG, JPEG, GIF or WebP; None for anything else. The first `MAGIC_BYTES` decide."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def image_part(kind: str, data: bytes) -> Wire:
    """An image as the output of a function call has it."""
    return {"type": "input_image", "image_url": f"data:{kind};base64,{base64.b64encode(data).decode()}"}


def text_part(text: str) -> Wire:
    """Text beside an image."""
    return {"type": "input_text", "text": text}
