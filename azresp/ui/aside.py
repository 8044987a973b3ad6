"""Preformatted foreign text beside an answer: what a tool ran or gave. Indented: it can't pass for a line of ours."""

from __future__ import annotations

from azresp.ui.markdown.rows import DIM, Look, Row, Span, stack
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.sink import clean

INDENT = "  "


def aside_rows(text: str, columns: int, look: Look, *, code: bool = False) -> list[Row]:
    """The rows of such a text, cut at the edge."""
    margin = (Span(INDENT, ""),)
    wrap = Wrap(Margin(margin, margin, columns), words=False)
    lines = clean(text).split("\n")
    coloured = _highlighted(lines, look) if code and look.colour else [[Span(line, DIM)] for line in lines]
    return [row for spans in coloured for row in wrap.add([*spans, Span("\n", "")])]


def _highlighted(lines: list[str], look: Look) -> list[list[Span]]:
    from azresp.ui.markdown.highlight import Highlighter

    highlighter = Highlighter("python", look.palette)
    return [[Span(text, stack(DIM, sgr)) for text, sgr in highlighter.line(line)] for line in lines]
