"""What a file is, by its first bytes: extensions lie, and nothing is decoded to find out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from azresp.errors import UsageError
from azresp.media.containers import foreign_format
from azresp.media.headers import Measured, NotWhole, measure
from azresp.media.text import has_known_extension, text_mime

IMAGES = "PNG, JPEG, WebP and GIF without animation"
FILES = "PDF, text in UTF-8 or UTF-16, and Word, Excel and PowerPoint files (docx, xlsx, pptx)"
_EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is, and what may be done with it."""

    mime: str
    width: int = 0
    """in pixels; 0 where it is no image"""
    height: int = 0

    @property
    def image(self) -> bool:
        """It is sent as `input_image`; everything else as `input_file`."""
        return self.mime.startswith("image/")

    def told(self, name: str) -> str:
        """The name to tell the service, which judges a text by its extension too: one that it may not know
        gets `.txt` behind it."""
        plain = self.mime == "text/plain" and not has_known_extension(PurePath(name).suffix)
        return f"{name}.txt" if plain else name


def recognise(data: bytes, name: str, wanted: str = "") -> Kind:
    """What `data` is. `wanted` is `image`, `file` or empty for both. Raises UsageError for what can't be sent."""
    if not data:
        raise UsageError(f"{name} is empty", "Nothing of it could be sent.")
    try:
        kind = _image(data) or _pdf(data)
    except NotWhole as error:
        raise UsageError(f"{name} {error}", "Is the file complete? Try to open it in a viewer.") from error
    kind = kind or _document(data, name, wanted)
    if wanted == "image" and not kind.image:
        raise UsageError(
            f"{name} is no picture but {kind.mime}",
            f"Pictures may be {IMAGES}; other files go with --file or /file.",
        )
    if wanted == "file" and kind.image:
        raise UsageError(f"{name} is a picture ({kind.mime})", "Use /image or -i for pictures.")
    return kind


def image_mime(head: bytes) -> str:
    """The type of an image the service makes, by its first bytes; empty for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if head[:6] in (b"GIF87a", b"GIF89a") else ""


def image_extension(mime: str) -> str:
    """The extension of a type that `image_mime` gave."""
    return _EXTENSIONS[mime]


def _image(data: bytes) -> Kind | None:
    mime = image_mime(data[:16])
    if not mime:
        return None
    size: Measured = measure(mime, data)
    if size.frames > 1:
        raise NotWhole("is an animation, and the service takes only GIF without animation")
    return Kind(mime, size.width, size.height)


def _pdf(data: bytes) -> Kind | None:
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:5] != b"%PDF-":
        return None
    if b"%%EOF" not in data:
        raise NotWhole("is a PDF that is cut off: its end mark is missing")
    return Kind("application/pdf")


def _document(data: bytes, name: str, wanted: str) -> Kind:
    format_name, mime = foreign_format(data)
    if mime:
        return Kind(mime)
    allowed = IMAGES if wanted == "image" else FILES if wanted == "file" else f"{IMAGES}; {FILES}"
    if not format_name and (found := text_mime(data, PurePath(name).suffix)):
        return Kind(found)
    said = format_name or "in no format that is known here"
    raise UsageError(f"{name} is {said}", f"The service takes {allowed}.")
