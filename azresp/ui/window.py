"""What the terminal's window is told beside the text: its title, and where a question ends and its answer begins.

The marks (OSC 133) stand at what was said, not at the prompt that is still edited: terminals that clear a marked prompt
when the window changes its size, for the shell to draw it anew, would take the rows above ours with it.
"""

from __future__ import annotations

from typing import Final, Protocol

from azresp.ui.caps import Caps
from azresp.ui.sink import clean_line

ST: Final = "\x1b\\"
ASKING: Final = f"\x1b]133;A;redraw=0{ST}"
TYPED: Final = f"\x1b]133;B{ST}"
ANSWERING: Final = f"\x1b]133;C{ST}"
PUSH, POP = "\x1b[22;2t", "\x1b[23;2t"
"""The terminal keeps the title it had on a stack of its own; nobody has to ask for it."""
LONGEST: Final = 120


class Out(Protocol):
    """The terminal's stream."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class Window:
    """Tells nothing where the terminal would print it, and nothing that the user switched off."""

    def __init__(self, out: Out, caps: Caps, *, title: bool = False, marks: bool = False) -> None:
        able = caps.osc and caps.cursor
        self._out = out
        self._titled, self._marked = title and able, marks and able
        self._title: str | None = None
        self._open = False

    def name(self, session: str) -> None:
        """The title says which session it is."""
        title = f"azresp: {clean_line(session)[:LONGEST]}" if session else "azresp"
        if not self._titled or title == self._title:
            return
        push = PUSH if self._title is None else ""
        self._title = title
        self._put(f"{push}\x1b]2;{title}{ST}")

    def asked(self, rows: str, edge: str) -> str:
        """The rows of what was said, with marks in them; the prompt ends with the first `edge`."""
        if not self._marked:
            return rows
        self._open = True
        prompt, edge, rest = rows.partition(edge)
        return f"{ASKING}{prompt}{edge}{TYPED}{rest}{ANSWERING}"

    def answered(self, status: int) -> None:
        """What was said is dealt with; 0 if all is well."""
        if self._open:
            self._open = False
            self._put(f"\x1b]133;D;{status}{ST}")

    def restore(self) -> None:
        """The window has the title again that it had before."""
        if self._title is not None:
            self._title = None
            self._put(POP)

    def _put(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
