"""Tables: column widths are fixed by the header and the first rows, then rows stream; cells wrap."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from azresp.ui.cells import width
from azresp.ui.markdown.inline import inline
from azresp.ui.markdown.rows import DIM, STRONG, Look, Row, Span, row_of, stack
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.sink import clean

SAMPLE_ROWS: Final = 20
"""Rows that decide the column widths."""
SAMPLE_LENGTH: Final = 3000
"""Characters of source that decide them in any case."""
NARROWEST: Final = 3
_GAP: Final = " │ "
_DELIMITER: Final = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_PIPE: Final = re.compile(r"(?<!\\)\|")

Cells = list[list[Span]]


def _split_cells(line: str) -> list[str]:
    """A table's source line -> its cells; `\\|` is a literal pipe."""
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(line)]


def alignments(header: str, delimiter: str) -> list[str] | None:
    """The columns' alignments (`<`, `^`, `>`) if the two lines open a table."""
    if "|" not in delimiter and "|" not in header.strip().strip("|"):
        return None
    if not _DELIMITER.fullmatch(delimiter):
        return None
    marks = _split_cells(delimiter)
    if len(marks) != len(_split_cells(header)):
        return None
    return [(">" if m[:1] != ":" else "^") if m.endswith(":") else "<" for m in marks]


def may_be_delimiter(text: str) -> bool:
    """Whether an unfinished line may still become a delimiter row."""
    return not text.strip("|:- ")


@dataclass(slots=True)
class Table:
    """A leaf block of table rows; with more columns than the width can hold it shows its source."""

    margin: Margin
    look: Look
    aligns: list[str]
    header: str
    delimiter: str
    sample: list[Cells] = field(default_factory=list)
    length: int = 0
    widths: list[int] = field(default_factory=list)  # empty as long as the sample grows
    said: int = 0  # rows that were spoken

    def __post_init__(self) -> None:
        if not self.sample:
            self.sample = [self._cells(self.header, stack(self.look.base, STRONG))]

    def copy(self) -> Table:
        return Table(
            self.margin.copy(), self.look, self.aligns, self.header, self.delimiter, self.sample[:], self.length,
            self.widths, self.said,
        )  # fmt: skip

    @property
    def raw(self) -> bool:
        """Whether the columns don't fit at all."""
        count = len(self.aligns)
        return count * NARROWEST + (count - 1) * len(_GAP) > self._room

    def open(self) -> list[Row]:
        """The rows that are final at once: none, unless the table is spoken or shown as its source."""
        if self.look.spoken:
            return self._say([Span(f"Table, {len(self.aligns)} column{'s' * (len(self.aligns) > 1)}:", "")])
        return (
            [row for line in (self.header, self.delimiter) for row in self._source(line)] if self.raw else []
        )

    def line(self, text: str) -> list[Row]:
        """One more line of the source -> the rows that are final now."""
        if self.look.spoken:
            self.said += 1
            return self._say([Span(f"Row {self.said}: ", ""), *self._named(self._cells(text, ""))])
        if self.raw and not self.widths:
            return self._source(text)
        cells = self._cells(text, self.look.base)
        if self.widths:
            return self._row(cells)
        self.sample.append(cells)
        self.length += len(text)
        if len(self.sample) <= SAMPLE_ROWS and self.length < SAMPLE_LENGTH:
            return []
        return self._fix()

    def close(self) -> list[Row]:
        if self.look.spoken:
            return self._say([Span("End of table.", "")])
        return [] if self.widths or self.raw else self._fix()

    def reflow(self, columns: int) -> None:
        self.margin.width = columns
        if self.widths:
            self.widths = self._fit()

    @property
    def _room(self) -> int:
        return self.margin.room(self.margin.rest)

    def _say(self, spans: list[Span]) -> list[Row]:
        wrap = Wrap(self.margin)
        return wrap.add(spans) + wrap.end()

    def _named(self, cells: Cells) -> list[Span]:
        """The cells of a row, each behind its column's name."""
        spans: list[Span] = []
        for name, cell in zip(self.sample[0], cells, strict=True):
            spans += [Span("; ", "")] if spans else []
            spans += [
                *name,
                Span(": " if name else "", ""),
                *(cell if _cells_wide(cell) else [Span("empty", "")]),
            ]
        return spans

    def _source(self, line: str) -> list[Row]:
        wrap = Wrap(self.margin, words=False)
        return wrap.add([Span(clean(line), self.look.base)]) + wrap.end()

    def _cells(self, text: str, style: str) -> Cells:
        count = len(self.aligns)
        cells = _split_cells(text)
        if len(cells) > count:  # what stands beyond the last column is not dropped
            cells[count - 1 :] = [" | ".join(cells[count - 1 :])]
        cells += [""] * (count - len(cells))
        return [inline(cell, style, self.look) for cell in cells]

    def _fix(self) -> list[Row]:
        self.widths = self._fit()
        head, *body = self.sample
        rule = row_of(
            (*self.margin.fit(self.margin.rest), Span("─┼─".join("─" * w for w in self.widths), DIM))
        )
        rows = self._row(head)
        return [*rows, rule, *(row for cells in body for row in self._row(cells))]

    def _fit(self) -> list[int]:
        natural = [
            max(NARROWEST, *(_cells_wide(row[i]) for row in self.sample)) for i in range(len(self.aligns))
        ]
        room = max(self._room - len(_GAP) * (len(natural) - 1), len(natural))
        # narrow columns keep what they need, the others share the rest evenly
        widths = dict.fromkeys(range(len(natural)), 0)
        todo = sorted(widths, key=lambda i: natural[i])
        while todo:
            share = max(1, room // len(todo))
            column = todo.pop(0)
            widths[column] = min(natural[column], share)
            room -= widths[column]
        return list(widths.values())

    def _row(self, cells: Cells) -> list[Row]:
        columns = [_wrapped(cell, w) for cell, w in zip(cells, self.widths, strict=True)]
        out: list[Row] = []
        for parts in zip_longest(*columns, fillvalue=([], 0)):
            spans: list[Span] = list(self.margin.take())
            for i, (part, used) in enumerate(parts):
                if i:
                    spans.append(Span(_GAP, stack(self.look.base, DIM)))
                left = _lead(self.aligns[i], self.widths[i] - used)
                right = max(0, self.widths[i] - used - left)
                spans += [Span(" " * left, ""), *part, Span(" " * right, "")]
            out.append(row_of(spans))
        return out


def _lead(align: str, free: int) -> int:
    return max(0, {"<": 0, "^": free // 2, ">": free}[align])


def _cells_wide(cell: list[Span]) -> int:
    return max(map(width, "".join(span.text for span in cell).split("\n")))


def _wrapped(cell: list[Span], columns: int) -> list[tuple[list[Span], int]]:
    wrap = _CellWrap(Margin((), (), columns))
    wrap.add(cell)
    wrap.end()
    return wrap.lines or [([], 0)]


@dataclass(slots=True)
class _CellWrap(Wrap):
    """Wraps one cell and keeps the spans of each line, for the row to be put together."""

    lines: list[tuple[list[Span], int]] = field(default_factory=list)

    def _end_row(self, out: list[Row]) -> None:
        self.lines.append((self.row, self.used))
        self.row, self.blank, self.used = [], [], 0
