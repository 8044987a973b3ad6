"""The prompt before the line editor: drawn at once, while prompt_toolkit and the rest are still being imported.

What is typed meanwhile is echoed by the terminal and waits in it; the editor then draws the same line anew.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azresp.ui.terminal import Terminal

MARK = "› "


class EarlyPrompt:
    """A prompt that stands there until `clear`."""

    def __init__(self, terminal: Terminal, *, wanted: bool) -> None:
        self._terminal = terminal
        self._before = _keep_enter() if wanted else None
        self._drawn = self._before is not None and terminal.caps.cursor
        if self._drawn:
            terminal.draw(MARK)

    def clear(self) -> None:
        """Take the prompt away, so that something else can stand on its line; twice is fine."""
        if self._before is not None:
            _set(self._before)
            self._before = None
        if self._drawn:
            self._terminal.draw("\r\x1b[K")
            self._drawn = False


def _keep_enter() -> list[Any] | None:
    """Leave a typed Enter as it is, so that it neither moves the cursor nor becomes Ctrl-J; the old modes, if any."""
    try:
        import termios

        before: list[Any] = termios.tcgetattr(sys.stdin.fileno())
        now = [*before]
        now[0] = before[0] & ~termios.ICRNL
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, now)
    except (ImportError, OSError, ValueError):
        return None
    return before


def _set(modes: list[Any]) -> None:
    import termios

    termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, modes)
