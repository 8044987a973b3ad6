"""The live area: rows at the end of a terminal's text that may still change, and the fewest bytes to change them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

from azresp.ui.caps import Caps
from azresp.ui.markdown.rows import RESET, Row

_SYNC: Final = ("\x1b[?2026h", "\x1b[?2026l")
_ERASE: Final = "\x1b[K"
_DRAWN: Final = "\x1b7"
"""A row that draws over those above begins so, after its text."""
_VARIES: Final = re.compile("[\u200d\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
"""What joins or changes emoji: terminals differ in the width of the result."""
_NO_WRAP: Final = ("\x1b[?7l", "\x1b[?7h")


class Out(Protocol):
    """A text stream to the terminal."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Live:
    """Owns the rows below the scrollback. The cursor rests at the end of the last row, or on a fresh line if none."""

    __slots__ = ("_caps", "_columns", "_lines", "_out", "_shown")

    def __init__(self, out: Out, caps: Caps, size: tuple[int, int]) -> None:
        self._out = out
        self._caps = caps
        self._columns, self._lines = size
        self._shown: list[Row] = []

    def forget(self) -> None:
        """Somebody else wrote on the terminal (a shell, before `fg`): go on below, on a fresh line."""
        self._shown = []

    @property
    def limit(self) -> int:
        """How many live rows fit: the cursor can't go up into the scrollback."""
        return max(1, self._lines - 2)

    def draw(
        self,
        settled: Sequence[Row],
        tail: Sequence[Row],
        size: tuple[int, int],
        aside: tuple[str, str] = ("", ""),
    ) -> None:
        """Print what is final into the scrollback, then the tail (its last rows, if it is taller than the screen).

        `aside` is written before and after, in the same write: commands that neither move the cursor nor print.
        """
        text = self._clear() if size != (self._columns, self._lines) and self._resize(size) else ""
        tail = tail[-self.limit :]
        text += self._change([*settled, *tail], len(settled))
        if settled and not tail:
            text += "\r\n"
        self._shown = list(tail)
        text = text.join(aside)
        if not text:
            return
        if self._caps.sync and _ERASE in text:
            text = _SYNC[0] + text + _SYNC[1]
        self._out.write(text)
        self._out.flush()

    def _resize(self, size: tuple[int, int]) -> bool:
        self._columns, self._lines = size
        return bool(self._shown)

    def _clear(self) -> str:
        # where the live area starts now: a narrower terminal may have wrapped its rows
        height = len(self._shown)
        if self._caps.reflow:
            height = sum(max(1, -(-row.cells // self._columns)) for row in self._shown)
        self._shown = []
        return _erase(min(height, self._lines))

    def _change(self, rows: list[Row], settled: int) -> str:
        old = self._shown
        same = 0
        for before, after in zip(old, rows, strict=False):
            # drawn as a live row, a final one may have lost its end: it is drawn once more, and may wrap now
            if before != after or (same < settled and _doubtful(after, self._columns)):
                break
            same += 1
        if same == len(old):
            more = _lines(rows, same, settled)
            # a blank row is a row too: its text says nothing
            return "\r\n" + more if old and same < len(rows) else more
        final = same < min(settled, len(rows)) and _doubtful(rows[same], self._columns)
        if same == len(old) - 1 and same < len(rows) and not final:
            suffix = _suffix(old[same].ansi, rows[same].ansi)
            if suffix is not None:
                more = _lines(rows, same + 1, settled)
                return _guarded(suffix) + ("\r\n" + more if same + 1 < len(rows) else "")
        if same and same == len(rows):
            same -= 1  # the cursor has to rest at the end of a row
        return _erase(len(old) - same) + _lines(rows, same, settled)


def _lines(rows: list[Row], start: int, settled: int) -> str:
    final = "\r\n".join(row.ansi for row in rows[start:settled])
    live = "\r\n".join(row.ansi for row in rows[max(start, settled) :])
    if start < settled and len(rows) > settled:
        final += "\r\n"
    return final + _guarded(live)


def _guarded(live: str) -> str:
    # terminals differ in the width of some emoji: a live row must never wrap, or the rows would be miscounted
    return live if live.isascii() else _NO_WRAP[0] + live + _NO_WRAP[1]


def _doubtful(row: Row, columns: int) -> bool:
    """A terminal that takes an emoji's parts one by one may need more cells than there are."""
    return not row.ansi.isascii() and row.cells + 2 * len(_VARIES.findall(row.ansi)) > columns


def _suffix(before: str, after: str) -> str | None:
    """What to write after `before` to get `after`; None if it isn't a continuation."""
    if _DRAWN in after:
        return None
    before = before.removesuffix(RESET)
    if not after.startswith(before):
        return None
    rest = after[len(before) :]
    start = before.rfind("\x1b[")
    style = before[start : before.index("m", start) + 1] if start >= 0 else ""
    if style == RESET or not style:
        return rest
    return rest.removeprefix(RESET) if rest.startswith(RESET) else style + rest


def _erase(rows: int) -> str:
    """Up to the first of the last `rows` rows, and nothing left from there on."""
    # never `CSI J` in the top left corner: tmux would scroll what it erases into the scrollback
    if rows <= 1:
        return "\r" + _ERASE
    return f"\x1b[{rows - 1}A\r{_ERASE}\n\x1b[J\x1b[A"
