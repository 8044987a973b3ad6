"""Opening a picture with the system's viewer: a program of its own, with no way to our terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from azresp.errors import LocalError

PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif")
"""What is opened: the system would run a file with another suffix rather than show it."""


def open_with_system(path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Open a picture with the system's viewer and go on at once. Raises LocalError if that can't be."""
    path = path.absolute()
    if path.suffix.lower() not in PICTURES:
        raise LocalError(
            f"{path} is not opened: its name is no picture's", f"Known are {', '.join(PICTURES)}."
        )
    if not path.is_file():
        raise LocalError(f"{path} is not there any more", "It may have been moved or deleted.")
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 (the system's own way)
        return
    _start(_viewer(environ, path), path)


def _viewer(environ: Mapping[str, str], path: Path) -> str:
    if sys.platform == "darwin":
        return "open"
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or "WSL_DISTRO_NAME" in environ):
        raise LocalError("there is no desktop here that could open a picture", f"The file is {path}.")
    names = ("wslview", "xdg-open") if "WSL_DISTRO_NAME" in environ else ("xdg-open",)
    for name in names:
        if shutil.which(name, path=environ.get("PATH")):
            return name
    raise LocalError("xdg-open is not installed", f"Install xdg-utils, or open {path} yourself.")


def _start(viewer: str, path: Path) -> None:
    try:
        child = subprocess.Popen(
            [viewer, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise LocalError(f"{viewer} can't be started: {error.strerror}", f"The file is {path}.") from error
    # Somebody has to hear of its end, or a zombie stays; the viewer itself outlives us.
    threading.Thread(target=child.wait, name="viewer", daemon=True).start()
