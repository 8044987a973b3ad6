"""Streamed Markdown: source deltas in, terminal rows out; rows that settle never change again.

Blocks are read line by line (the CommonMark algorithm, less what reaches backwards), so a row settles by what stands
before it alone. Nothing of the source is hidden: HTML, comments, link definitions and targets are shown.
"""
