"""Width, height and frames of an image, read from its headers: no pixel is decoded, so no bomb goes off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from struct import error as StructError
from struct import unpack_from

MAX_SIDE = 65_535
"""No side of a picture is longer: beyond it no JPEG can be written, and a header that says so lies."""


class NotWhole(ValueError):
    """Why an image can't be sent, as the rest of a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the headers say."""

    width: int
    height: int
    frames: int = 1
    end: int = 0
    """where the image ends in its file; what follows is something else"""


def measure(mime: str, data: bytes) -> Measured:
    """The size of a whole image of this type. Raises NotWhole for one that is cut off or contradicts itself."""
    reader = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "image/gif": _gif}[mime]
    name = mime.removeprefix("image/").upper()
    try:
        found = reader(data)
    except (LookupError, ValueError, StructError) as error:
        raise NotWhole(f"is a {name} that is cut off or damaged") from error
    if not (0 < found.width <= MAX_SIDE and 0 < found.height <= MAX_SIDE):
        raise NotWhole(f"is a {name} of {found.width} × {found.height} pixels, which can't be")
    return found


def _png(data: bytes) -> Measured:
    length, kind, width, height = unpack_from(">I4sII", data, 8)
    if (length, kind) != (13, b"IHDR"):
        raise ValueError
    at = 8
    while True:
        length, kind = unpack_from(">I4s", data, at)
        at += length + 12
        if at > len(data):
            raise IndexError
        if kind == b"IEND":
            return Measured(width, height, end=at)


_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of frames: all SOFn, but not DHT, JPG and DAC."""


def _jpeg(data: bytes) -> Measured:
    at, size = 2, (0, 0)
    while True:
        marker, at = _next_marker(data, at)
        if marker == 0xD9:
            if size == (0, 0):
                raise ValueError
            return Measured(*size, end=at)
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        (length,) = unpack_from(">H", data, at)
        if length < 2 or at + length > len(data):
            raise IndexError
        if marker in _SIZES and size == (0, 0):
            height, width = unpack_from(">HH", data, at + 3)
            size = (width, height)
        at += length
        if marker == 0xDA:
            at = scan_end(data, at)


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    if data[at] != 0xFF:
        raise ValueError
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def scan_end(data: bytes, at: int) -> int:
    """Where the compressed data of a JPEG that begin at `at` end: at the next marker that is none of theirs."""
    found = _MARKER.search(data, at)
    if found is None:
        raise IndexError
    return found.start()


_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _webp(data: bytes) -> Measured:
    (size,) = unpack_from("<I", data, 4)
    end = size + 8
    if end > len(data) or len(data) < 30:
        raise IndexError
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        return Measured(width, height, 2 if data[20] & 0x02 else 1, end)
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = unpack_from("<I", data, 21)
        return Measured((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, end=end)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = unpack_from("<HH", data, 26)
        return Measured(width & 0x3FFF, height & 0x3FFF, end=end)
    raise ValueError


def _gif(data: bytes) -> Measured:
    width, height, flags = unpack_from("<HHB", data, 6)
    at, frames = 13 + _colours(flags), 0
    while True:
        match data[at]:
            case 0x3B:
                if not frames:
                    raise ValueError
                return Measured(width, height, frames, at + 1)
            case 0x21:
                at = blocks_end(data, at + 2)
            case 0x2C:
                frames += 1
                at = blocks_end(data, at + 11 + _colours(data[at + 9]))
            case _:
                raise ValueError


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def blocks_end(data: bytes, at: int) -> int:
    """Where a chain of GIF sub-blocks that begins at `at` ends."""
    while length := data[at]:
        at += length + 1
    return at + 1
