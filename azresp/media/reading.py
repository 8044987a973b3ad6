"""Reading what the user names: regular files only, sized before they are read, and never anything that blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from azresp.errors import LocalError, UsageError

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer would wait for one
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_PIECE = 1 << 20
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file that is open, and its size when it was opened."""

    path: Path
    file: BinaryIO
    size: int


@contextmanager
def opened(path: Path, most: int) -> Iterator[OpenFile]:
    """Open a regular file of at most `most` bytes. Raises UsageError for what it is, LocalError for what fails."""
    try:
        # Before it is opened: to open a device may already do something.
        _demand_regular(path, path.stat())
        number = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise LocalError(f"{path} can't be read: {reason}", "Check the path.") from error
    with os.fdopen(number, "rb", buffering=0) as file:
        found = os.fstat(number)
        _demand_regular(path, found)
        _demand_real(path, number)
        demand_size(str(path), found.st_size, most)
        yield OpenFile(path, file, found.st_size)


def read_file(path: Path, most: int) -> bytes:
    """The whole file. It must be regular, not larger than `most`, and stay as it is while it is read."""
    with opened(path, most) as opening:
        before = os.fstat(opening.file.fileno())
        try:
            data = _read(opening.file, opening.size)
        except OSError as error:
            raise LocalError(f"{path} can't be read: {error.strerror or error}") from error
        after = os.fstat(opening.file.fileno())
    if len(data) != opening.size or (after.st_size, after.st_mtime_ns) != (
        before.st_size,
        before.st_mtime_ns,
    ):
        raise LocalError(f"{path} changed while it was read", "Wait until it is written, then try again.")
    return data


def read_stream(stream: BinaryIO, name: str, most: int) -> bytes:
    """All that a stream such as stdin gives; more than `most` bytes is a UsageError, without reading on."""
    data = bytearray()
    while piece := stream.read(_PIECE):
        data += piece
        demand_size(name, len(data), most, at_least=True)
    return bytes(data)


def demand_size(name: str, size: int, most: int, *, at_least: bool = False) -> None:
    """Raise UsageError for more than `most` bytes."""
    if size > most:
        said = f"more than {sized(most)}" if at_least else sized(size)
        raise UsageError(f"{name} is {said}", f"At most {sized(most)} can be sent at once.")


def sized(size: int) -> str:
    """A number of bytes for people: `512 bytes`, `2.5 MB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} byte{'' if size == 1 else 's'}"


def _read(file: BinaryIO, size: int) -> bytes:
    """Up to one byte more than `size`: enough to see that a file grew."""
    pieces: list[bytes] = []
    left = size + 1
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _demand_regular(path: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((name for test, name in _KINDS if test(found.st_mode)), "no file")
    raise UsageError(f"{path} is {kind}", "Only regular files are read.")


def _demand_real(path: Path, number: int) -> None:
    """Files of /proc and /sys look regular, but are the system talking: sizes lie, reading has effects."""
    try:
        real = str(Path(f"/proc/self/fd/{number}").readlink())
    except OSError:
        return  # no Linux
    if real.startswith(("/proc/", "/sys/")):
        raise UsageError(
            f"{path} is no file but a view of the system ({real})", "Only regular files are read."
        )
