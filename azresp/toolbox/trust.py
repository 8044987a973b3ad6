"""A tool file read once: what was looked at, hashed and approved is what runs, whatever happens to the file later."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from azresp.core.tools import FunctionTool
from azresp.errors import LocalError
from azresp.toolbox.schema import PythonFunction, Refused, functions_of

LARGEST_FILE = 1024 * 1024
_WANTED = "Give the path of a Python file."


@dataclass(frozen=True, slots=True)
class ToolFile:
    """A Python file as it was when it was read. Nothing of it has run.

    Only its own bytes are pinned by the digest: what it imports, files beside it too, is as it is when it runs.
    """

    path: Path
    source: bytes
    digest: str
    """SHA-256 of the source, in hex"""
    functions: tuple[PythonFunction, ...]
    refused: tuple[Refused, ...]

    @classmethod
    def of(cls, path: Path, source: bytes) -> ToolFile:
        """What these bytes are, read as the source of `path`."""
        return cls(path, source, _digest(source), *functions_of(source, str(path)))

    @property
    def tools(self) -> tuple[FunctionTool, ...]:
        """What the model would be told of."""
        return tuple(one.function for one in self.functions)


def load_file(path: Path) -> ToolFile:
    """Read a file and what tools it has, without running it. Raises LocalError."""
    try:
        path = path.expanduser().absolute()
    except (RuntimeError, OSError) as error:
        raise LocalError(f"{path}: {error}", _WANTED) from None
    return ToolFile.of(path, read_pinned(path))


def _digest(source: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(source).hexdigest()


def read_pinned(path: Path) -> bytes:
    """The bytes of a regular, small file that nobody else can write. Raises LocalError.

    Opened without waiting, so that a FIFO doesn't hang; what is asked about is the open file, not its name.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
    )
    try:
        opened = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise LocalError(f"{path}: {getattr(error, 'strerror', None) or error}", _WANTED) from None
    try:
        _check(path, os.fstat(opened))
        data = bytearray()
        while len(data) <= LARGEST_FILE and (chunk := os.read(opened, 65536)):
            data += chunk
    except OSError as error:
        raise LocalError(f"{path}: {error.strerror}", _WANTED) from None
    finally:
        os.close(opened)
    if len(data) > LARGEST_FILE:
        raise _too_large(path)
    return bytes(data)


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise LocalError(f"{path}: not a regular file", _WANTED)
    if found.st_size > LARGEST_FILE:
        raise _too_large(path)
    if sys.platform == "win32":
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise LocalError(
            f"{path}: it belongs to another user (uid {found.st_uid}), who could change it any time",
            "Copy it to a file of your own.",
        )
    if found.st_mode & stat.S_IWOTH:
        raise LocalError(f"{path}: everybody may write to it", f"Run: chmod o-w {path}")


def _too_large(path: Path) -> LocalError:
    return LocalError(f"{path}: larger than {LARGEST_FILE:,} bytes", "A file of tools is smaller; split it.")
