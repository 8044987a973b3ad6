"""Whether a terminal that got some output holds the whole answer, on its screen and in its scrollback."""

from __future__ import annotations

import re

import pyte

from bench.text import MARK

_TEXT = re.compile(r"[^A-Za-z0-9]+")
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
PYTE_BYTES = 600_000
"""Emulating more takes too long; then only the numbered words are looked for, in order."""


def verdict(output: bytes, text: str, columns: int, rows: int, *, tty: bool) -> str:
    """What is wrong; empty if the whole answer is there, once. White space and Markdown's marks don't count."""
    if len(output) > PYTE_BYTES:
        return _in_order(output, text)
    shown = _visible(output, columns, rows) if tty else output.decode()
    wanted, got = _letters(text), _letters(shown)
    if got == wanted:
        return ""
    if wanted in got:
        return f"more than the answer ({len(got) - len(wanted)} letters)"
    same = next((n for n, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), len(got))
    return f"TEXT LOST: {len(wanted)} letters sent, {len(got)} shown, differ after {same}: {got[same : same + 40]!r}"


def _letters(text: str) -> str:
    return _TEXT.sub("", _FENCE.sub("", text))


def _in_order(output: bytes, text: str) -> str:
    wanted = MARK.findall(text.encode())
    got = list(dict.fromkeys(MARK.findall(output)))
    if got == wanted:
        return ""
    return f"TEXT LOST: {len(set(wanted) - set(got))} of {len(wanted)} words"


class _Scroll(pyte.Screen):
    """A screen that keeps what scrolls off; pyte's own history screen is many times slower."""

    def __init__(self, columns: int, lines: int) -> None:
        self.past: list[str] = []
        super().__init__(columns, lines)

    def index(self) -> None:
        """Move down a line; the top one may go into the scrollback."""
        if self.cursor.y == self.lines - 1:
            self.past.append(self._row(0))
        super().index()

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        """Erase; `3` also clears the scrollback."""
        if how == 3:
            self.past.clear()
        super().erase_in_display(how, *args, **kwargs)

    def whole(self) -> str:
        """Scrollback and screen."""
        return "\n".join([*self.past, *(self._row(y) for y in range(self.lines))])

    def _row(self, y: int) -> str:
        line = self.buffer[y]
        return "".join(line[x].data for x in range(self.columns)).rstrip()


def _visible(output: bytes, columns: int, rows: int) -> str:
    screen = _Scroll(columns, rows)
    stream = pyte.Stream(screen)
    stream.feed(output.decode("utf-8", "replace"))
    return screen.whole()
