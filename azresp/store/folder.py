"""The folder of the program's own data: nobody else can look into it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

NAME = "azresp"


def make_private(folder: Path) -> None:
    """Make a folder and what is missing above it, 0700; our own that is open to others is closed. Raises OSError.

    A folder that the user chose (AZRESP_STORE_FILE: `/tmp`, a shared drive) keeps its mode.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)  # not `parents`: those would get the usual mode
    if os.name != "posix" or os.environ.get("AZRESP_STORE_FILE"):
        return
    for one in (folder, folder.parent):
        if one.name == NAME:
            _close(one)


def _close(folder: Path) -> None:
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_mode & 0o077 and found.st_uid == os.geteuid():
        folder.chmod(0o700)
