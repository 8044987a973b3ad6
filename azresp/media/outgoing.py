"""A file on its way to the service: recognised by its first bytes, hashed once, sent in pieces, never held whole."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from azresp.errors import UsageError
from azresp.media.kind import image_mime
from azresp.media.names import told_name
from azresp.media.reading import OpenFile, opened

MAX_UPLOAD = 512_000_000
"""The most that the service takes in one file (facts.md 5); it says itself where a purpose takes less."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file that is open and known; `file` is read from its beginning, as often as need be."""

    path: Path
    name: str
    """as the service is told"""
    mime: str
    size: int
    file: BinaryIO
    """tells how far it was read"""
    _raw: BinaryIO
    _stamp: tuple[int, int]

    @property
    def purpose(self) -> str:
        """What Azure takes such a file for (facts.md 3.4): pictures `vision`, anything else `assistants`."""
        return "vision" if self.mime.startswith("image/") else "assistants"

    @property
    def changed(self) -> bool:
        """Somebody wrote to it since it was opened."""
        return _stamp(self._raw) != self._stamp

    def digest(self) -> str:
        """The SHA-256 of its bytes. Reads all of them: call it in a thread."""
        self._raw.seek(0)
        digest = hashlib.sha256()
        while piece := self._raw.read(_PIECE):
            digest.update(piece)
        return digest.hexdigest()


@contextmanager
def outgoing(path: Path, heard: Callable[[int, int], object] = lambda done, size: None) -> Iterator[Outgoing]:
    """Open a regular file to upload it; `heard` is told how many bytes of how many were read.

    Raises UsageError for what is no file, empty or too large, LocalError for what can't be read.
    """
    with opened(path, MAX_UPLOAD) as opening:
        _demand_content(opening)
        stamp = _stamp(opening.file)
        head = opening.file.read(16)
        counted = cast("BinaryIO", _Counted(opening.file, opening.size, heard))
        yield Outgoing(
            path, told_name(path), _mime(head, path.name), opening.size, counted, opening.file, stamp
        )


def demand_uploadable(path: Path) -> None:
    """Raise what `outgoing` would raise for this path."""
    with opened(path, MAX_UPLOAD) as opening:
        _demand_content(opening)


def _demand_content(opening: OpenFile) -> None:
    if opening.size == 0:
        raise UsageError(f"{opening.path} is empty", "The service takes no empty file.")


def _stamp(file: BinaryIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _mime(head: bytes, name: str) -> str:
    """By magic bytes where they tell; the name's extension for the rest, since nothing is decided by it here."""
    if found := image_mime(head):
        return found
    guessed, packed = mimetypes.guess_type(name)
    # The extension of a picture, but not its bytes.
    if not guessed or packed or guessed.startswith("image/"):
        return "application/octet-stream"
    return guessed


class _Counted(io.RawIOBase):
    """A file that tells how far it was read; what the file got longer meanwhile is left out."""

    def __init__(self, file: BinaryIO, size: int, heard: Callable[[int, int], object]) -> None:
        super().__init__()
        self._file = file
        self._size = size
        self._heard = heard

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            # So the HTTP client learns the length: the one that was told, whatever was written behind it since.
            return self._file.seek(self._size + offset)
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        left = max(self._size - self._file.tell(), 0)
        piece = self._file.read(left if size < 0 else min(size, left))
        self._heard(self._file.tell(), self._size)
        return piece
