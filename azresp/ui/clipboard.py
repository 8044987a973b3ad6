"""Copying text: with the desktop's own program where there is one, else through the terminal (OSC 52)."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azresp.ui.terminal import Terminal


def copy_text(text: str, terminal: Terminal) -> str:
    """Copy and tell how. Over ssh only the terminal reaches the user's clipboard."""
    for program in () if "SSH_CONNECTION" in os.environ else _programs():
        if shutil.which(program[0]) is None:
            continue
        try:
            subprocess.run(program, input=text.encode(), check=True, timeout=5, capture_output=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return program[0]
    terminal.send_osc52(base64.b64encode(text.encode()).decode())
    return "through the terminal, if it allows that"


def _programs() -> list[list[str]]:
    if sys.platform == "darwin":
        return [["pbcopy"]]
    if sys.platform == "win32":
        return [["clip.exe"]]
    wayland = [["wl-copy"]] if "WAYLAND_DISPLAY" in os.environ else []
    return [*wayland, *([["xclip", "-selection", "clipboard"]] if "DISPLAY" in os.environ else [])]
