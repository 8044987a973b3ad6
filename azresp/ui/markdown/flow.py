"""The incremental formatter: Markdown deltas in, settled rows out, and the rows of the unfinished tail on request."""

from __future__ import annotations

from typing import Final

from azresp.ui.cells import TAB_STOP
from azresp.ui.markdown.blocks import Blocks
from azresp.ui.markdown.rows import Look, Row, Span
from azresp.ui.markdown.sentence import ends
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.sink import clean, join_halves

LONG_LINE: Final = 3000
"""Characters after which a line is formatted before its end is known (it can be no table row, then)."""
_SLICE: Final = 16_384


class Flow:
    """One text's formatter. Rows settled for any prefix are a prefix of the rows of the whole text."""

    __slots__ = ("_blocks", "_half", "_open", "_tail")

    def __init__(self, width: int, look: Look | None = None) -> None:
        self._blocks = Blocks(max(1, width), look or Look())
        self._tail = ""  # the unfinished line, as far as it is not with the blocks yet
        self._open = False  # whether its head is with the blocks already
        self._half = ""

    def feed(self, delta: str) -> list[Row]:
        """The next piece of the source -> the rows that are final now."""
        self._half, delta = join_halves(self._half, delta)
        out: list[Row] = []
        for start in range(0, len(delta), _SLICE):
            out += self._feed(delta[start : start + _SLICE])
        return out

    def live(self) -> list[Row]:
        """The rows of the unfinished tail, as if the text ended here."""
        if self._open:
            trial = self._blocks.copy()
            return trial.more(self._tail) + trial.end_line() + trial.finish()
        return self._blocks.tentative(self._line(self._tail))

    def rough(self) -> list[Row]:
        """The unfinished line as plain rows: good enough for a first glance, and needs no parser."""
        wrap = Wrap(Margin((), (), self._blocks.width))
        tail = clean(self._tail.expandtabs(TAB_STOP))
        return wrap.add([Span(tail, self._blocks.look.base)]) + wrap.end()

    def finish(self) -> list[Row]:
        """The end of the source -> the last rows; the formatter is used up."""
        if self._half:
            self._half, half = "", self._half
            self._tail += half
        out: list[Row] = []
        if self._open:
            out = self._blocks.end_line()
        elif self._tail:
            out = self._blocks.line(self._line(self._tail))
        self._tail, self._open = "", False
        return out + self._blocks.finish()

    def resize(self, width: int) -> list[Row]:
        """Another width for what is not settled -> rows that became final by it."""
        return self._blocks.reflow(max(1, width))

    def _feed(self, delta: str) -> list[Row]:
        out: list[Row] = []
        first, *others = delta.split("\n")
        out += self._grow(first)
        for text in others:
            out += self._end_line()
            out += self._grow(text)
        return out

    def _grow(self, text: str) -> list[Row]:
        if self._open:
            return self._blocks.more(text)
        self._tail += text
        at = min(LONG_LINE, self._sentence() or LONG_LINE)
        if len(self._tail) <= at:
            return []
        head, rest = self._tail[:at], self._tail[at:]
        self._tail, self._open = "", True
        return self._blocks.begin(head) + self._blocks.more(rest)

    def _sentence(self) -> int:
        """For ears a line goes on to be formatted as soon as its first sentence is whole; 0 if that is not seen yet."""
        if not self._blocks.speaks:
            return 0
        at = next(ends(self._tail), 0)
        return 0 if any(sign in self._tail[:at] for sign in ("|", "```", "~~~")) else at

    def _end_line(self) -> list[Row]:
        if self._open:
            self._open = False
            return self._blocks.end_line()
        line, self._tail = self._line(self._tail), ""
        return self._blocks.line(line)

    def _line(self, text: str) -> str:
        return text[:-1] if text.endswith("\r") else text


def render(source: str, width: int, look: Look | None = None) -> list[Row]:
    """A whole text at once -> its rows; the same rows that streaming it ends with."""
    flow = Flow(width, look)
    return flow.feed(source) + flow.finish()
