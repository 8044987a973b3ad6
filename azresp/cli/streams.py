"""The process's own streams: writing that survives odd encodings, reading stdin with care."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from azresp.errors import AzrespError, LocalError, PipeClosed, UsageError

MAX_MESSAGE_CHARS = 1_048_576
"""The service takes no longer message (facts.md 5)."""


class Output:
    """stdout for answers: flushed as it goes, unencodable characters as backslash escapes.

    Raises LocalError where there is none.
    """

    def __init__(self) -> None:
        stream = sys.stdout
        if stream is None:
            raise LocalError(
                "stdout is closed", "The answer needs somewhere to go: a terminal, a pipe or a file."
            )
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        self._stream = stream

    def isatty(self) -> bool:
        """A person looks at it."""
        return self._stream.isatty()

    @property
    def encoding(self) -> str:
        """What characters become on the way out."""
        return self._stream.encoding or "utf-8"

    def flush(self) -> None:
        """Nothing: every write is flushed."""

    def write(self, text: str) -> None:
        """Write and flush. Raises PipeClosed, or LocalError (a full disk)."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            raise stdout_lost(error) from error

    def write_json(self, value: object, *, in_lines: bool = False) -> None:
        """Write a value as JSON in ASCII: indented on a terminal, else, or as one of several lines, on one line."""
        import json

        self.write(json.dumps(value, indent=2 if self.isatty() and not in_lines else None) + "\n")


class Aside(Output):
    """stderr, for what is said beside the answer: silence once nobody reads it. Raises nothing."""

    def __init__(self) -> None:
        self._stream = sys.stderr

    def write(self, text: str) -> None:
        """Write and flush, if that can be."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def write_bytes(source: BinaryIO) -> None:
    """Write all that is left in `source` to stdout as it is. Raises UsageError where stdout is a terminal."""
    stream = sys.stdout
    if stream is None or stream.isatty():
        raise UsageError(
            "stdout is a terminal, and the bytes of a file could act on it", "Give -o FILE, or pipe it on."
        )
    try:
        stream.flush()
        while piece := source.read(1 << 16):
            stream.buffer.write(piece)
        stream.buffer.flush()
    except OSError as error:
        raise stdout_lost(error) from error


def stdout_lost(error: OSError) -> AzrespError:
    """What is to be raised where stdout takes no more; nobody finds out again."""
    # What is still buffered would raise again at exit.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
    if isinstance(error, BrokenPipeError):
        # Not raised as it is: Typer would turn it into exit status 1.
        return PipeClosed()
    return LocalError(f"stdout: {error.strerror or error}", "Is the disk full?")


def read_stdin(*, typed: bool = False, most: int = MAX_MESSAGE_CHARS) -> tuple[str, int]:
    """All of a piped stdin as text, and how many invalid bytes became U+FFFD; ("", 0) if it is a terminal.

    `typed` reads a terminal as well. Raises UsageError if it is longer than any message can be.
    """
    stream = sys.stdin
    if stream is None or stream.closed or (stream.isatty() and not typed):
        return "", 0
    return _text_of(stream.fileno(), "stdin", most)


def read_file(path: Path, most: int = MAX_MESSAGE_CHARS) -> tuple[str, int]:
    """All of a text file, and how many invalid bytes became U+FFFD. Raises UsageError, LocalError."""
    try:
        # Nothing but a regular file: a pipe or device might never end, or wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", "Check the name.") from None
    except OSError as error:
        raise LocalError(f"{path}: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UsageError(f"{path}: not a file", "Pipe its text in instead.")
        return _text_of(handle, str(path), most)
    except OSError as error:
        raise LocalError(f"{path}: {error.strerror}") from error
    finally:
        os.close(handle)


def _text_of(handle: int, name: str, most: int) -> tuple[str, int]:
    data = _read_capped(handle, most * 4)
    text = data.decode("utf-8-sig", "replace")
    if len(text) > most > MAX_MESSAGE_CHARS:
        raise UsageError(f"{name} holds more than {most:,} characters", "No request can be as large as that.")
    if len(text) > most:
        raise UsageError(
            f"{name} holds more than {MAX_MESSAGE_CHARS:,} characters, the most that one message can have",
            "Send a part of it (`head -c 1000000`).",
        )
    invalid = text.count("\ufffd") - data.count("\ufffd".encode())
    return text, max(invalid, 0)


def _read_capped(handle: int, limit: int) -> bytes:
    pieces, size = [], 0
    while size <= limit:
        piece = os.read(handle, 1 << 20)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
