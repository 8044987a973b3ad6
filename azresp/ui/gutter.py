"""Rows behind a gutter: a column of our own that foreign text can neither enter nor leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from azresp.ui.cells import cut, width
from azresp.ui.markdown.rows import DIM, Row, Span, row_of
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.sink import clean, clean_line

REVERSE = "7"
"""Nothing that a model writes is ever shown reversed: a quotation's bar can't pass for the gutter."""
INDENT = "  "
"""Foreign text begins here: only our own lines begin at the gutter."""


@dataclass(frozen=True, slots=True)
class Gutter:
    """The rows of a block on a terminal of so many columns."""

    columns: int
    bar: str = "│"
    broken: str = "↵"
    """stands at the end of a row that goes on in the next"""
    styled: bool = True
    spoken: bool = False
    """For ears: no bar, each row of foreign text begins with words of ours."""

    @classmethod
    def of(cls, columns: int, encoding: str, *, styled: bool, spoken: bool = False) -> Gutter:
        """The gutter of a terminal; in ASCII where its encoding has nothing better."""
        if spoken:
            return cls(columns, "", "", styled=False, spoken=True)
        try:
            "│↵".encode(encoding)
        except (UnicodeError, LookupError):
            return cls(columns, "|", "\\", styled)
        return cls(columns, styled=styled)

    def line(self, text: str, style: str = "") -> list[Row]:
        """One line wrapped at words; where it goes on it is indented."""
        return self._wrapped(clean_line(text), style, "")

    def foreign(self, text: str, style: str = "") -> list[Row]:
        """Foreign text wrapped at words, line by line, none of it where our own lines begin."""
        lines = clean(text).replace("\t", "␉").split("\n")
        if self.spoken:
            return [row for line in lines for row in self._told("Quoted: ", line)]
        return [row for line in lines for row in self._wrapped(line, style, INDENT)]

    def exact(self, text: str) -> list[Row]:
        """Text as it is, not a blank lost: cut at the edge, with a mark that stands where no text can."""
        if self.spoken:
            lines = clean(text).replace("\t", "␉").split("\n")
            return [row for at, line in enumerate(lines, 1) for row in self._told(f"Line {at}: ", line)]
        mark = row_of([self._span(self.broken, DIM)]).ansi
        room = max(1, self.columns - len(self.bar) - 1 - len(INDENT) - width(self.broken))
        return [
            self._behind(Row(f"{INDENT}{piece}{mark if more else ''}", len(INDENT) + width(piece) + more))
            for line in clean(text).replace("\t", "␉").split("\n")
            for piece, more in _pieces(line, room)
        ]

    def _told(self, label: str, line: str) -> Iterator[Row]:
        """A foreign line, each row of it behind words of ours: a row without them is ours."""
        for piece, more in _pieces(line, max(8, self.columns - len(label) - 1)):
            yield row_of([Span(label + piece, "")])
            label = "goes on: " if more else label

    def _wrapped(self, text: str, style: str, indent: str) -> list[Row]:
        first, rest = Span(indent, ""), Span(indent + INDENT, "")
        wrap = Wrap(Margin((first,), (rest,), max(1, self.columns - len(self.bar) - 1)))
        text = text.replace(" · ", ", ") if self.spoken else text
        rows = [*wrap.add([self._span(text, style)]), *wrap.end()]
        return [self._behind(row) for row in rows or [Row("", 0)]]

    def _behind(self, row: Row) -> Row:
        if self.spoken:
            return row
        bar = row_of([self._span(self.bar, REVERSE)])
        return Row(f"{bar.ansi} {row.ansi}" if row.cells else bar.ansi, bar.cells + 1 + row.cells)

    def _span(self, text: str, style: str) -> Span:
        return Span(text, style if self.styled else "")


def _pieces(line: str, room: int) -> Iterator[tuple[str, bool]]:
    """A line in pieces of so many cells, and whether another follows. Arguments may be megabytes in one line."""
    at = 0
    while True:
        piece, _ = cut(line[at : at + 4 * room + 64], room)
        at += len(piece)
        yield piece, at < len(line)
        if at >= len(line):
            return
