"""Terminals for tests: pyte with its scrollback, one that reflows, a still clock, a strict check of the bytes."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pyte
import wcwidth
from pyte.screens import Char

_ALLOWED = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]*A|J|K|\?2026[hl]|\?7[hl])|\r\n|\r(?=\x1b\[K)|\n")
_SGR = re.compile(r"(?:0|1|2|3|4|9|3[1-6])(?:;(?:1|2|3|4|9|3[1-6]))*")


def assert_only_our_sequences(written: str) -> None:
    """Whatever was written to the terminal is printable text and the few sequences that the painter needs."""
    for sgr in re.findall(r"\x1b\[([0-9;]+)m", written):
        assert _SGR.fullmatch(sgr), sgr
    rest = _ALLOWED.sub("", written)
    bad = re.search(
        "[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]", rest
    )
    assert bad is None, ascii(rest[max(0, bad.start() - 20) : bad.end() + 20])


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class _Screen(pyte.HistoryScreen):  # type: ignore[misc, unused-ignore]
    """pyte forgets the rest of a write after a joiner; a joiner belongs to the cell before it."""

    def draw(self, data: str) -> None:
        for char in data:
            if wcwidth.wcwidth(char) > 0 or unicodedata.combining(char):
                super().draw(char)
            elif self.cursor.x:
                cell = self.buffer[self.cursor.y][self.cursor.x - 1]
                self.buffer[self.cursor.y][self.cursor.x - 1] = cell._replace(data=cell.data + char)


class Tty:
    """A terminal that cuts rows when it gets narrower, as xterm does."""

    def __init__(self, columns: int, lines: int) -> None:
        self.screen: Any = _Screen(columns, lines, history=100_000, ratio=0.5)
        self.screen.set_mode(pyte.modes.LNM)
        self.stream = pyte.Stream(self.screen)
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)
        self.stream.feed(text)

    def flush(self) -> None:
        """Nothing waits."""

    def size(self) -> tuple[int, int]:
        return self.screen.columns, self.screen.lines

    def rows(self) -> list[str]:
        """Scrollback and screen, without blanks at the ends of rows and without empty rows below."""
        screen = self.screen
        lines = [*screen.history.top, *(screen.buffer[y] for y in range(screen.lines))]
        text = ["".join(_cell(line, x) for x in range(_columns(line))).rstrip() for line in lines]
        while text and not text[-1]:
            text.pop()
        return text

    def cursor(self) -> tuple[int, int]:
        """Column of the cursor, and its row counted from the first row of the scrollback."""
        return self.screen.cursor.x, len(self.screen.history.top) + self.screen.cursor.y

    @property
    def style_is_default(self) -> bool:
        attrs: Char = self.screen.cursor.attrs
        return bool(attrs == self.screen.default_char)


class Screen(Tty):
    """Such a terminal as a stream."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def _columns(line: Any) -> int:
    return max(line, default=-1) + 1


def _cell(line: Any, column: int) -> str:
    return str(line[column].data)


def plain(ansi: str) -> str:
    """A row without its SGR sequences."""
    return re.sub(r"\x1b\[[0-9;]*m", "", ansi)


class Reflowing:
    """A terminal of ASCII rows that may wrap them anew when its width changes (or cut them, as xterm does)."""

    def __init__(self, columns: int, lines: int, *, wraps: bool) -> None:
        self.columns, self.lines, self.wraps = columns, lines, wraps
        self.text = [""]  # logical lines: scrollback and screen
        self.line = self.x = 0  # cursor: logical line, offset in it

    def size(self) -> tuple[int, int]:
        return self.columns, self.lines

    def flush(self) -> None:
        """Nothing waits."""

    def write(self, text: str) -> None:
        for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\r":
                # A full row's cursor waits at its edge: it is still in that row.
                last = self._height(self.text[self.line]) - 1
                self.x = min(self.x // self.columns, last) * self.columns if self.wraps else 0
            elif part == "\n":
                self.line, self.x = self.line + 1, 0
                self.text += [""] if self.line == len(self.text) else []
            elif part == "\x1b[J":
                self.text[self.line] = self.text[self.line][: self.x]
                del self.text[self.line + 1 :]
            elif part == "\x1b[K":
                self.text[self.line] = self.text[self.line][: self.x]
            elif part.endswith("A"):
                self._up(int(part[2:-1] or 1))
            elif not part.startswith("\x1b"):
                self.text[self.line] = self.text[self.line][: self.x] + part
                self.x += len(part)

    def _height(self, line: str) -> int:
        return max(1, -(-len(line) // self.columns)) if self.wraps else 1

    def _up(self, rows: int) -> None:
        # the cursor stops at the first row of the screen
        physical = [(i, row) for i, line in enumerate(self.text) for row in range(self._height(line))]
        here = (
            self.line,
            min(self.x // self.columns, self._height(self.text[self.line]) - 1) if self.wraps else 0,
        )
        at = max(physical.index(here) - rows, len(physical) - self.lines, 0)
        self.line, row = physical[at]
        self.x = row * self.columns
