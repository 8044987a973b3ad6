"""The text of a document: PDF, Word, or anything that is text already."""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass
from typing import Any

from .. import refusals

_MOST_CHARACTERS = 2_000_000
_MOST_PAGES = 500
_MOST_XML = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """What could be read of a file."""

    kind: str
    """PDF, Word or text."""
    text: str
    pages: int | None = None
    """None where there are no pages."""


class Unreadable(Exception):
    """The file holds no text that can be got at; the message says why."""


def read_document(data: bytes) -> Document:
    """By its content, whatever its name says; Unreadable for pictures, sounds and what is broken."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _word(data)
    if b"\0" in data:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return Document("text", _decoded(data, "utf-16"))
        raise Unreadable("it is no text, no PDF and no Word document")
    return Document("text", _decoded(data, "utf-8-sig"))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)[:_MOST_CHARACTERS]
    except UnicodeDecodeError:
        pass
    if len(re.findall(rb"[\x00-\x08\x0e-\x1f\x7f]", data[:4096])) > len(data[:4096]) / 50:
        raise Unreadable("it is no text, no PDF and no Word document")
    return data.decode("latin-1")[:_MOST_CHARACTERS]


def _pdf(data: bytes) -> Document:
    try:
        import pypdf
    except ImportError:
        raise refusals.lacks("pypdf", "read PDF files") from None
    _silence("pypdf")
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        pages = len(reader.pages)
        return Document("PDF", _text_of(reader, min(pages, _MOST_PAGES)), pages)
    except Exception as error:  # a damaged file makes the library raise anything
        raise Unreadable("the PDF is damaged or encrypted") from error


def _silence(library: str) -> None:
    """What it logs would be printed between the lines of a client in the same process."""
    logger = logging.getLogger(library)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _text_of(reader: Any, pages: int) -> str:
    parts: list[str] = []
    size = 0
    for index in range(pages):
        text = reader.pages[index].extract_text().strip()
        parts.append(text)
        size += len(text)
        if size > _MOST_CHARACTERS:
            break
    return "\n\n".join(parts)[:_MOST_CHARACTERS]


def _word(data: bytes) -> Document:
    import zipfile
    from html import unescape

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("word/document.xml") as part:
            xml = part.read(_MOST_XML).decode("utf-8", "replace")
    except Exception as error:  # the same
        raise Unreadable("it is an archive, but no Word document") from error
    broken = re.sub(r"</w:p>|<w:br/>", "\n", re.sub(r"<w:tab/>", "\t", xml))
    return Document("Word", unescape(re.sub(r"<[^>]*>", "", broken)).strip()[:_MOST_CHARACTERS])
