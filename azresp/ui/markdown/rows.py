"""Spans (styled text), rows (what a terminal line holds) and the look that maps roles to SGR attributes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from azresp.ui.cells import width
from azresp.ui.markdown.palette import PALETTES, Palette

RESET: Final = "\x1b[m"


class Span(NamedTuple):
    text: str
    sgr: str
    """Parameters of a CSI m sequence, such as `1;36`; empty for the terminal's own style."""


class Row(NamedTuple):
    ansi: str
    """Clean text with SGR sequences; every styled run is reset, no line feed, no padding at the end.

    A picture's last row goes on with what draws over the rows above it, between DECSC and DECRC.
    """
    cells: int


@dataclass(frozen=True, slots=True)
class Look:
    """Which SGR parameters each role gets."""

    colour: bool = True
    base: str = ""
    """A style under everything, such as `2` for dimmed reasoning."""
    palette: Palette = PALETTES["terminal"]
    spoken: bool = False
    """For ears: headings, quotations, tables and code are named in words, each sentence has a row of its own."""

    @property
    def code(self) -> str:
        return self.palette.code if self.colour else ""

    def heading(self, level: int) -> str:
        return ("1;4", "1", "1;3")[min(level, 3) - 1]


STRONG: Final = "1"
DIM: Final = "2"
EMPHASIS: Final = "3"
UNDERLINE: Final = "4"
STRUCK: Final = "9"


def stack(*styles: str) -> str:
    """Styles on top of each other."""
    return ";".join(style for style in styles if style)


def row_of(spans: Iterable[Span]) -> Row:
    """Spans -> one row; blanks at the end are dropped (nothing is padded, copies are clean)."""
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1].sgr == span.sgr:
            merged[-1] = Span(merged[-1].text + span.text, span.sgr)
        elif span.text:
            merged.append(span)
    while merged and not (bare := merged[-1].text.rstrip(" ")):
        merged.pop()
    if merged:
        merged[-1] = Span(bare, merged[-1].sgr)
    ansi = "".join(f"\x1b[{span.sgr}m{span.text}{RESET}" if span.sgr else span.text for span in merged)
    return Row(ansi, sum(width(span.text) for span in merged))
