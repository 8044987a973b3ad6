"""The file of what was typed: for its owner alone, without lines that begin with a blank, and able to forget."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory

from azresp.errors import LocalError


class PrivateHistory(FileHistory):
    """A history file of mode 0600. A full or failing disk keeps nobody from typing: nothing raises but `forget`."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._path = path
        super().__init__(str(path))

    def load_history_strings(self) -> Iterable[str]:
        """What was typed, newest first, as far as it can be read."""
        with suppress(OSError):
            return super().load_history_strings()
        return ()

    def store_string(self, string: str) -> None:
        """Keep what was typed, unless it begins with a blank."""
        if not string.startswith(" "):
            with suppress(OSError):
                super().store_string(string.encode("utf-8", "replace").decode())

    def forget(self, text: str) -> bool:
        """Take every entry that is this text out of the file; tells whether there was one. Raises LocalError."""
        wanted = text.strip()
        self._loaded_strings = [one for one in self._loaded_strings if one.strip() != wanted]
        try:
            return self._forget(wanted)
        except OSError as error:
            raise LocalError(
                f"{self._path}: {error.strerror or error}", "What was typed is still in it: remove the file."
            ) from error

    def _forget(self, wanted: str) -> bool:
        found = list(_entries(self._path.read_bytes()))
        kept = [raw for raw, told in found if told.strip() != wanted]
        if len(kept) == len(found):
            return False
        new = self._path.with_name(f".{self._path.name}.{os.urandom(6).hex()}")
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(b"".join(kept))
        new.replace(self._path)
        return True


def _entries(data: bytes) -> Iterator[tuple[bytes, str]]:
    """Each entry as it stands in the file, with the comment before it, and its text."""
    raw: list[bytes] = []
    text: list[bytes] = []
    for line in data.splitlines(keepends=True):
        if text and not line.startswith(b"+"):
            yield b"".join(raw), b"".join(text).decode("utf-8", "replace")
            raw, text = [], []
        raw.append(line)
        if line.startswith(b"+"):
            text.append(line[1:])
    if raw:
        yield b"".join(raw), b"".join(text).decode("utf-8", "replace")
