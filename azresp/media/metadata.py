"""Metadata leave a picture, its pixels stay as they are: no decoding, nothing is compressed anew.

What goes: EXIF with its GPS, XMP, IPTC, comments, time stamps, thumbnails, and whatever hangs behind the picture.
What stays: colour profiles, transparency, and which way is up.
"""

from __future__ import annotations

from struct import error as StructError
from struct import pack, unpack_from
from zlib import crc32

from azresp.media.headers import NotWhole, blocks_end, measure, scan_end

_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)
_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112


def stripped(data: bytes, mime: str) -> bytes:
    """The image without metadata. Raises NotWhole for a damaged one."""
    measure(mime, data)
    writer = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "image/gif": _gif}[mime]
    try:
        return writer(data)
    except (LookupError, ValueError, StructError) as error:
        raise NotWhole("is damaged: its metadata can't be taken out") from error


def _png(data: bytes) -> bytes:
    pieces, at = [data[:8]], 8
    while True:
        length, kind = unpack_from(">I4s", data, at)
        if kind in _PNG_KEPT:
            pieces.append(data[at : at + length + 12])
        elif kind == b"eXIf" and (tiff := _upright(data[at + 8 : at + 8 + length])):
            pieces.append(pack(">I", len(tiff)) + kind + tiff + pack(">I", crc32(kind + tiff)))
        at += length + 12
        if kind == b"IEND":
            return b"".join(pieces)


def _jpeg(data: bytes) -> bytes:
    pieces, at = [b"\xff\xd8"], 2
    while True:
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == 0xD9:
            return b"".join([*pieces, b"\xff\xd9"])
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        (length,) = unpack_from(">H", data, at + 2)
        end = at + 2 + length
        segment = data[at:end]
        if marker == 0xDA:
            end = scan_end(data, end)
            pieces.append(data[at:end])
        else:
            pieces.append(_segment(marker, segment))
        at = end


def _segment(marker: int, segment: bytes) -> bytes:
    """What stays of one segment of a JPEG."""
    content = segment[4:]
    if marker == 0xE1 and content.startswith(_EXIF):
        tiff = _upright(content[len(_EXIF) :])
        return pack(">HH", 0xFFE1, len(_EXIF + tiff) + 2) + _EXIF + tiff if tiff else b""
    kept = (
        (marker == 0xE0 and content.startswith((b"JFIF\0", b"JFXX\0")))
        or (marker == 0xE2 and content.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and content.startswith(b"Adobe"))
    )
    if marker == 0xE0 and content.startswith(b"JFXX\0"):
        return b""  # a thumbnail
    return segment if kept or not (0xE0 <= marker <= 0xEF or marker == 0xFE) else b""


def orientation(tiff: bytes) -> int:
    """Which way is up, from 1 to 8, by the TIFF block of EXIF; 1 where it does not say."""
    try:
        order = {b"II*\0": "<", b"MM\0*": ">"}[tiff[:4]]
        (at,) = unpack_from(f"{order}I", tiff, 4)
        (entries,) = unpack_from(f"{order}H", tiff, at)
        for entry in range(entries):
            tag, kind, _, value = unpack_from(f"{order}HHIH", tiff, at + 2 + entry * 12)
            if (tag, kind) == (_ORIENTATION, 3) and 1 <= value <= 8:
                return int(value)
    except (LookupError, StructError):
        pass
    return 1


def _upright(tiff: bytes) -> bytes:
    """A TIFF block that says nothing but the orientation; empty where the picture is upright already."""
    value = orientation(tiff)
    return b"" if value == 1 else b"MM\0*" + pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, value, 0, 0)


_HAS_EXIF, _HAS_XMP = 0x08, 0x04
"""flags of a WebP's VP8X chunk"""


def _webp(data: bytes) -> bytes:
    pieces, at = [], 12
    end = min(unpack_from("<I", data, 4)[0] + 8, len(data))
    while at + 8 <= end:
        kind, size = unpack_from("<4sI", data, at)
        following = at + 8 + size + (size & 1)
        chunk = data[at:following]
        if kind == b"EXIF" and (tiff := _upright(chunk[8:].removeprefix(_EXIF))):
            pieces.append(pack("<4sI", kind, len(tiff)) + tiff)
        if kind == b"VP8X":
            flags = chunk[8] & ~(_HAS_EXIF | _HAS_XMP)
            chunk = chunk[:8] + bytes([flags | _HAS_EXIF * _is_turned(data, end)]) + chunk[9:]
        if kind in (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"):
            pieces.append(chunk)
        at = following
    body = b"".join(pieces)
    return b"RIFF" + pack("<I", len(body) + 4) + b"WEBP" + body


def _is_turned(data: bytes, end: int) -> bool:
    at = 12
    while at + 8 <= end:
        kind, size = unpack_from("<4sI", data, at)
        if kind == b"EXIF":
            return bool(_upright(data[at + 8 : at + 8 + size].removeprefix(_EXIF)))
        at += 8 + size + (size & 1)
    return False


def _gif(data: bytes) -> bytes:
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    pieces = [data[:at]]
    while data[at] != 0x3B:
        if data[at] == 0x21:
            end = blocks_end(data, at + 2)
            kept = data[at + 1] == 0xF9  # how the frame is shown; comments, texts and applications go
        else:
            flags = data[at + 9]
            end = blocks_end(data, at + 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0))
            kept = True
        if kept:
            pieces.append(data[at:end])
        at = end
    return b"".join([*pieces, b"\x3b"])
