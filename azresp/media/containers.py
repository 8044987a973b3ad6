"""Formats that are named when they are refused, and the Office formats that are taken."""

from __future__ import annotations

import re

_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIPPED = (
    # what stands in the zip's list of names: (name for people, MIME type if the service takes it)
    (b"word/document.xml", "a Word document (docx)", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/workbook.xml", "an Excel workbook (xlsx)", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/presentation.xml", "a PowerPoint presentation (pptx)", f"{_OFFICE}presentationml.presentation"),
)
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (0, b"BM", "a BMP image"),
    (0, b"\0\0\1\0", "an ICO image"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (doc, xls, ppt)"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "a program (ELF)"),
    (0, b"MZ", "a program (EXE)"),
    (0, b"\xcf\xfa\xed\xfe", "a program (Mach-O)"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"ID3", "an MP3 recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"fLaC", "a FLAC recording"),
    (8, b"WAVE", "a WAV recording"),
    (8, b"AVI ", "an AVI film"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM film"),
)
_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
_SVG = re.compile(
    # Atomic and possessive, so that a row of comments can't be tried in all combinations.
    rb"\A(?:\xef\xbb\xbf)?\s*+(?>(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>)\s*)*+<svg[\s>]",
    re.S | re.I,
)
_KEY = re.compile(rb"\A\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


def foreign_format(data: bytes) -> tuple[str, str]:
    """The name of a format that is neither image, PDF nor text, and its MIME type if the service takes it.

    Both are empty where nothing was recognised.
    """
    if data[4:8] == b"ftyp":
        return _by_brand(data[8:12]), ""
    if data[:4] in (b"PK\3\4", b"PK\5\6", b"PK\7\x08"):
        return _zipped(data)
    for at, magic, name in _MAGIC:
        # Two letters alone are no proof: a text may begin with them.
        if data.startswith(magic, at) and (len(magic) > 3 or b"\0" in data[:64] or not data[:64].isascii()):
            return name, ""
    if _SVG.match(data[:4096]):
        return "an SVG drawing", ""
    if _KEY.match(data[:256]):
        return "a private key, which is never sent", ""
    return "", ""


def _by_brand(brand: bytes) -> str:
    if brand in _BRANDS:
        return "a HEIC image"
    return "an AVIF image" if brand in (b"avif", b"avis") else "a film or recording (MP4)"


def _zipped(data: bytes) -> tuple[str, str]:
    # The list of names stands at the end, uncompressed.
    names = data[-256 * 1024 :]
    if b"[Content_Types].xml" in names:
        for part, name, mime in _ZIPPED:
            if part in names:
                return name, mime
    return "a zip archive", ""
