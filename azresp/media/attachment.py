"""Something attached to what the user says: what it is, and how it goes to the service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from azresp.core.pictures import Kept
from azresp.core.sse import Wire
from azresp.errors import UsageError
from azresp.media.encoding import encoded, encoded_size
from azresp.media.kind import recognise
from azresp.media.reading import demand_size, sized

Detail = Literal["low", "high", "auto"]
Family = Literal["image", "file"]

MAX_BYTES = 50_000_000
"""The contract's limit for one picture or file, and for all of a request together (facts.md 5)."""
MAX_IMAGES = 100
INLINE_UP_TO = 4 * 1024 * 1024
"""`auto` sends up to this as a data URL: that takes no second request and leaves nothing at the service to collect.
Larger ones are uploaded, since a data URL is sent anew at every retry and with every stateless turn."""
_ROOM = 1_000_000
"""left for everything else in a request"""


@dataclass(frozen=True, slots=True)
class Inline:
    """Its bytes go in the request, as a data URL."""

    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """What the bytes are known by."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Linked:
    """The service fetches it."""

    url: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The service has it as a file."""

    file_id: str


Way = Inline | Linked | Uploaded


@dataclass(frozen=True, slots=True)
class Attachment:
    """One picture or file."""

    name: str
    """as the service is told; see `names.told_name`"""
    family: Family
    way: Way
    mime: str = ""
    """empty where we have not seen its bytes"""
    size: int = 0
    """in bytes"""
    width: int = 0
    height: int = 0
    detail: Detail = "auto"

    @property
    def purpose(self) -> str:
        """What it is uploaded for: Azure takes `vision` for pictures and `assistants` for files (facts.md 3.4)."""
        return "vision" if self.family == "image" else "assistants"

    @property
    def to_upload(self) -> bool:
        """`auto` would upload it."""
        return isinstance(self.way, Inline) and self.size > INLINE_UP_TO

    @property
    def weight(self) -> int:
        """How many bytes of a request it takes."""
        match self.way:
            case Inline():
                return encoded_size(self.size)
            case Linked(url):
                return len(url)
            case Uploaded(file_id):
                return len(file_id)

    def uploaded(self, file_id: str) -> Attachment:
        """This one, once the service has it."""
        return replace(self, way=Uploaded(file_id))

    def to_part(self, kept: Kept | None = None) -> Wire:
        """The part of an input message.

        With `kept`, a reference stands where the bytes would: `restore_pictures` puts them there for each request,
        so that no base64 is in the session. Without, base64 is made here.
        """
        if self.family == "image":
            return {"type": "input_image", "detail": self.detail, **self._picture(kept)}
        return {"type": "input_file", **self._file(kept)}

    def to_mask(self) -> Wire:
        """What the image_generation tool takes as `input_image_mask`."""
        return self._picture(None)

    def _picture(self, kept: Kept | None) -> Wire:
        match self.way:
            case Inline(data):
                return {"image_url": self._body(data, kept)}
            case Linked(url):
                return {"image_url": url}
            case Uploaded(file_id):
                return {"file_id": file_id}

    def _file(self, kept: Kept | None) -> Wire:
        match self.way:
            case Inline(data):
                return {"filename": self.name, "file_data": self._body(data, kept)}
            case Linked(url):
                return {"file_url": url}
            case Uploaded(file_id):
                return {"file_id": file_id}

    def _body(self, data: bytes, kept: Kept | None) -> str | Wire:
        return encoded(data, f"data:{self.mime};base64,") if kept is None else kept.to_wire()


def attached(data: bytes, name: str, wanted: Family | None = None, detail: Detail = "auto") -> Attachment:
    """The attachment that these bytes make. Raises UsageError for what can't be sent."""
    demand_size(name, len(data), MAX_BYTES)
    kind = recognise(data, name, wanted or "")
    family: Family = "image" if kind.image else "file"
    told = name if family == "image" else kind.told(name)
    return Attachment(told, family, Inline(data), kind.mime, len(data), kind.width, kind.height, detail)


def demand_fitting(attachments: Iterable[Attachment]) -> None:
    """Raise UsageError if these can't go in one request: number of pictures, bytes of each and together."""
    all_of_them = list(attachments)
    images = sum(one.family == "image" for one in all_of_them)
    if images > MAX_IMAGES:
        raise UsageError(
            f"{images} pictures are attached", f"The service takes at most {MAX_IMAGES} a request."
        )
    for one in all_of_them:
        demand_size(one.name, one.size, MAX_BYTES)
    weight = sum(one.weight for one in all_of_them)
    if weight > MAX_BYTES - _ROOM:
        heaviest = max(all_of_them, key=lambda one: one.weight)
        raise UsageError(
            f"the attachments take {sized(weight)} in base64, and a request may have {sized(MAX_BYTES)}",
            f"Upload {heaviest.name} ({sized(heaviest.size)}), or drop something.",
        )
