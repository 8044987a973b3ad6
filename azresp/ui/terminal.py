"""The terminal of a chat: everything that azresp writes there goes through this, cleaned."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from azresp.ui.caps import Caps, detect
from azresp.ui.sink import clean, clean_line

if TYPE_CHECKING:
    from azresp.ui.turn_screen import Later, Painting, TurnScreen

_DIM, _BOLD, _OFF = "\x1b[2m", "\x1b[1m", "\x1b[22m"


class Terminal:
    """A terminal to write on. Styles are ours; text from elsewhere never brings its own."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self.stream = stream
        self.caps: Caps = detect(environ, tty=stream.isatty())

    def size(self) -> tuple[int, int]:
        """Columns and rows now."""
        found = shutil.get_terminal_size()
        return found.columns, found.lines

    def say(self, text: str) -> None:
        """Write lines of plain text."""
        self._write(clean(text) + "\n")

    def dim(self, text: str) -> None:
        """Write one quiet line of our own, wrapped at words."""
        self._styled(text, _DIM)

    def strong(self, text: str) -> None:
        """Write one line that stands out."""
        self._styled(text, _BOLD)

    def markdown(self, text: str) -> None:
        """Write text rendered as Markdown."""
        painter = self.painter()
        painter.add(text)
        painter.finish()

    def pairs(self, rows: list[tuple[str, str]]) -> None:
        """Write a two-column list; the second column wraps beside the first, or below it in a narrow window."""
        columns, _ = self.size()
        left = min(max((len(clean_line(name)) for name, _ in rows), default=0), max(columns // 2, 12))
        for name, value in rows:
            self._pair(clean_line(name), clean_line(value), left, columns)

    def painter(self) -> Painting:
        """A painter for one turn."""
        if self.caps.cursor:
            from azresp.ui.paint import Painter

            return Painter(self.stream, self.size, time.monotonic, self.caps)
        from azresp.ui.plain import Plain

        return Plain(self.stream)

    def turn_screen(self, later: Later, *, thoughts: bool) -> TurnScreen:
        """A screen for one turn."""
        from azresp.ui.turn_screen import TurnScreen

        return TurnScreen(self.painter(), time.monotonic, later, thoughts=thoughts)

    @contextmanager
    def quiet_keys(self) -> Iterator[None]:
        """While it lasts typed keys are not echoed; they wait for the next prompt."""
        restore = _without_echo()
        try:
            yield
        finally:
            restore()

    def send_osc52(self, encoded: str) -> None:
        """Ask the terminal to take base64 text into its clipboard."""
        self._write(f"\x1b]52;c;{encoded}\x07")

    def _pair(self, name: str, value: str, left: int, columns: int) -> None:
        import textwrap

        if columns - left - 2 < 20:
            self._write(
                f"{self._bold(name)}\n"
                + textwrap.indent(textwrap.fill(value, max(columns - 2, 10)), "  ")
                + "\n"
            )
            return
        lines = textwrap.wrap(value, columns - left - 3) or [""]
        self._write(f"{self._bold(name.ljust(left))}  {lines[0]}\n")
        for line in lines[1:]:
            self._write(" " * (left + 2) + line + "\n")

    def _bold(self, text: str) -> str:
        return f"{_BOLD}{text}{_OFF}" if self.caps.cursor else text

    def _styled(self, text: str, style: str) -> None:
        line = clean_line(text)
        self._write(f"{style}{line}{_OFF}\n" if self.caps.cursor else line + "\n")

    def _write(self, text: str) -> None:
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self.stream.flush()


def _without_echo() -> Callable[[], None]:
    try:
        import sys
        import termios

        handle = sys.stdin.fileno()
        before: list[Any] = termios.tcgetattr(handle)
    except (ImportError, OSError, ValueError):
        return lambda: None
    quiet = [*before]
    quiet[3] = before[3] & ~termios.ECHO
    termios.tcsetattr(handle, termios.TCSADRAIN, quiet)
    return lambda: termios.tcsetattr(handle, termios.TCSADRAIN, before)
