"""Files that the user named: `-o FILE`, and downloads. Never overwritten; they appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from azresp.errors import LocalError
from azresp.media.encoding import decoded
from azresp.media.folder import Folder, NewFile, explaining


@contextmanager
def output_file(path: Path) -> Iterator[NewFile]:
    """A new file that gets its name when the block ends well. Raises LocalError, also if the name is taken.

    Its mode is the user's own (umask): it was asked for by name, unlike what is saved unasked.
    """
    demand_free(path)
    with explaining(path), Folder.open(path.parent) as folder, folder.new_file(0o666) as file:
        yield file
        with explaining(path):
            file.named(iter([path.name]))


def demand_free(path: Path) -> None:
    """Raise LocalError if no new file can be made at `path`: known early, before an answer is paid for."""
    with explaining(path):
        if path.is_symlink() or path.exists():
            raise LocalError(
                f"{path} is there already, and it is never overwritten", "Give a name that is free."
            )
        if not path.parent.is_dir():
            raise LocalError(f"{path}: there is no folder {path.parent}", "Make it, or choose another one.")
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise LocalError(f"{path}: nothing can be written in {path.parent}", "Choose another folder.")


def write_base64(text: str, target: Path | BinaryIO) -> None:
    """Write the bytes that `text` stands for, in pieces, to a new file or a binary stream such as stdout."""
    if isinstance(target, Path):
        with output_file(target) as file:
            for piece in decoded(text):
                file.write(piece)
        return
    for piece in list(
        decoded(text)
    ):  # whole before the first byte: half a picture in a pipe is worse than none
        target.write(piece)
    target.flush()
