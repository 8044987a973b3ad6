"""The audit log: one JSON line for each answer to an ask, and for what came of it.

Lines are appended in one write each, so that several processes may share the file. A file that has grown is renamed,
never rewritten; the oldest ones go.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from azresp.core.sse import Wire
from azresp.errors import LocalError
from azresp.store.folder import make_private

AUDIT: Final = "audit.jsonl"
LARGEST_BYTES: Final = 4 * 1024 * 1024
KEPT: Final = 8
"""Renamed files that stay beside the current one."""


class Audit:
    """A log at `path`; None keeps none."""

    def __init__(self, path: Path | None, largest: int = LARGEST_BYTES) -> None:
        self.path = path
        self._largest = largest

    def add(self, entry: Wire) -> None:
        """Append an entry. Raises LocalError."""
        if self.path is None:
            return
        line = (json.dumps(entry, ensure_ascii=True) + "\n").encode()
        try:
            self._append(self.path, line)
        except OSError as error:
            raise LocalError(
                f"the audit log {self.path}: {error.strerror}", "Can it be written, is there room?"
            ) from error

    def _append(self, path: Path, line: bytes) -> None:
        make_private(path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o600)
        try:
            size = os.fstat(handle).st_size
            os.write(handle, line)
        finally:
            os.close(handle)
        if size + len(line) > self._largest:
            self._rotate(path)

    def _rotate(self, path: Path) -> None:
        # A name of its own for each: two processes that do this at once lose nothing.
        stamp = f"{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 1_000_000_000:09d}-{os.getpid()}"
        with suppress(FileNotFoundError):
            path.rename(path.with_name(f"{path.stem}-{stamp}{path.suffix}"))
        old = sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"))
        for one in old[:-KEPT]:
            with suppress(FileNotFoundError):
                one.unlink()
