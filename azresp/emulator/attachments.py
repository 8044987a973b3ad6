"""Pictures and files that come with messages: taken apart, refused where the service refuses them, described."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import parameter, refusals, tokens
from .files.shelf import Shelf
from .files.text import Document, Unreadable, read_document
from .pictures.look import Look, look

Part = Mapping[str, Any]

_PICTURE_TYPES = ("image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif")
_DOCUMENT_TYPES = re.compile(
    r"text/.+|application/(pdf|json|xml|x?html.*|x-(sh|yaml|tex|httpd-php|typescript|javascript|sql)|javascript|"
    r"typescript|yaml|toml|csv|rtf|msword|vnd\.openxmlformats-officedocument\..+)"
)
_NO_DOCUMENT = re.compile(
    r"\.(mp3|wav|ogg|flac|m4a|mp4|mov|webm|avi|png|jpe?g|gif|webp|zip|exe)(\?|$)", re.IGNORECASE
)
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}
_DETAILS = ("low", "high", "auto", "original")
_MOST_PICTURES = 100
_PER_PAGE = 300
"""Tokens that the picture of a PDF's page costs beside its text."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One picture or file of a message, as far as a brain can know it."""

    kind: str
    """picture or file."""
    name: str
    """A file's name; empty for pictures."""
    detail: str = "auto"
    url: str | None = None
    """Where it is, if it was only named; this emulator fetches nothing."""
    look: Look | None = None
    document: Document | None = None
    size: int = 0
    fresh: bool = True
    """Whether it came with this request and not with an earlier one."""
    tokens: int = 85
    """What it costs as context."""


class Attachments:
    """Reads the parts of messages that are no text; knows the uploaded files."""

    def __init__(self, shelf: Shelf, clock: Callable[[], float], most_bytes: int) -> None:
        self._shelf = shelf
        self._clock = clock
        self._most = most_bytes

    def read(self, own: Sequence[Part], before: Sequence[Part]) -> list[Attachment]:
        """Those of the new items, all checked; where there are none, those that came last in the conversation."""
        found = [self._one(part, path, fresh=True) for path, part in attached(own)]
        self._check_together(found)
        if found:
            return found
        for item in reversed(before):
            if parts := list(attached([item])):
                return [one for path, part in parts if (one := self._again(part, path)) is not None]
        return []

    def picture(self, part: Part, path: str) -> bytes:
        """The bytes of an input_image or of a mask; empty for a URL that would have to be fetched."""
        url, id_ = part.get("image_url"), part.get("file_id")
        if url and id_:
            raise refusals.invalid(
                f"Mutually exclusive parameters: '{path}'. Ensure you are only providing one of: 'image_url' or "
                "'file_id'.",
                path,
                "mutually_exclusive_parameters",
            )
        if id_:
            return self._stored(id_, f"{path}.file_id", "image_file_not_found")
        if not isinstance(url, str):
            raise parameter.wrong_type(f"{path}.image_url", "a string", url)
        return _picture_of_url(url, f"{path}.image_url", self._most)

    def stored(self, id_: str) -> str:
        """An uploaded picture as a data URL; empty for what is no picture, or gone."""
        data = self._shelf.content(id_) if self._shelf.get(id_, self._clock()) else b""
        type_ = next((type_ for magic, type_ in _MAGIC.items() if data.startswith(magic)), None)
        return f"data:{type_};base64,{base64.b64encode(data).decode()}" if type_ else ""

    def _again(self, part: Part, path: str) -> Attachment | None:
        try:
            return self._one(part, path, fresh=False)
        except refusals.Refused:
            return None  # its file was deleted since

    def _one(self, part: Part, path: str, *, fresh: bool) -> Attachment:
        return (self._picture if part["type"] == "input_image" else self._file)(part, path, fresh)

    def _picture(self, part: Part, path: str, fresh: bool) -> Attachment:
        detail = part.get("detail") or "auto"
        if detail not in _DETAILS:
            raise parameter.wrong_value(f"{path}.detail", detail, _DETAILS)
        data = self.picture(part, path)
        url = part.get("image_url")
        if not data:
            return Attachment("picture", "", detail, url, fresh=fresh)
        seen = look(data, f"{path}.image_url")
        return Attachment(
            "picture", "", detail, look=seen, size=len(data), fresh=fresh, tokens=seen.tokens(detail)
        )

    def _file(self, part: Part, path: str, fresh: bool) -> Attachment:
        name = part.get("filename") or ""
        if id_ := part.get("file_id"):
            data = self._stored(id_, f"{path}.file_id", "file_not_found")
            stored = self._shelf.get(id_, self._clock())
            name = stored.filename if stored else name
        elif url := part.get("file_url"):
            if not _is_web(url):
                raise _bad_url(f"{path}.file_url")
            if _NO_DOCUMENT.search(url):
                raise _no_document()
            return Attachment("file", name or url.rpartition("/")[2], url=url, fresh=fresh)
        else:
            if not name:
                raise parameter.missing(f"{path}.filename")
            data = _document_of_url(part["file_data"], f"{path}.file_data", self._most)
        try:
            document = read_document(data)
        except Unreadable:
            raise _no_document() from None
        cost = tokens.count(document.text) + _PER_PAGE * (document.pages or 0)
        return Attachment("file", name, document=document, size=len(data), fresh=fresh, tokens=cost)

    def _stored(self, id_: Any, path: str, code: str) -> bytes:
        stored = self._shelf.get(id_, self._clock()) if isinstance(id_, str) else None
        if stored is None:
            raise refusals.invalid(f"No such File object: {id_}", path, code)
        if stored.bytes > self._most:
            raise _too_large(path, self._most)
        return self._shelf.content(stored.id)

    def _check_together(self, found: Sequence[Attachment]) -> None:
        pictures = [one for one in found if one.kind == "picture"]
        if len(pictures) > _MOST_PICTURES:
            raise refusals.invalid(
                f"Too many images: {len(pictures)}. A request may have up to {_MOST_PICTURES}.",
                "input",
                "too_many_images",
            )
        for kind in ("picture", "file"):
            if sum(one.size for one in found if one.kind == kind) > self._most:
                raise _too_large("input", self._most)


