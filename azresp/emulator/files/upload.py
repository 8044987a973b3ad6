"""Reading an upload: a multipart form with one file, spooled to disk while it arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from starlette.requests import Request

from .. import parameter, refusals

PURPOSES = ("assistants", "vision", "batch", "fine-tune", "evals")
"""Purposes that Azure takes; it says that user_data is not supported."""
_SHORTEST_LIFE_S, _LONGEST_LIFE_S = 3600, 2_592_000
_FORM_BYTES = 64 * 1024
"""What a form may be larger than its file."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A form as it came; `file` is None where none was sent."""

    fields: Mapping[str, str]
    file: BinaryIO | None = None
    filename: str = ""
    size: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """For the journal: the fields and what is known of the file."""
        return {**self.fields, "file": {"filename": self.filename, "bytes": self.size}}


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def read_form(request: Request, limit: int) -> Upload:
    """The form of a request; refused when its file is larger than `limit`, or when it is no form."""
    try:
        import python_multipart  # noqa: F401 - starlette asserts that it is there
        from starlette.formparsers import MultiPartException, MultiPartParser
    except ImportError:
        raise refusals.lacks("python-multipart", "read uploads") from None
    parser = MultiPartParser(request.headers, _bounded(request, limit), max_files=1, max_fields=20)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:  # KeyError: a content type without a boundary
        raise refusals.invalid(f"The multipart form of your request could not be read: {error}.") from None
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    file = form.get("file")
    if file is None or isinstance(file, str):
        await form.close()
        return Upload(fields)
    size = file.size or 0
    if size > limit:
        file.file.close()
        raise _too_large(limit)
    return Upload(fields, file.file, file.filename or "", size)


def check_upload(upload: Upload) -> tuple[BinaryIO, str, int | None]:
    """The file, its purpose and how long it shall live; refused in the service's words where one does not fit."""
    purpose = upload.fields.get("purpose")
    if purpose is None:
        raise parameter.missing("purpose")
    if purpose not in PURPOSES:
        raise refusals.gateway(400, "invalidPayload", "Invalid value for the purpose.")
    if upload.file is None or not upload.filename:
        raise parameter.missing("file")
    if upload.size == 0:
        raise refusals.invalid("File is empty.", "file", "empty_file")
    return upload.file, purpose, _life(upload.fields)


def _life(fields: Mapping[str, str]) -> int | None:
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        raise parameter.wrong_value("expires_after.anchor", anchor, ("created_at",))
    if seconds is None or not seconds.isascii() or not seconds.isdecimal():
        raise parameter.wrong_type("expires_after.seconds", "an integer", seconds)
    life = int(seconds)
    if not _SHORTEST_LIFE_S <= life <= _LONGEST_LIFE_S:
        above = life > _LONGEST_LIFE_S
        bound = _LONGEST_LIFE_S if above else _SHORTEST_LIFE_S
        raise parameter.out_of_range("expires_after.seconds", "integer", bound, life, above=above)
    return life


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit + _FORM_BYTES:
            raise _too_large(limit)
        yield chunk


def _too_large(limit: int) -> refusals.Refused:
    return refusals.gateway(413, "413", f"File is too large: the limit is {limit} bytes.")
