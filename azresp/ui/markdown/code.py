"""Code blocks: dim fence lines, lines without indent or ground, so that they copy clean."""

from __future__ import annotations

from dataclasses import dataclass

from azresp.ui.cells import TAB_STOP
from azresp.ui.markdown.highlight import LONG_LINE, Highlighter
from azresp.ui.markdown.rows import DIM, Look, Row, Span, stack
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.sink import clean


@dataclass(slots=True)
class Code:
    """A leaf block of code lines; a fence (`fence` = its characters) or an indented block (`fence` empty)."""

    margin: Margin
    look: Look
    fence: str
    indent: int
    """Columns of the opening fence's own indent, taken off each line."""
    highlighter: Highlighter | None
    open_line: Wrap | None = None  # a line too long to wait for its end
    blanks: int = 0  # empty lines of an indented block that count only if more code follows

    def copy(self) -> Code:
        highlighter = self.highlighter.copy() if self.highlighter else None
        open_line = self.open_line.copy() if self.open_line else None
        margin = open_line.margin if open_line else self.margin.copy()
        return Code(margin, self.look, self.fence, self.indent, highlighter, open_line, self.blanks)

    def edge(self, text: str, opens: str | None = None) -> list[Row]:
        """The opening (of code in a language) or closing fence as a row."""
        wrap = Wrap(self.margin, words=False)
        if self.look.spoken:
            text = "End of code." if opens is None else f"Code, {opens}:" if opens else "Code:"
        return wrap.add([Span(clean(text), stack(self.look.base, DIM))]) + wrap.end()

    def line(self, text: str) -> list[Row]:
        """One whole line of code -> its rows."""
        lead = len(text) - len(text.lstrip(" "))
        spans = self._spans(text[min(lead, self.indent) :])
        return self._rows(spans)

    def begin(self, text: str) -> list[Row]:
        """The head of a line too long to wait for -> the rows that are final now."""
        self.open_line = Wrap(self.margin, words=False)
        return self.more(text)

    def more(self, text: str) -> list[Row]:
        out: list[Row] = []
        if self.open_line is None:
            return out
        for start in range(0, len(text), LONG_LINE):
            out += self.open_line.add([Span(clean(text[start : start + LONG_LINE]), self.look.base)])
        return out

    def end_line(self) -> list[Row]:
        """The end of that long line."""
        out = self.open_line.end() if self.open_line else []
        self.open_line = None
        return out

    def close(self) -> list[Row]:
        return self.end_line() + (self.edge("") if self.look.spoken else [])

    def _rows(self, spans: list[Span]) -> list[Row]:
        wrap = Wrap(self.margin, words=False)
        return wrap.add(spans) + wrap.end() or wrap.add([Span("\n", "")])

    def _spans(self, text: str) -> list[Span]:
        text = text.expandtabs(TAB_STOP).rstrip("\r")
        if self.highlighter is None:
            return [Span(clean(text), self.look.base)]
        return [Span(span.text, stack(self.look.base, span.sgr)) for span in self.highlighter.line(text)]
