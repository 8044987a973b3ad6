"""Wrapping at words without moving the cursor: only what no later text can take back is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from azresp.ui.markdown.rows import Span, row_of
from azresp.ui.markdown.wrap import Margin, Wrap

_RUN: Final = re.compile(r"\n|[ \t]+|[^ \t\n]+")
BLOCK: Final = 32
"""Characters of a run that go on together: how the text was chopped must not matter, and a run may have no end."""


class Folding:
    """Clean text in, the same text with its rows broken at words out; every row keeps its line's indentation."""

    def __init__(self, columns: Callable[[], int]) -> None:
        self._columns = columns
        self._held = ""
        self._wrap: Wrap | None = None
        self._shown = ""  # of the row that is still open

    def feed(self, delta: str) -> str:
        """More text -> what may be written now; the parts add up to the same whole, however the text was cut."""
        text, self._held = self._held + delta, ""
        out: list[str] = []
        runs = _RUN.findall(text)
        last = runs.pop() if runs and runs[-1] != "\n" else ""
        for run in runs:
            self._take(run, out)
        if last and self._wrap is not None and not last.strip(" \t"):
            self._take(last, out)  # it ends a word, which may be written now
        else:
            self._held = last
        while len(self._held) > BLOCK:
            self._take(self._held[:BLOCK], out)
            self._held = self._held[BLOCK:]
        return "".join(out)

    def flush(self) -> str:
        """The end of the text -> what was held back; the row stays open."""
        out: list[str] = []
        if self._held:
            self._take(self._held, out)
        rows = self._wrap.end() if self._wrap is not None else []
        out.append("\n".join(row.ansi for row in rows)[len(self._shown) :])
        self._held, self._wrap, self._shown = "", None, ""
        return "".join(out)

    def _take(self, run: str, out: list[str]) -> None:
        wrap = self._wrap
        if wrap is None:
            indent = run.expandtabs(4) if not run.strip(" \t") else ""
            room = self._columns()
            # Blanks one by one: the margin gives up as many as half of a narrow window needs.
            blanks = (Span(" ", ""),) * min(len(indent), room // 2)
            wrap = self._wrap = Wrap(Margin(blanks, blanks, room))
            if indent:
                return
        for start in range(0, len(run), BLOCK):
            self._write(wrap, run[start : start + BLOCK], out)
        if run == "\n":
            self._wrap = None

    def _write(self, wrap: Wrap, text: str, out: list[str]) -> None:
        for row in wrap.add([Span(text, "")]):
            out.append(row.ansi[len(self._shown) :] + "\n")
            self._shown = ""
        if wrap.row:
            now = row_of((*wrap.margin.fit(wrap.margin.first), *wrap.row)).ansi
            out.append(now[len(self._shown) :])
            self._shown = self._shown if len(now) < len(self._shown) else now
