"""What every line editor does with typed text: the check before it is sent, and the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from azresp.ui.sink import invisible

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

AGAIN_S: Final = 2.0
"""A second Ctrl-C within this time quits."""
AGAIN: Final = "Ctrl-C again quits, so does Ctrl-D"


async def agreed(chat: Chat, text: str) -> str:
    """The text, or nothing if it has invisible characters and the user does not want them sent."""
    count = invisible(text)
    if count and not text.startswith("/"):
        what = "1 invisible character" if count == 1 else f"{count:,} invisible characters"
        if not await chat.confirm(f"This message has {what}. Send it?"):
            return ""
    return text


def drop_typed() -> None:
    """Drop the keys that wait in the terminal."""
    try:
        import termios
    except ImportError:  # Windows
        return
    with suppress(termios.error, OSError, ValueError):  # no terminal, so nobody typed
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def edit_text(text: str) -> str | None:
    """Text changed in $VISUAL or $EDITOR (else vi or notepad); None if the editor failed."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    with tempfile.TemporaryDirectory(prefix="azresp-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            if subprocess.run([*shlex.split(editor), str(path)], check=False).returncode != 0:
                return None
        except OSError:
            return None
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
