"""From what the user names to an attachment: read, recognised, measured. Blocks: call it in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from azresp.errors import UsageError
from azresp.media.attachment import MAX_BYTES, Attachment, Detail, Family, Linked, Uploaded, attached
from azresp.media.clipboard import read_clipboard
from azresp.media.kind import image_mime
from azresp.media.names import told_name
from azresp.media.reading import read_file, read_stream
from azresp.media.sources import (
    FromClipboard,
    FromData,
    FromPath,
    FromStdin,
    FromUpload,
    FromUrl,
    Source,
)

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def attach(
    source: Source,
    wanted: Family | None = None,
    *,
    detail: Detail = "auto",
    env: Mapping[str, str],
    stdin: BinaryIO | None = None,
) -> Attachment:
    """The attachment that a source gives. Without `wanted`, its bytes decide whether it is a picture or a file."""
    match source:
        case FromPath(path):
            return attached(read_file(path, MAX_BYTES), told_name(path), wanted, detail)
        case FromData(data):
            return attached(data, _named("data", data), wanted, detail)
        case FromClipboard():
            data = read_clipboard(env, MAX_BYTES)
            return attached(data, _named("clipboard", data), wanted, detail)
        case FromStdin():
            if stdin is None:
                raise UsageError(
                    "there is nothing on stdin", "Pipe the file in, as in `azresp run -i - < a.png`."
                )
            data = read_stream(stdin, "stdin", MAX_BYTES)
            return attached(data, _named("stdin", data), wanted, detail)
        case FromUrl(url):
            name = _name_of(url)
            family: Family = wanted or ("image" if name.lower().endswith(_PICTURES) else "file")
            return Attachment(name, family, Linked(url), detail=detail)
        case FromUpload(file_id):
            return Attachment(file_id, wanted or "file", Uploaded(file_id), detail=detail)


def _named(origin: str, data: bytes) -> str:
    """A name for bytes that have none."""
    mime = image_mime(data[:16])
    if mime:
        return f"{origin}.{mime.removeprefix('image/')}"
    return f"{origin}.pdf" if data[:5] == b"%PDF-" else origin


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    return unquote(PurePosixPath(parts.path).name) or (parts.hostname or url)
