"""What was measured: figures with their bars, and the tables that they come from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside the most that design/performance.md allows."""

    bench: str
    name: str
    value: float
    bar: float | None = None
    unit: str = "×"
    """× for a ratio, else ms or MB; empty for an exponent"""

    @property
    def verdict(self) -> str:
        """`pass`, `miss`, `failed` where no run went well, or nothing where there is no bar."""
        if math.isnan(self.value):
            return "**failed**"
        if self.bar is None:
            return ""
        return "pass" if self.value <= self.bar else "**miss**"

    def row(self) -> Row:
        """The figure as a row of the table."""
        bar = "" if self.bar is None else f"≤ {self.bar:g}{_unit(self.unit)}"
        return (self.bench, self.name, f"{_short(self.value)}{_unit(self.unit)}", bar, self.verdict)


@dataclass(slots=True)
class Table:
    """The medians behind some figures: a program a row."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)

    def add(self, program: str, *values: float) -> None:
        """One program's medians."""
        self.rows.append((program, values))


@dataclass(slots=True)
class Report:
    """All that a run of the benchmarks found."""

    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def add(self, bench: str, name: str, value: float, bar: float | None = None, unit: str = "×") -> None:
        """One more figure."""
        self.figures.append(Figure(bench, name, value, bar, unit))

    def table(self, title: str, *heads: str) -> Table:
        """One more table, to be filled."""
        self.tables.append(Table(title, heads))
        return self.tables[-1]

    def summary(self) -> str:
        """The figures as a Markdown table, and what went wrong."""
        heads = ("", "figure", "measured", "bar", "")
        told = [f"- {line}" for line in self.trouble] or ["- Every run held the whole answer."]
        return "\n".join([_grid(heads, (figure.row() for figure in self.figures)), "", *told])

    def page(self) -> str:
        """The summary, then the medians behind it, as Markdown."""
        return f"{self.summary()}\n\n{self.medians()}"

    def medians(self) -> str:
        """The medians behind the figures, as Markdown tables."""
        return "\n\n".join(map(_page_of, self.tables))

    def json(self) -> str:
        """Everything as JSON."""
        return json.dumps(asdict(self), indent=1)


def _page_of(table: Table) -> str:
    rows = ((name, *map(_short, values)) for name, values in table.rows)
    return f"**{table.title}**\n\n{_grid(('program', *table.heads), rows)}"


def _grid(heads: Row, rows: Iterable[Row]) -> str:
    """A Markdown table whose columns are even, so that it reads in a terminal too."""
    cells = [heads, *rows]
    widths = [max(3, *(len(row[at]) for row in cells)) for at in range(len(heads))]
    lines = [
        "| " + " | ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _unit(unit: str) -> str:
    return f" {unit}" if unit not in ("", "×") else unit


def _short(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
