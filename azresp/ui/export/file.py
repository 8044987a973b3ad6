"""Writing what only its owner may read: a new file, or in place of an old one if that is asked for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from azresp.errors import LocalError, UsageError


def write_private(path: Path, text: str, *, force: bool = False, hint: str = "") -> None:
    """Write a new file, 0600; an old one is replaced in one step and only if forced. UsageError, LocalError."""
    target = path.with_name(f".{path.name}.{os.urandom(6).hex()}.new") if force else path
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except FileExistsError:
        raise UsageError(
            f"{path} exists already", hint or "Give another name, or --force to replace it."
        ) from None
    except OSError as error:
        raise LocalError(f"{path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        if force:
            target.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            target.unlink()
        raise LocalError(f"{path}: {error.strerror}", "Is the disk full?") from error
