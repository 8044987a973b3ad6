"""Streamed Markdown: source deltas in, terminal rows out; rows that settle never change again.

Blocks are read line by line (the CommonMark algorithm, less what reaches backwards), so a row settles by what stands
before it alone. Nothing of the source is hidden: HTML, comments, link definitions and targets are shown.
"""

from __future__ import annotations


def preload() -> None:
    """Import now what the first construct of each kind would import in the middle of an answer (for a thread).

    Not the widths of wide letters: few answers have any, and the first of them takes 10 ms, less than a frame.
    """
    from azresp.ui.markdown.flow import render

    render("**a**\n```python\nx\n```", 80)
