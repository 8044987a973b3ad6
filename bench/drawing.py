"""Answers with pictures: three sketches and a final one as PNG, in the order of recorded streams."""

from __future__ import annotations

import binascii
import hashlib
import random
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

SKETCHES = 3
_CALL, _ITEM = "response.image_generation_call.", "ig_bench"
_LOOK = {"size": "auto", "quality": "high", "background": "opaque", "output_format": "png"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the server is asked to draw, as it stands in the prompt."""

    side: int = 2582
    """pixels; this one makes 20 MB"""
    rate: float = 0.0
    """events a second; 0 is full speed"""

    def __str__(self) -> str:
        return f"bench draw={self.side} rate={self.rate:g}"

    @classmethod
    def read(cls, prompt: str) -> Drawing | None:
        """The drawing in a prompt, if one is asked for."""
        told = re.search(r"bench draw=(\d+) rate=([\d.]+)", prompt)
        return cls(int(told[1]), float(told[2])) if told else None

    def picture(self, number: int) -> bytes:
        """Noise as PNG, uncompressed: what a photograph weighs without the time of making one."""
        rows = random.Random(number).randbytes(self.side * self.side * 3)
        width = self.side * 3
        raw = b"".join(b"\0" + rows[at : at + width] for at in range(0, len(rows), width))
        head = struct.pack(">IIBBBBB", self.side, self.side, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 0)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))

    @cache  # noqa: B019 - a bench has one or two of them
    def final(self) -> str:
        """The sha256 of the final picture."""
        return hashlib.sha256(self.picture(SKETCHES)).hexdigest()

    def events(self) -> Iterator[dict[str, Any]]:
        """What happens between the response's beginning and its end, the picture in base64."""
        place = {"output_index": 0, "item_id": _ITEM}
        item = {"id": _ITEM, "type": "image_generation_call", "status": "in_progress"}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item}
        yield {"type": f"{_CALL}in_progress", **place}
        yield {"type": f"{_CALL}generating", **place}
        for at in range(SKETCHES):
            sketch = {"partial_image_index": at, "partial_image_b64": _base64(self.picture(at))}
            yield {"type": f"{_CALL}partial_image", **place, **sketch, **_LOOK}
        yield {"type": f"{_CALL}completed", **place}
        yield {"type": "response.output_item.done", "output_index": 0, "item": self.item()}

    def item(self) -> dict[str, Any]:
        """The finished call."""
        whole = {"id": _ITEM, "type": "image_generation_call", "status": "completed"}
        return {**whole, **_LOOK, "result": _base64(self.picture(SKETCHES)), "revised_prompt": "Noise."}


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    kind, data = part
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")
