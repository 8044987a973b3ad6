"""The prompt before the line editor: drawn at once, while prompt_toolkit and the rest are still being imported.

What is typed meanwhile is echoed by the terminal and waits in it; the editor then draws the same line anew. A paste is
bracketed already, so that its line ends don't send it.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azresp.ui.terminal import Terminal

MARK = "› "


class EarlyPrompt:
    """A prompt that stands there until `clear`."""

    def __init__(self, terminal: Terminal, *, wanted: bool) -> None:
        self._terminal = terminal
        # Without cursor movement the terminal edits lines itself, and its modes stay as they are.
        self._before = _keep_enter() if wanted and terminal.caps.cursor else None
        self._drawn = self._before is not None
        if self._drawn:
            try:
                terminal.draw(MARK + "\x1b[?2004h")
            except BaseException:
                self._put_back()
                raise

    def clear(self) -> None:
        """Take the prompt away, so that something else can stand on its line; twice is fine."""
        if self._before is None:
            return
        try:
            self._wipe()
        finally:
            self._put_back()

    def _wipe(self) -> None:
        if self._drawn:
            rows = (len(MARK) + _waiting()) // self._terminal.size()[0]
            up = f"\x1b[{rows}A" if rows else ""
            self._terminal.draw(f"\x1b[?2004l{up}\r\x1b[J")

    def _put_back(self) -> None:
        if self._before is not None:
            _set(self._before)
        self._before = None


def _waiting() -> int:
    """Bytes that were typed and not read."""
    import fcntl
    import struct
    import termios

    try:
        found: int = struct.unpack("i", fcntl.ioctl(sys.stdin.fileno(), termios.FIONREAD, bytes(4)))[0]
    except (OSError, ValueError):  # the window was closed
        return 0
    return found


def _keep_enter() -> list[Any] | None:
    """Leave every key as it is, as the line editor wants them; the old modes, if any.

    A translated Enter would be Ctrl-J; a line that the terminal edits could hold 4,095 bytes only.
    """
    try:
        import termios
    except ImportError:  # Windows
        return None
    try:
        before: list[Any] = termios.tcgetattr(sys.stdin.fileno())
        now = [*before]
        now[0] = before[0] & ~termios.ICRNL
        now[3] = before[3] & ~termios.ICANON
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, now)
    except (termios.error, OSError, ValueError):
        return None
    return before


def _set(modes: list[Any]) -> None:
    import termios

    with suppress(termios.error, OSError, ValueError):  # the window was closed
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, modes)