def attached(items: Sequence[Part]) -> Iterator[tuple[str, Part]]:
    """The pictures and files of input items, each with its place as the service names it."""
    for index, item in enumerate(items):
        field = "output" if str(item.get("type")).endswith("_call_output") else "content"
        if item.get("role") == "assistant" or not isinstance(item.get(field), list):
            continue
        for place, part in enumerate(item[field]):
            if isinstance(part, Mapping) and part.get("type") in ("input_image", "input_file"):
                yield f"input[{index}].{field}[{place}]", part


def _picture_of_url(url: str, path: str, most: int) -> bytes:
    if not url.startswith("data:"):
        if not _is_web(url):
            raise _bad_url(path)
        return b""
    expected = f"Invalid '{path}'. Expected a base64-encoded data URL with an image MIME type (e.g. "
    expected += "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
    return _decoded(url, path, expected, lambda type_: type_ in _PICTURE_TYPES, most)


def _document_of_url(url: Any, path: str, most: int) -> bytes:
    """As recorded: pydai-multimodal-tool-return-matrix-tool-return-content-url-force-down--02."""
    if not isinstance(url, str):
        raise parameter.wrong_type(path, "a string", url)
    expected = (
        f"Invalid file data: '{path}'. Expected a base64-encoded data URL with a valid file MIME type (e.g. "
    )
    expected += "'data:text/plain;base64,SGVsbG8sIFdvcmxkIQ==')"
    if not url.startswith("data:"):
        raise refusals.invalid(
            f"{expected}, but got a value without the 'data:' prefix.", path, "invalid_value"
        )
    try:
        return _decoded(url, path, expected, lambda type_: _DOCUMENT_TYPES.fullmatch(type_) is not None, most)
    except refusals.Refused as refused:
        error = refused.body["error"]
        if "unsupported MIME" in error["message"]:
            error["message"] += (
                " Please see https://platform.openai.com/docs/assistants/tools/file-search#supported-files for "
                "supported file types."
            )
        raise


def _decoded(url: str, path: str, expected: str, known: Callable[[str], bool], most: int) -> bytes:
    comma = url.find(",", 0, 512)
    head = url[5 : comma if comma >= 0 else 512]
    if not head.endswith(";base64"):
        raise refusals.invalid(
            f"{expected}, but got a value without the ';base64' separator.", path, "invalid_value"
        )
    type_ = head.partition(";")[0].lower()
    if not known(type_):
        raise refusals.invalid(f"{expected}, but got unsupported MIME type '{type_}'.", path, "invalid_value")
    if len(url) == comma + 1:
        raise refusals.invalid(f"{expected}, but got empty base64-encoded bytes.", path, "invalid_value")
    if (len(url) - comma) * 3 // 4 > most + 4:
        raise _too_large(path, most)
    try:
        return base64.b64decode(url[comma + 1 :], validate=True)
    except (binascii.Error, ValueError):
        raise refusals.invalid(
            f"{expected}, but got an invalid base64-encoded value.", path, "invalid_value"
        ) from None


def _is_web(url: Any) -> bool:
    return isinstance(url, str) and re.match(r"https?://[^\s/]+", url, re.IGNORECASE) is not None


def _bad_url(path: str) -> refusals.Refused:
    return refusals.invalid(
        f"Invalid '{path}'. Expected a valid URL, but got a value with an invalid format.",
        path,
        "invalid_value",
    )


def _no_document() -> refusals.Refused:
    """As recorded: pydai-multimodal-tool-return-matrix-direct-url-audio-openai-responses--02."""
    return refusals.invalid(
        "The file type you uploaded is not supported. Please try again with a pdf",
        "input",
        "unsupported_file",
    )


def _too_large(path: str, most: int) -> refusals.Refused:
    code = "image_file_too_large" if path.endswith("image_url") else "file_too_large"
    return refusals.invalid(
        f"Invalid '{path}': too large. Pictures and files of a request may have {most} bytes.", path, code
    )
