"""Is it text, and which MIME type does the service know it by?"""

from __future__ import annotations

import codecs

_MIMES = {
    ".c": "text/x-c",
    ".cpp": "text/x-c++",
    ".cs": "text/x-csharp",
    ".css": "text/css",
    ".csv": "text/csv",
    ".go": "text/x-golang",
    ".htm": "text/html",
    ".html": "text/html",
    ".java": "text/x-java",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".php": "text/x-php",
    ".py": "text/x-python",
    ".rb": "text/x-ruby",
    ".sh": "application/x-sh",
    ".tex": "text/x-tex",
    ".ts": "application/typescript",
    ".txt": "text/plain",
    ".xml": "text/xml",
}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))


def text_mime(data: bytes, suffix: str) -> str:
    """The MIME type of a text, by its extension; empty if it is not text."""
    return _MIMES.get(suffix.lower(), "text/plain") if _is_text(data) else ""


def has_known_extension(suffix: str) -> bool:
    """The service knows texts by this extension; of others it may say that it doesn't take them."""
    return suffix.lower() in _MIMES


def _is_text(data: bytes) -> bool:
    """UTF-8, with a mark or without, or UTF-16 with its mark; no control characters that no text has."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(data, "utf-16")
    return not _has_controls(data) and _decodes(data, "utf-8")


def _has_controls(data: bytes) -> bool:
    return len(data.translate(None, _CONTROLS)) != len(data)


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    step = 1 << 20
    try:
        for at in range(0, len(view), step):
            text = decoder.decode(view[at : at + step], at + step >= len(view))
            if "\0" in text:
                return False
    except UnicodeDecodeError:
        return False
    return True
